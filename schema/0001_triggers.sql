-- What CHECKs cannot say: references (the sqlite3 shell does not enforce foreign keys unless asked), rows that
-- must stay, and the change log. SQLite before 3.47 takes only fixed sentences in RAISE.

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

CREATE TRIGGER setting_log_insert AFTER INSERT ON setting
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('setting', NEW.name, 'insert',
    NULL,
    'name=' || quote(NEW.name) || ' ' || 'value=' || quote(NEW.value) || ' ' || 'description=' || quote(NEW.description));
END;

CREATE TRIGGER setting_log_update AFTER UPDATE ON setting
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('setting', NEW.name, 'update',
    'name=' || quote(OLD.name) || ' ' || 'value=' || quote(OLD.value) || ' ' || 'description=' || quote(OLD.description),
    'name=' || quote(NEW.name) || ' ' || 'value=' || quote(NEW.value) || ' ' || 'description=' || quote(NEW.description));
END;

CREATE TRIGGER setting_log_delete AFTER DELETE ON setting
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('setting', OLD.name, 'delete',
    'name=' || quote(OLD.name) || ' ' || 'value=' || quote(OLD.value) || ' ' || 'description=' || quote(OLD.description),
    NULL);
END;

CREATE TRIGGER certificate_log_insert AFTER INSERT ON certificate
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('certificate', NEW.name, 'insert',
    NULL,
    'name=' || quote(NEW.name) || ' ' || 'certificate=' || quote(NEW.certificate) || ' ' || 'chain=' || quote(NEW.chain) || ' ' || 'require_fqdn=' || quote(NEW.require_fqdn) || ' ' || 'note=' || quote(NEW.note));
END;

CREATE TRIGGER certificate_log_update AFTER UPDATE ON certificate
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('certificate', NEW.name, 'update',
    'name=' || quote(OLD.name) || ' ' || 'certificate=' || quote(OLD.certificate) || ' ' || 'chain=' || quote(OLD.chain) || ' ' || 'require_fqdn=' || quote(OLD.require_fqdn) || ' ' || 'note=' || quote(OLD.note),
    'name=' || quote(NEW.name) || ' ' || 'certificate=' || quote(NEW.certificate) || ' ' || 'chain=' || quote(NEW.chain) || ' ' || 'require_fqdn=' || quote(NEW.require_fqdn) || ' ' || 'note=' || quote(NEW.note));
END;

CREATE TRIGGER certificate_log_delete AFTER DELETE ON certificate
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('certificate', OLD.name, 'delete',
    'name=' || quote(OLD.name) || ' ' || 'certificate=' || quote(OLD.certificate) || ' ' || 'chain=' || quote(OLD.chain) || ' ' || 'require_fqdn=' || quote(OLD.require_fqdn) || ' ' || 'note=' || quote(OLD.note),
    NULL);
END;

CREATE TRIGGER public_key_log_insert AFTER INSERT ON public_key
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('public_key', NEW.name, 'insert',
    NULL,
    'name=' || quote(NEW.name) || ' ' || 'certificate=' || quote(NEW.certificate) || ' ' || 'note=' || quote(NEW.note));
END;

CREATE TRIGGER public_key_log_update AFTER UPDATE ON public_key
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('public_key', NEW.name, 'update',
    'name=' || quote(OLD.name) || ' ' || 'certificate=' || quote(OLD.certificate) || ' ' || 'note=' || quote(OLD.note),
    'name=' || quote(NEW.name) || ' ' || 'certificate=' || quote(NEW.certificate) || ' ' || 'note=' || quote(NEW.note));
END;

CREATE TRIGGER public_key_log_delete AFTER DELETE ON public_key
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('public_key', OLD.name, 'delete',
    'name=' || quote(OLD.name) || ' ' || 'certificate=' || quote(OLD.certificate) || ' ' || 'note=' || quote(OLD.note),
    NULL);
END;

CREATE TRIGGER trust_anchor_log_insert AFTER INSERT ON trust_anchor
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('trust_anchor', NEW.name, 'insert',
    NULL,
    'name=' || quote(NEW.name) || ' ' || 'certificate=' || quote(NEW.certificate) || ' ' || 'domain_signing=' || quote(NEW.domain_signing) || ' ' || 'intermediate=' || quote(NEW.intermediate) || ' ' || 'note=' || quote(NEW.note));
END;

CREATE TRIGGER trust_anchor_log_update AFTER UPDATE ON trust_anchor
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('trust_anchor', NEW.name, 'update',
    'name=' || quote(OLD.name) || ' ' || 'certificate=' || quote(OLD.certificate) || ' ' || 'domain_signing=' || quote(OLD.domain_signing) || ' ' || 'intermediate=' || quote(OLD.intermediate) || ' ' || 'note=' || quote(OLD.note),
    'name=' || quote(NEW.name) || ' ' || 'certificate=' || quote(NEW.certificate) || ' ' || 'domain_signing=' || quote(NEW.domain_signing) || ' ' || 'intermediate=' || quote(NEW.intermediate) || ' ' || 'note=' || quote(NEW.note));
END;

CREATE TRIGGER trust_anchor_log_delete AFTER DELETE ON trust_anchor
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('trust_anchor', OLD.name, 'delete',
    'name=' || quote(OLD.name) || ' ' || 'certificate=' || quote(OLD.certificate) || ' ' || 'domain_signing=' || quote(OLD.domain_signing) || ' ' || 'intermediate=' || quote(OLD.intermediate) || ' ' || 'note=' || quote(OLD.note),
    NULL);
END;

CREATE TRIGGER revocation_list_log_insert AFTER INSERT ON revocation_list
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('revocation_list', NEW.name, 'insert',
    NULL,
    'name=' || quote(NEW.name) || ' ' || 'crl=' || quote(NEW.crl) || ' ' || 'note=' || quote(NEW.note));
END;

CREATE TRIGGER revocation_list_log_update AFTER UPDATE ON revocation_list
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('revocation_list', NEW.name, 'update',
    'name=' || quote(OLD.name) || ' ' || 'crl=' || quote(OLD.crl) || ' ' || 'note=' || quote(OLD.note),
    'name=' || quote(NEW.name) || ' ' || 'crl=' || quote(NEW.crl) || ' ' || 'note=' || quote(NEW.note));
END;

CREATE TRIGGER revocation_list_log_delete AFTER DELETE ON revocation_list
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('revocation_list', OLD.name, 'delete',
    'name=' || quote(OLD.name) || ' ' || 'crl=' || quote(OLD.crl) || ' ' || 'note=' || quote(OLD.note),
    NULL);
END;

CREATE TRIGGER sending_profile_log_insert AFTER INSERT ON sending_profile
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('sending_profile', NEW.name, 'insert',
    NULL,
    'name=' || quote(NEW.name) || ' ' || 'mode=' || quote(NEW.mode) || ' ' || 'signing_certificate=' || quote(NEW.signing_certificate) || ' ' || 'sign_mode=' || quote(NEW.sign_mode) || ' ' || 'missing_key_action=' || quote(NEW.missing_key_action) || ' ' || 'digest=' || quote(NEW.digest) || ' ' || 'signature_scheme=' || quote(NEW.signature_scheme) || ' ' || 'content_cipher=' || quote(NEW.content_cipher) || ' ' || 'key_transport=' || quote(NEW.key_transport) || ' ' || 'certificate_id=' || quote(NEW.certificate_id) || ' ' || 'must_encrypt=' || quote(NEW.must_encrypt) || ' ' || 'seal_again=' || quote(NEW.seal_again) || ' ' || 'note=' || quote(NEW.note));
END;

CREATE TRIGGER sending_profile_log_update AFTER UPDATE ON sending_profile
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('sending_profile', NEW.name, 'update',
    'name=' || quote(OLD.name) || ' ' || 'mode=' || quote(OLD.mode) || ' ' || 'signing_certificate=' || quote(OLD.signing_certificate) || ' ' || 'sign_mode=' || quote(OLD.sign_mode) || ' ' || 'missing_key_action=' || quote(OLD.missing_key_action) || ' ' || 'digest=' || quote(OLD.digest) || ' ' || 'signature_scheme=' || quote(OLD.signature_scheme) || ' ' || 'content_cipher=' || quote(OLD.content_cipher) || ' ' || 'key_transport=' || quote(OLD.key_transport) || ' ' || 'certificate_id=' || quote(OLD.certificate_id) || ' ' || 'must_encrypt=' || quote(OLD.must_encrypt) || ' ' || 'seal_again=' || quote(OLD.seal_again) || ' ' || 'note=' || quote(OLD.note),
    'name=' || quote(NEW.name) || ' ' || 'mode=' || quote(NEW.mode) || ' ' || 'signing_certificate=' || quote(NEW.signing_certificate) || ' ' || 'sign_mode=' || quote(NEW.sign_mode) || ' ' || 'missing_key_action=' || quote(NEW.missing_key_action) || ' ' || 'digest=' || quote(NEW.digest) || ' ' || 'signature_scheme=' || quote(NEW.signature_scheme) || ' ' || 'content_cipher=' || quote(NEW.content_cipher) || ' ' || 'key_transport=' || quote(NEW.key_transport) || ' ' || 'certificate_id=' || quote(NEW.certificate_id) || ' ' || 'must_encrypt=' || quote(NEW.must_encrypt) || ' ' || 'seal_again=' || quote(NEW.seal_again) || ' ' || 'note=' || quote(NEW.note));
END;

CREATE TRIGGER sending_profile_log_delete AFTER DELETE ON sending_profile
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('sending_profile', OLD.name, 'delete',
    'name=' || quote(OLD.name) || ' ' || 'mode=' || quote(OLD.mode) || ' ' || 'signing_certificate=' || quote(OLD.signing_certificate) || ' ' || 'sign_mode=' || quote(OLD.sign_mode) || ' ' || 'missing_key_action=' || quote(OLD.missing_key_action) || ' ' || 'digest=' || quote(OLD.digest) || ' ' || 'signature_scheme=' || quote(OLD.signature_scheme) || ' ' || 'content_cipher=' || quote(OLD.content_cipher) || ' ' || 'key_transport=' || quote(OLD.key_transport) || ' ' || 'certificate_id=' || quote(OLD.certificate_id) || ' ' || 'must_encrypt=' || quote(OLD.must_encrypt) || ' ' || 'seal_again=' || quote(OLD.seal_again) || ' ' || 'note=' || quote(OLD.note),
    NULL);
END;

CREATE TRIGGER mail_flow_policy_log_insert AFTER INSERT ON mail_flow_policy
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('mail_flow_policy', NEW.name, 'insert',
    NULL,
    'name=' || quote(NEW.name) || ' ' || 'behavior=' || quote(NEW.behavior) || ' ' || 'smime_open=' || quote(NEW.smime_open) || ' ' || 'signature_after_verify=' || quote(NEW.signature_after_verify) || ' ' || 'harvest=' || quote(NEW.harvest) || ' ' || 'harvest_on_failure=' || quote(NEW.harvest_on_failure) || ' ' || 'harvest_updates=' || quote(NEW.harvest_updates) || ' ' || 'note=' || quote(NEW.note));
END;

CREATE TRIGGER mail_flow_policy_log_update AFTER UPDATE ON mail_flow_policy
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('mail_flow_policy', NEW.name, 'update',
    'name=' || quote(OLD.name) || ' ' || 'behavior=' || quote(OLD.behavior) || ' ' || 'smime_open=' || quote(OLD.smime_open) || ' ' || 'signature_after_verify=' || quote(OLD.signature_after_verify) || ' ' || 'harvest=' || quote(OLD.harvest) || ' ' || 'harvest_on_failure=' || quote(OLD.harvest_on_failure) || ' ' || 'harvest_updates=' || quote(OLD.harvest_updates) || ' ' || 'note=' || quote(OLD.note),
    'name=' || quote(NEW.name) || ' ' || 'behavior=' || quote(NEW.behavior) || ' ' || 'smime_open=' || quote(NEW.smime_open) || ' ' || 'signature_after_verify=' || quote(NEW.signature_after_verify) || ' ' || 'harvest=' || quote(NEW.harvest) || ' ' || 'harvest_on_failure=' || quote(NEW.harvest_on_failure) || ' ' || 'harvest_updates=' || quote(NEW.harvest_updates) || ' ' || 'note=' || quote(NEW.note));
END;

CREATE TRIGGER mail_flow_policy_log_delete AFTER DELETE ON mail_flow_policy
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('mail_flow_policy', OLD.name, 'delete',
    'name=' || quote(OLD.name) || ' ' || 'behavior=' || quote(OLD.behavior) || ' ' || 'smime_open=' || quote(OLD.smime_open) || ' ' || 'signature_after_verify=' || quote(OLD.signature_after_verify) || ' ' || 'harvest=' || quote(OLD.harvest) || ' ' || 'harvest_on_failure=' || quote(OLD.harvest_on_failure) || ' ' || 'harvest_updates=' || quote(OLD.harvest_updates) || ' ' || 'note=' || quote(OLD.note),
    NULL);
END;

CREATE TRIGGER sender_group_log_insert AFTER INSERT ON sender_group
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('sender_group', NEW.name, 'insert',
    NULL,
    'name=' || quote(NEW.name) || ' ' || 'position=' || quote(NEW.position) || ' ' || 'mail_flow_policy=' || quote(NEW.mail_flow_policy) || ' ' || 'note=' || quote(NEW.note));
END;

CREATE TRIGGER sender_group_log_update AFTER UPDATE ON sender_group
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('sender_group', NEW.name, 'update',
    'name=' || quote(OLD.name) || ' ' || 'position=' || quote(OLD.position) || ' ' || 'mail_flow_policy=' || quote(OLD.mail_flow_policy) || ' ' || 'note=' || quote(OLD.note),
    'name=' || quote(NEW.name) || ' ' || 'position=' || quote(NEW.position) || ' ' || 'mail_flow_policy=' || quote(NEW.mail_flow_policy) || ' ' || 'note=' || quote(NEW.note));
END;

CREATE TRIGGER sender_group_log_delete AFTER DELETE ON sender_group
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('sender_group', OLD.name, 'delete',
    'name=' || quote(OLD.name) || ' ' || 'position=' || quote(OLD.position) || ' ' || 'mail_flow_policy=' || quote(OLD.mail_flow_policy) || ' ' || 'note=' || quote(OLD.note),
    NULL);
END;

CREATE TRIGGER sender_group_member_log_insert AFTER INSERT ON sender_group_member
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('sender_group_member', NEW.sender_group || ' ' || NEW.kind || ' ' || NEW.value, 'insert',
    NULL,
    'sender_group=' || quote(NEW.sender_group) || ' ' || 'kind=' || quote(NEW.kind) || ' ' || 'value=' || quote(NEW.value));
END;

CREATE TRIGGER sender_group_member_log_update AFTER UPDATE ON sender_group_member
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('sender_group_member', NEW.sender_group || ' ' || NEW.kind || ' ' || NEW.value, 'update',
    'sender_group=' || quote(OLD.sender_group) || ' ' || 'kind=' || quote(OLD.kind) || ' ' || 'value=' || quote(OLD.value),
    'sender_group=' || quote(NEW.sender_group) || ' ' || 'kind=' || quote(NEW.kind) || ' ' || 'value=' || quote(NEW.value));
END;

CREATE TRIGGER sender_group_member_log_delete AFTER DELETE ON sender_group_member
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('sender_group_member', OLD.sender_group || ' ' || OLD.kind || ' ' || OLD.value, 'delete',
    'sender_group=' || quote(OLD.sender_group) || ' ' || 'kind=' || quote(OLD.kind) || ' ' || 'value=' || quote(OLD.value),
    NULL);
END;

CREATE TRIGGER message_filter_log_insert AFTER INSERT ON message_filter
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('message_filter', NEW.name, 'insert',
    NULL,
    'name=' || quote(NEW.name) || ' ' || 'position=' || quote(NEW.position) || ' ' || 'enabled=' || quote(NEW.enabled) || ' ' || 'script=' || quote(NEW.script) || ' ' || 'note=' || quote(NEW.note));
END;

CREATE TRIGGER message_filter_log_update AFTER UPDATE ON message_filter
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('message_filter', NEW.name, 'update',
    'name=' || quote(OLD.name) || ' ' || 'position=' || quote(OLD.position) || ' ' || 'enabled=' || quote(OLD.enabled) || ' ' || 'script=' || quote(OLD.script) || ' ' || 'note=' || quote(OLD.note),
    'name=' || quote(NEW.name) || ' ' || 'position=' || quote(NEW.position) || ' ' || 'enabled=' || quote(NEW.enabled) || ' ' || 'script=' || quote(NEW.script) || ' ' || 'note=' || quote(NEW.note));
END;

CREATE TRIGGER message_filter_log_delete AFTER DELETE ON message_filter
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('message_filter', OLD.name, 'delete',
    'name=' || quote(OLD.name) || ' ' || 'position=' || quote(OLD.position) || ' ' || 'enabled=' || quote(OLD.enabled) || ' ' || 'script=' || quote(OLD.script) || ' ' || 'note=' || quote(OLD.note),
    NULL);
END;

CREATE TRIGGER content_filter_log_insert AFTER INSERT ON content_filter
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('content_filter', NEW.name, 'insert',
    NULL,
    'name=' || quote(NEW.name) || ' ' || 'direction=' || quote(NEW.direction) || ' ' || 'enabled=' || quote(NEW.enabled) || ' ' || 'condition=' || quote(NEW.condition) || ' ' || 'note=' || quote(NEW.note));
END;

CREATE TRIGGER content_filter_log_update AFTER UPDATE ON content_filter
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('content_filter', NEW.name, 'update',
    'name=' || quote(OLD.name) || ' ' || 'direction=' || quote(OLD.direction) || ' ' || 'enabled=' || quote(OLD.enabled) || ' ' || 'condition=' || quote(OLD.condition) || ' ' || 'note=' || quote(OLD.note),
    'name=' || quote(NEW.name) || ' ' || 'direction=' || quote(NEW.direction) || ' ' || 'enabled=' || quote(NEW.enabled) || ' ' || 'condition=' || quote(NEW.condition) || ' ' || 'note=' || quote(NEW.note));
END;

CREATE TRIGGER content_filter_log_delete AFTER DELETE ON content_filter
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('content_filter', OLD.name, 'delete',
    'name=' || quote(OLD.name) || ' ' || 'direction=' || quote(OLD.direction) || ' ' || 'enabled=' || quote(OLD.enabled) || ' ' || 'condition=' || quote(OLD.condition) || ' ' || 'note=' || quote(OLD.note),
    NULL);
END;

CREATE TRIGGER content_filter_action_log_insert AFTER INSERT ON content_filter_action
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('content_filter_action', NEW.content_filter || ' ' || NEW.position, 'insert',
    NULL,
    'content_filter=' || quote(NEW.content_filter) || ' ' || 'position=' || quote(NEW.position) || ' ' || 'action=' || quote(NEW.action) || ' ' || 'argument=' || quote(NEW.argument) || ' ' || 'sending_profile=' || quote(NEW.sending_profile));
END;

CREATE TRIGGER content_filter_action_log_update AFTER UPDATE ON content_filter_action
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('content_filter_action', NEW.content_filter || ' ' || NEW.position, 'update',
    'content_filter=' || quote(OLD.content_filter) || ' ' || 'position=' || quote(OLD.position) || ' ' || 'action=' || quote(OLD.action) || ' ' || 'argument=' || quote(OLD.argument) || ' ' || 'sending_profile=' || quote(OLD.sending_profile),
    'content_filter=' || quote(NEW.content_filter) || ' ' || 'position=' || quote(NEW.position) || ' ' || 'action=' || quote(NEW.action) || ' ' || 'argument=' || quote(NEW.argument) || ' ' || 'sending_profile=' || quote(NEW.sending_profile));
END;

CREATE TRIGGER content_filter_action_log_delete AFTER DELETE ON content_filter_action
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('content_filter_action', OLD.content_filter || ' ' || OLD.position, 'delete',
    'content_filter=' || quote(OLD.content_filter) || ' ' || 'position=' || quote(OLD.position) || ' ' || 'action=' || quote(OLD.action) || ' ' || 'argument=' || quote(OLD.argument) || ' ' || 'sending_profile=' || quote(OLD.sending_profile),
    NULL);
END;

CREATE TRIGGER mail_policy_log_insert AFTER INSERT ON mail_policy
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('mail_policy', NEW.name, 'insert',
    NULL,
    'name=' || quote(NEW.name) || ' ' || 'direction=' || quote(NEW.direction) || ' ' || 'position=' || quote(NEW.position) || ' ' || 'sides=' || quote(NEW.sides) || ' ' || 'senders=' || quote(NEW.senders) || ' ' || 'recipients=' || quote(NEW.recipients) || ' ' || 'note=' || quote(NEW.note));
END;

CREATE TRIGGER mail_policy_log_update AFTER UPDATE ON mail_policy
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('mail_policy', NEW.name, 'update',
    'name=' || quote(OLD.name) || ' ' || 'direction=' || quote(OLD.direction) || ' ' || 'position=' || quote(OLD.position) || ' ' || 'sides=' || quote(OLD.sides) || ' ' || 'senders=' || quote(OLD.senders) || ' ' || 'recipients=' || quote(OLD.recipients) || ' ' || 'note=' || quote(OLD.note),
    'name=' || quote(NEW.name) || ' ' || 'direction=' || quote(NEW.direction) || ' ' || 'position=' || quote(NEW.position) || ' ' || 'sides=' || quote(NEW.sides) || ' ' || 'senders=' || quote(NEW.senders) || ' ' || 'recipients=' || quote(NEW.recipients) || ' ' || 'note=' || quote(NEW.note));
END;

CREATE TRIGGER mail_policy_log_delete AFTER DELETE ON mail_policy
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('mail_policy', OLD.name, 'delete',
    'name=' || quote(OLD.name) || ' ' || 'direction=' || quote(OLD.direction) || ' ' || 'position=' || quote(OLD.position) || ' ' || 'sides=' || quote(OLD.sides) || ' ' || 'senders=' || quote(OLD.senders) || ' ' || 'recipients=' || quote(OLD.recipients) || ' ' || 'note=' || quote(OLD.note),
    NULL);
END;

CREATE TRIGGER mail_policy_member_log_insert AFTER INSERT ON mail_policy_member
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('mail_policy_member', NEW.mail_policy || ' ' || NEW.side || ' ' || NEW.pattern, 'insert',
    NULL,
    'mail_policy=' || quote(NEW.mail_policy) || ' ' || 'side=' || quote(NEW.side) || ' ' || 'pattern=' || quote(NEW.pattern) || ' ' || 'negate=' || quote(NEW.negate));
END;

CREATE TRIGGER mail_policy_member_log_update AFTER UPDATE ON mail_policy_member
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('mail_policy_member', NEW.mail_policy || ' ' || NEW.side || ' ' || NEW.pattern, 'update',
    'mail_policy=' || quote(OLD.mail_policy) || ' ' || 'side=' || quote(OLD.side) || ' ' || 'pattern=' || quote(OLD.pattern) || ' ' || 'negate=' || quote(OLD.negate),
    'mail_policy=' || quote(NEW.mail_policy) || ' ' || 'side=' || quote(NEW.side) || ' ' || 'pattern=' || quote(NEW.pattern) || ' ' || 'negate=' || quote(NEW.negate));
END;

CREATE TRIGGER mail_policy_member_log_delete AFTER DELETE ON mail_policy_member
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('mail_policy_member', OLD.mail_policy || ' ' || OLD.side || ' ' || OLD.pattern, 'delete',
    'mail_policy=' || quote(OLD.mail_policy) || ' ' || 'side=' || quote(OLD.side) || ' ' || 'pattern=' || quote(OLD.pattern) || ' ' || 'negate=' || quote(OLD.negate),
    NULL);
END;

CREATE TRIGGER mail_policy_filter_log_insert AFTER INSERT ON mail_policy_filter
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('mail_policy_filter', NEW.mail_policy || ' ' || NEW.position, 'insert',
    NULL,
    'mail_policy=' || quote(NEW.mail_policy) || ' ' || 'position=' || quote(NEW.position) || ' ' || 'content_filter=' || quote(NEW.content_filter));
END;

CREATE TRIGGER mail_policy_filter_log_update AFTER UPDATE ON mail_policy_filter
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('mail_policy_filter', NEW.mail_policy || ' ' || NEW.position, 'update',
    'mail_policy=' || quote(OLD.mail_policy) || ' ' || 'position=' || quote(OLD.position) || ' ' || 'content_filter=' || quote(OLD.content_filter),
    'mail_policy=' || quote(NEW.mail_policy) || ' ' || 'position=' || quote(NEW.position) || ' ' || 'content_filter=' || quote(NEW.content_filter));
END;

CREATE TRIGGER mail_policy_filter_log_delete AFTER DELETE ON mail_policy_filter
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('mail_policy_filter', OLD.mail_policy || ' ' || OLD.position, 'delete',
    'mail_policy=' || quote(OLD.mail_policy) || ' ' || 'position=' || quote(OLD.position) || ' ' || 'content_filter=' || quote(OLD.content_filter),
    NULL);
END;

CREATE TRIGGER dictionary_log_insert AFTER INSERT ON dictionary
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('dictionary', NEW.name, 'insert',
    NULL,
    'name=' || quote(NEW.name) || ' ' || 'match_case=' || quote(NEW.match_case) || ' ' || 'whole_words=' || quote(NEW.whole_words) || ' ' || 'note=' || quote(NEW.note));
END;

CREATE TRIGGER dictionary_log_update AFTER UPDATE ON dictionary
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('dictionary', NEW.name, 'update',
    'name=' || quote(OLD.name) || ' ' || 'match_case=' || quote(OLD.match_case) || ' ' || 'whole_words=' || quote(OLD.whole_words) || ' ' || 'note=' || quote(OLD.note),
    'name=' || quote(NEW.name) || ' ' || 'match_case=' || quote(NEW.match_case) || ' ' || 'whole_words=' || quote(NEW.whole_words) || ' ' || 'note=' || quote(NEW.note));
END;

CREATE TRIGGER dictionary_log_delete AFTER DELETE ON dictionary
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('dictionary', OLD.name, 'delete',
    'name=' || quote(OLD.name) || ' ' || 'match_case=' || quote(OLD.match_case) || ' ' || 'whole_words=' || quote(OLD.whole_words) || ' ' || 'note=' || quote(OLD.note),
    NULL);
END;

CREATE TRIGGER dictionary_term_log_insert AFTER INSERT ON dictionary_term
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('dictionary_term', NEW.dictionary || ' ' || NEW.term, 'insert',
    NULL,
    'dictionary=' || quote(NEW.dictionary) || ' ' || 'term=' || quote(NEW.term) || ' ' || 'weight=' || quote(NEW.weight));
END;

CREATE TRIGGER dictionary_term_log_update AFTER UPDATE ON dictionary_term
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('dictionary_term', NEW.dictionary || ' ' || NEW.term, 'update',
    'dictionary=' || quote(OLD.dictionary) || ' ' || 'term=' || quote(OLD.term) || ' ' || 'weight=' || quote(OLD.weight),
    'dictionary=' || quote(NEW.dictionary) || ' ' || 'term=' || quote(NEW.term) || ' ' || 'weight=' || quote(NEW.weight));
END;

CREATE TRIGGER dictionary_term_log_delete AFTER DELETE ON dictionary_term
BEGIN
  INSERT INTO change_log (table_name, row_name, operation, old, new) VALUES ('dictionary_term', OLD.dictionary || ' ' || OLD.term, 'delete',
    'dictionary=' || quote(OLD.dictionary) || ' ' || 'term=' || quote(OLD.term) || ' ' || 'weight=' || quote(OLD.weight),
    NULL);
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
