-- What CHECKs cannot say: references (the sqlite3 shell does not enforce foreign keys unless asked), rows that
-- must stay, and what follows a change. SQLite before 3.47 takes only fixed sentences in RAISE.

CREATE TRIGGER sending_profile_signing_certificate_insert BEFORE INSERT ON sending_profile
WHEN NEW.signing_certificate IS NOT NULL AND NOT EXISTS (SELECT 1 FROM certificate WHERE name = NEW.signing_certificate)
BEGIN
  SELECT RAISE(ABORT, 'sending_profile.signing_certificate names no row of certificate: insert the certificate first (smimectl certificate create or import), or correct the name');
END;

CREATE TRIGGER sending_profile_signing_certificate_update BEFORE UPDATE OF signing_certificate ON sending_profile
WHEN NEW.signing_certificate IS NOT NULL AND NOT EXISTS (SELECT 1 FROM certificate WHERE name = NEW.signing_certificate)
BEGIN
  SELECT RAISE(ABORT, 'sending_profile.signing_certificate names no row of certificate: insert the certificate first (smimectl certificate create or import), or correct the name');
END;

CREATE TRIGGER certificate_used_by_sending_profile BEFORE DELETE ON certificate
WHEN EXISTS (SELECT 1 FROM sending_profile WHERE signing_certificate = OLD.name)
BEGIN
  SELECT RAISE(ABORT, 'certificate: a row of sending_profile still names it in signing_certificate: change or delete that row first');
END;

CREATE TRIGGER certificate_renames_sending_profile_signing_certificate AFTER UPDATE OF name ON certificate WHEN NEW.name <> OLD.name
BEGIN
  UPDATE sending_profile SET signing_certificate = NEW.name WHERE signing_certificate = OLD.name;
END;

CREATE TRIGGER sender_group_mail_flow_policy_insert BEFORE INSERT ON sender_group
WHEN NEW.mail_flow_policy IS NOT NULL AND NOT EXISTS (SELECT 1 FROM mail_flow_policy WHERE name = NEW.mail_flow_policy)
BEGIN
  SELECT RAISE(ABORT, 'sender_group.mail_flow_policy names no row of mail_flow_policy: insert the mail_flow_policy first, or correct the name');
END;

CREATE TRIGGER sender_group_mail_flow_policy_update BEFORE UPDATE OF mail_flow_policy ON sender_group
WHEN NEW.mail_flow_policy IS NOT NULL AND NOT EXISTS (SELECT 1 FROM mail_flow_policy WHERE name = NEW.mail_flow_policy)
BEGIN
  SELECT RAISE(ABORT, 'sender_group.mail_flow_policy names no row of mail_flow_policy: insert the mail_flow_policy first, or correct the name');
END;

CREATE TRIGGER mail_flow_policy_used_by_sender_group BEFORE DELETE ON mail_flow_policy
WHEN EXISTS (SELECT 1 FROM sender_group WHERE mail_flow_policy = OLD.name)
BEGIN
  SELECT RAISE(ABORT, 'mail_flow_policy: a row of sender_group still names it in mail_flow_policy: change or delete that row first');
END;

CREATE TRIGGER mail_flow_policy_renames_sender_group_mail_flow_policy AFTER UPDATE OF name ON mail_flow_policy WHEN NEW.name <> OLD.name
BEGIN
  UPDATE sender_group SET mail_flow_policy = NEW.name WHERE mail_flow_policy = OLD.name;
END;

CREATE TRIGGER sender_group_member_sender_group_insert BEFORE INSERT ON sender_group_member
WHEN NEW.sender_group IS NOT NULL AND NOT EXISTS (SELECT 1 FROM sender_group WHERE name = NEW.sender_group)
BEGIN
  SELECT RAISE(ABORT, 'sender_group_member.sender_group names no row of sender_group: insert the sender_group first, or correct the name');
END;

CREATE TRIGGER sender_group_member_sender_group_update BEFORE UPDATE OF sender_group ON sender_group_member
WHEN NEW.sender_group IS NOT NULL AND NOT EXISTS (SELECT 1 FROM sender_group WHERE name = NEW.sender_group)
BEGIN
  SELECT RAISE(ABORT, 'sender_group_member.sender_group names no row of sender_group: insert the sender_group first, or correct the name');
END;

CREATE TRIGGER sender_group_deletes_sender_group_member AFTER DELETE ON sender_group
BEGIN
  DELETE FROM sender_group_member WHERE sender_group = OLD.name;
END;

CREATE TRIGGER sender_group_renames_sender_group_member_sender_group AFTER UPDATE OF name ON sender_group WHEN NEW.name <> OLD.name
BEGIN
  UPDATE sender_group_member SET sender_group = NEW.name WHERE sender_group = OLD.name;
END;

CREATE TRIGGER content_filter_action_content_filter_insert BEFORE INSERT ON content_filter_action
WHEN NEW.content_filter IS NOT NULL AND NOT EXISTS (SELECT 1 FROM content_filter WHERE name = NEW.content_filter)
BEGIN
  SELECT RAISE(ABORT, 'content_filter_action.content_filter names no row of content_filter: insert the content_filter first, or correct the name');
END;

CREATE TRIGGER content_filter_action_content_filter_update BEFORE UPDATE OF content_filter ON content_filter_action
WHEN NEW.content_filter IS NOT NULL AND NOT EXISTS (SELECT 1 FROM content_filter WHERE name = NEW.content_filter)
BEGIN
  SELECT RAISE(ABORT, 'content_filter_action.content_filter names no row of content_filter: insert the content_filter first, or correct the name');
END;

CREATE TRIGGER content_filter_deletes_content_filter_action AFTER DELETE ON content_filter
BEGIN
  DELETE FROM content_filter_action WHERE content_filter = OLD.name;
END;

CREATE TRIGGER content_filter_renames_content_filter_action_content_filter AFTER UPDATE OF name ON content_filter WHEN NEW.name <> OLD.name
BEGIN
  UPDATE content_filter_action SET content_filter = NEW.name WHERE content_filter = OLD.name;
END;

CREATE TRIGGER content_filter_action_sending_profile_insert BEFORE INSERT ON content_filter_action
WHEN NEW.sending_profile IS NOT NULL AND NOT EXISTS (SELECT 1 FROM sending_profile WHERE name = NEW.sending_profile)
BEGIN
  SELECT RAISE(ABORT, 'content_filter_action.sending_profile names no row of sending_profile: insert the sending_profile first, or correct the name');
END;

CREATE TRIGGER content_filter_action_sending_profile_update BEFORE UPDATE OF sending_profile ON content_filter_action
WHEN NEW.sending_profile IS NOT NULL AND NOT EXISTS (SELECT 1 FROM sending_profile WHERE name = NEW.sending_profile)
BEGIN
  SELECT RAISE(ABORT, 'content_filter_action.sending_profile names no row of sending_profile: insert the sending_profile first, or correct the name');
END;

CREATE TRIGGER sending_profile_used_by_content_filter_action BEFORE DELETE ON sending_profile
WHEN EXISTS (SELECT 1 FROM content_filter_action WHERE sending_profile = OLD.name)
BEGIN
  SELECT RAISE(ABORT, 'sending_profile: a row of content_filter_action still names it in sending_profile: change or delete that row first');
END;

CREATE TRIGGER sending_profile_renames_content_filter_action_sending_profile AFTER UPDATE OF name ON sending_profile WHEN NEW.name <> OLD.name
BEGIN
  UPDATE content_filter_action SET sending_profile = NEW.name WHERE sending_profile = OLD.name;
END;

CREATE TRIGGER mail_policy_member_mail_policy_insert BEFORE INSERT ON mail_policy_member
WHEN NEW.mail_policy IS NOT NULL AND NOT EXISTS (SELECT 1 FROM mail_policy WHERE name = NEW.mail_policy)
BEGIN
  SELECT RAISE(ABORT, 'mail_policy_member.mail_policy names no row of mail_policy: insert the mail_policy first, or correct the name');
END;

CREATE TRIGGER mail_policy_member_mail_policy_update BEFORE UPDATE OF mail_policy ON mail_policy_member
WHEN NEW.mail_policy IS NOT NULL AND NOT EXISTS (SELECT 1 FROM mail_policy WHERE name = NEW.mail_policy)
BEGIN
  SELECT RAISE(ABORT, 'mail_policy_member.mail_policy names no row of mail_policy: insert the mail_policy first, or correct the name');
END;

CREATE TRIGGER mail_policy_deletes_mail_policy_member AFTER DELETE ON mail_policy
BEGIN
  DELETE FROM mail_policy_member WHERE mail_policy = OLD.name;
END;

CREATE TRIGGER mail_policy_renames_mail_policy_member_mail_policy AFTER UPDATE OF name ON mail_policy WHEN NEW.name <> OLD.name
BEGIN
  UPDATE mail_policy_member SET mail_policy = NEW.name WHERE mail_policy = OLD.name;
END;

CREATE TRIGGER mail_policy_filter_mail_policy_insert BEFORE INSERT ON mail_policy_filter
WHEN NEW.mail_policy IS NOT NULL AND NOT EXISTS (SELECT 1 FROM mail_policy WHERE name = NEW.mail_policy)
BEGIN
  SELECT RAISE(ABORT, 'mail_policy_filter.mail_policy names no row of mail_policy: insert the mail_policy first, or correct the name');
END;

CREATE TRIGGER mail_policy_filter_mail_policy_update BEFORE UPDATE OF mail_policy ON mail_policy_filter
WHEN NEW.mail_policy IS NOT NULL AND NOT EXISTS (SELECT 1 FROM mail_policy WHERE name = NEW.mail_policy)
BEGIN
  SELECT RAISE(ABORT, 'mail_policy_filter.mail_policy names no row of mail_policy: insert the mail_policy first, or correct the name');
END;

CREATE TRIGGER mail_policy_deletes_mail_policy_filter AFTER DELETE ON mail_policy
BEGIN
  DELETE FROM mail_policy_filter WHERE mail_policy = OLD.name;
END;

CREATE TRIGGER mail_policy_renames_mail_policy_filter_mail_policy AFTER UPDATE OF name ON mail_policy WHEN NEW.name <> OLD.name
BEGIN
  UPDATE mail_policy_filter SET mail_policy = NEW.name WHERE mail_policy = OLD.name;
END;

CREATE TRIGGER mail_policy_filter_content_filter_insert BEFORE INSERT ON mail_policy_filter
WHEN NEW.content_filter IS NOT NULL AND NOT EXISTS (SELECT 1 FROM content_filter WHERE name = NEW.content_filter)
BEGIN
  SELECT RAISE(ABORT, 'mail_policy_filter.content_filter names no row of content_filter: insert the content_filter first, or correct the name');
END;

CREATE TRIGGER mail_policy_filter_content_filter_update BEFORE UPDATE OF content_filter ON mail_policy_filter
WHEN NEW.content_filter IS NOT NULL AND NOT EXISTS (SELECT 1 FROM content_filter WHERE name = NEW.content_filter)
BEGIN
  SELECT RAISE(ABORT, 'mail_policy_filter.content_filter names no row of content_filter: insert the content_filter first, or correct the name');
END;

CREATE TRIGGER content_filter_used_by_mail_policy_filter BEFORE DELETE ON content_filter
WHEN EXISTS (SELECT 1 FROM mail_policy_filter WHERE content_filter = OLD.name)
BEGIN
  SELECT RAISE(ABORT, 'content_filter: a row of mail_policy_filter still names it in content_filter: change or delete that row first');
END;

CREATE TRIGGER content_filter_renames_mail_policy_filter_content_filter AFTER UPDATE OF name ON content_filter WHEN NEW.name <> OLD.name
BEGIN
  UPDATE mail_policy_filter SET content_filter = NEW.name WHERE content_filter = OLD.name;
END;

CREATE TRIGGER dictionary_term_dictionary_insert BEFORE INSERT ON dictionary_term
WHEN NEW.dictionary IS NOT NULL AND NOT EXISTS (SELECT 1 FROM dictionary WHERE name = NEW.dictionary)
BEGIN
  SELECT RAISE(ABORT, 'dictionary_term.dictionary names no row of dictionary: insert the dictionary first, or correct the name');
END;

CREATE TRIGGER dictionary_term_dictionary_update BEFORE UPDATE OF dictionary ON dictionary_term
WHEN NEW.dictionary IS NOT NULL AND NOT EXISTS (SELECT 1 FROM dictionary WHERE name = NEW.dictionary)
BEGIN
  SELECT RAISE(ABORT, 'dictionary_term.dictionary names no row of dictionary: insert the dictionary first, or correct the name');
END;

CREATE TRIGGER dictionary_deletes_dictionary_term AFTER DELETE ON dictionary
BEGIN
  DELETE FROM dictionary_term WHERE dictionary = OLD.name;
END;

CREATE TRIGGER dictionary_renames_dictionary_term_dictionary AFTER UPDATE OF name ON dictionary WHEN NEW.name <> OLD.name
BEGIN
  UPDATE dictionary_term SET dictionary = NEW.name WHERE dictionary = OLD.name;
END;

CREATE TRIGGER setting_delete BEFORE DELETE ON setting
BEGIN
  SELECT RAISE(ABORT, 'setting: rows stay; UPDATE setting SET value = ... WHERE name = ...');
END;

CREATE TRIGGER setting_rename BEFORE UPDATE OF name ON setting WHEN NEW.name <> OLD.name
BEGIN
  SELECT RAISE(ABORT, 'setting: names stay; UPDATE setting SET value = ... WHERE name = ...');
END;

-- A row counts as its certificate, its address, and 256 octets for the rest and its places in the indexes.
CREATE TRIGGER harvested_key_size_insert AFTER INSERT ON harvested_key
BEGIN
  UPDATE harvest_size SET keys = keys + 1, octets = octets + 256 + length(NEW.certificate) + length(NEW.address);
END;

CREATE TRIGGER harvested_key_size_update AFTER UPDATE OF certificate, address ON harvested_key
BEGIN
  UPDATE harvest_size SET octets = octets + length(NEW.certificate) + length(NEW.address) - length(OLD.certificate) - length(OLD.address);
END;

CREATE TRIGGER harvested_key_size_delete AFTER DELETE ON harvested_key
BEGIN
  UPDATE harvest_size SET keys = keys - 1, octets = octets - 256 - length(OLD.certificate) - length(OLD.address);
END;

CREATE TRIGGER mail_policy_default_delete BEFORE DELETE ON mail_policy
WHEN OLD.name IN ('default-incoming', 'default-outgoing')
BEGIN
  SELECT RAISE(ABORT, 'mail_policy: default-incoming and default-outgoing stay; take their filters away instead');
END;

CREATE TRIGGER mail_policy_default_update BEFORE UPDATE ON mail_policy
WHEN OLD.name IN ('default-incoming', 'default-outgoing') AND (NEW.name <> OLD.name OR NEW.direction <> OLD.direction)
BEGIN
  SELECT RAISE(ABORT, 'mail_policy: default-incoming and default-outgoing keep their names and directions');
END;

CREATE TRIGGER sender_group_member_network_insert BEFORE INSERT ON sender_group_member
WHEN NEW.kind = 'network' AND NEW.value <> '' AND CASE
  WHEN NEW.value GLOB '*[^0-9A-Fa-f:./]*' OR NEW.value LIKE '%/%/%' OR NEW.value LIKE '%/' THEN 1
  WHEN instr(NEW.value, '/') > 0 AND (substr(NEW.value, instr(NEW.value, '/') + 1) GLOB '*[^0-9]*'
    OR CAST(substr(NEW.value, instr(NEW.value, '/') + 1) AS INTEGER) > iif(instr(NEW.value, ':') > 0, 128, 32)) THEN 1
  WHEN instr(NEW.value, ':') > 0 THEN NEW.value LIKE '%:::%' OR NEW.value LIKE '%::%::%'
    OR (SELECT count(*) > 8 + (NEW.value LIKE '::%' OR NEW.value LIKE '%::' OR NEW.value LIKE '%::/%') OR (count(*) < 8 AND NEW.value NOT LIKE '%::%' AND NEW.value NOT LIKE '%.%') OR max(length(value) > 4 AND value NOT LIKE '%.%')
      FROM json_each('["' || replace(substr(NEW.value || '/', 1, instr(NEW.value || '/', '/') - 1), ':', '","') || '"]'))
  ELSE (SELECT count(*) <> 4 OR max(value = '' OR length(value) > 3 OR CAST(value AS INTEGER) > 255 OR (value LIKE '0%' AND value <> '0'))
      FROM json_each('["' || replace(substr(NEW.value || '/', 1, instr(NEW.value || '/', '/') - 1), '.', '","') || '"]'))
  END
BEGIN
  SELECT RAISE(ABORT, 'sender_group_member.value is no network: write 192.0.2.0/24, 192.0.2.1, 2001:db8::/32 or 2001:db8::1');
END;

CREATE TRIGGER sender_group_member_host_insert BEFORE INSERT ON sender_group_member
WHEN NEW.kind = 'host' AND NEW.value <> '' AND (NEW.value GLOB '*[^-A-Za-z0-9._]*' OR NEW.value LIKE '%.' OR NEW.value LIKE '%..%' OR NEW.value NOT GLOB '*[^0-9.]*')
BEGIN
  SELECT RAISE(ABORT, 'sender_group_member.value is no host name: write mail.example.com, or .example.com for all below it; an address is of kind network');
END;

CREATE TRIGGER mail_policy_default_member_insert BEFORE INSERT ON mail_policy_member
WHEN NEW.mail_policy IN ('default-incoming', 'default-outgoing')
BEGIN
  SELECT RAISE(ABORT, 'mail_policy_member: default-incoming and default-outgoing match everybody and have no members: make a mail_policy of your own');
END;

CREATE TRIGGER sender_group_member_network_update BEFORE UPDATE ON sender_group_member
WHEN NEW.kind = 'network' AND NEW.value <> '' AND CASE
  WHEN NEW.value GLOB '*[^0-9A-Fa-f:./]*' OR NEW.value LIKE '%/%/%' OR NEW.value LIKE '%/' THEN 1
  WHEN instr(NEW.value, '/') > 0 AND (substr(NEW.value, instr(NEW.value, '/') + 1) GLOB '*[^0-9]*'
    OR CAST(substr(NEW.value, instr(NEW.value, '/') + 1) AS INTEGER) > iif(instr(NEW.value, ':') > 0, 128, 32)) THEN 1
  WHEN instr(NEW.value, ':') > 0 THEN NEW.value LIKE '%:::%' OR NEW.value LIKE '%::%::%'
    OR (SELECT count(*) > 8 + (NEW.value LIKE '::%' OR NEW.value LIKE '%::' OR NEW.value LIKE '%::/%') OR (count(*) < 8 AND NEW.value NOT LIKE '%::%' AND NEW.value NOT LIKE '%.%') OR max(length(value) > 4 AND value NOT LIKE '%.%')
      FROM json_each('["' || replace(substr(NEW.value || '/', 1, instr(NEW.value || '/', '/') - 1), ':', '","') || '"]'))
  ELSE (SELECT count(*) <> 4 OR max(value = '' OR length(value) > 3 OR CAST(value AS INTEGER) > 255 OR (value LIKE '0%' AND value <> '0'))
      FROM json_each('["' || replace(substr(NEW.value || '/', 1, instr(NEW.value || '/', '/') - 1), '.', '","') || '"]'))
  END
BEGIN
  SELECT RAISE(ABORT, 'sender_group_member.value is no network: write 192.0.2.0/24, 192.0.2.1, 2001:db8::/32 or 2001:db8::1');
END;

CREATE TRIGGER sender_group_member_host_update BEFORE UPDATE ON sender_group_member
WHEN NEW.kind = 'host' AND NEW.value <> '' AND (NEW.value GLOB '*[^-A-Za-z0-9._]*' OR NEW.value LIKE '%.' OR NEW.value LIKE '%..%' OR NEW.value NOT GLOB '*[^0-9.]*')
BEGIN
  SELECT RAISE(ABORT, 'sender_group_member.value is no host name: write mail.example.com, or .example.com for all below it; an address is of kind network');
END;

CREATE TRIGGER mail_policy_default_member_update BEFORE UPDATE ON mail_policy_member
WHEN NEW.mail_policy IN ('default-incoming', 'default-outgoing')
BEGIN
  SELECT RAISE(ABORT, 'mail_policy_member: default-incoming and default-outgoing match everybody and have no members: make a mail_policy of your own');
END;

CREATE TRIGGER mail_policy_filters_direction BEFORE UPDATE OF direction ON mail_policy
WHEN EXISTS (SELECT 1 FROM mail_policy_filter f JOIN content_filter c ON c.name = f.content_filter WHERE f.mail_policy = OLD.name AND c.direction <> NEW.direction)
BEGIN
  SELECT RAISE(ABORT, 'mail_policy.direction: its content filters are of the other direction: delete its rows of mail_policy_filter first');
END;

CREATE TRIGGER content_filter_policies_direction BEFORE UPDATE OF direction ON content_filter
WHEN EXISTS (SELECT 1 FROM mail_policy_filter f JOIN mail_policy p ON p.name = f.mail_policy WHERE f.content_filter = OLD.name AND p.direction <> NEW.direction)
BEGIN
  SELECT RAISE(ABORT, 'content_filter.direction: mail policies of the other direction run it: delete those rows of mail_policy_filter first');
END;

CREATE TRIGGER mail_policy_filter_direction_insert BEFORE INSERT ON mail_policy_filter
WHEN (SELECT direction FROM mail_policy WHERE name = NEW.mail_policy) <> (SELECT direction FROM content_filter WHERE name = NEW.content_filter)
BEGIN
  SELECT RAISE(ABORT, 'mail_policy_filter: an incoming mail_policy takes incoming content filters, an outgoing one outgoing ones');
END;

CREATE TRIGGER mail_policy_filter_direction_update BEFORE UPDATE ON mail_policy_filter
WHEN (SELECT direction FROM mail_policy WHERE name = NEW.mail_policy) <> (SELECT direction FROM content_filter WHERE name = NEW.content_filter)
BEGIN
  SELECT RAISE(ABORT, 'mail_policy_filter: an incoming mail_policy takes incoming content filters, an outgoing one outgoing ones');
END;

CREATE TRIGGER certificate_expiry_update AFTER UPDATE OF name, certificate ON certificate
BEGIN
  DELETE FROM certificate_expiry WHERE table_name = 'certificate' AND row_name = OLD.name;
END;

CREATE TRIGGER certificate_expiry_delete AFTER DELETE ON certificate
BEGIN
  DELETE FROM certificate_expiry WHERE table_name = 'certificate' AND row_name = OLD.name;
END;

CREATE TRIGGER public_key_expiry_update AFTER UPDATE OF name, certificate ON public_key
BEGIN
  DELETE FROM certificate_expiry WHERE table_name = 'public_key' AND row_name = OLD.name;
  DELETE FROM public_key_name WHERE public_key = OLD.name;
END;

CREATE TRIGGER public_key_expiry_delete AFTER DELETE ON public_key
BEGIN
  DELETE FROM certificate_expiry WHERE table_name = 'public_key' AND row_name = OLD.name;
  DELETE FROM public_key_name WHERE public_key = OLD.name;
END;

CREATE TRIGGER trust_anchor_expiry_update AFTER UPDATE OF name, certificate ON trust_anchor
BEGIN
  DELETE FROM certificate_expiry WHERE table_name = 'trust_anchor' AND row_name = OLD.name;
END;

CREATE TRIGGER trust_anchor_expiry_delete AFTER DELETE ON trust_anchor
BEGIN
  DELETE FROM certificate_expiry WHERE table_name = 'trust_anchor' AND row_name = OLD.name;
END;
