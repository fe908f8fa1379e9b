-- The tables of the policy: the user interface of smime-milter.  smime-policy(5), schema/README.md.
-- Every CHECK is named by the sentence that its failure shows.

CREATE TABLE setting (
  name        TEXT NOT NULL PRIMARY KEY,
  value       TEXT NOT NULL,
  description TEXT NOT NULL DEFAULT '',
  CONSTRAINT "setting: no setting of that name; see SELECT name, description FROM setting" CHECK (name IN ('authserv_id', 'harvest_capacity', 'harvest_per_address', 'harvest_per_domain', 'harvest_pin', 'no_attributes_verifies', 'postmaster', 'reinject_host', 'reinject_port', 'weak_verifies')),
  CONSTRAINT "setting reinject_port must be a port number, 1 to 65535" CHECK (name <> 'reinject_port' OR (value NOT GLOB '*[^0-9]*' AND CAST(value AS INTEGER) BETWEEN 1 AND 65535)),
  CONSTRAINT "setting harvest_capacity must be a number of octets" CHECK (name <> 'harvest_capacity' OR (value <> '' AND value NOT GLOB '*[^0-9]*' AND length(value) <= 18)),
  CONSTRAINT "settings harvest_per_address and harvest_per_domain must be a number of keys; 0 means no limit" CHECK (name NOT IN ('harvest_per_address', 'harvest_per_domain') OR (value <> '' AND value NOT GLOB '*[^0-9]*' AND length(value) <= 9)),
  CONSTRAINT "settings harvest_pin, weak_verifies and no_attributes_verifies must be 0 or 1" CHECK (name NOT IN ('harvest_pin', 'weak_verifies', 'no_attributes_verifies') OR value IN ('0', '1')),
  CONSTRAINT "settings authserv_id and reinject_host must be a host name or address" CHECK (name NOT IN ('authserv_id', 'reinject_host') OR (value NOT GLOB '*[^-A-Za-z0-9._:]*' AND (name = 'authserv_id' OR value <> ''))),
  CONSTRAINT "setting postmaster must be an address, or its local part" CHECK (name <> 'postmaster' OR (value <> '' AND value NOT GLOB '*[^!-~]*' AND value NOT GLOB '*[<>,;]*'))
) STRICT, WITHOUT ROWID;

CREATE TABLE certificate (
  name         TEXT NOT NULL PRIMARY KEY,
  certificate  TEXT NOT NULL,
  chain        TEXT NOT NULL DEFAULT '',
  private_key  TEXT NOT NULL,
  require_fqdn INTEGER NOT NULL DEFAULT 0,
  note         TEXT NOT NULL DEFAULT '',
  CONSTRAINT "certificate.name must not be empty" CHECK (name <> ''),
  CONSTRAINT "certificate.certificate must be PEM (-----BEGIN CERTIFICATE-----)" CHECK (certificate LIKE '%-----BEGIN CERTIFICATE-----%-----END CERTIFICATE-----%'),
  CONSTRAINT "certificate.chain must be empty or PEM certificates" CHECK (chain = '' OR chain LIKE '%-----BEGIN CERTIFICATE-----%-----END CERTIFICATE-----%'),
  CONSTRAINT "certificate.private_key must be PKCS#8 PEM, file:/path or pkcs11:..." CHECK (private_key LIKE '%-----BEGIN %PRIVATE KEY-----%' OR private_key LIKE 'file:/%' OR private_key LIKE 'pkcs11:%'),
  CONSTRAINT "certificate.require_fqdn must be 0 or 1" CHECK (require_fqdn IN (0, 1))
) STRICT;

CREATE TABLE public_key (
  name        TEXT NOT NULL PRIMARY KEY,
  certificate TEXT NOT NULL,
  note        TEXT NOT NULL DEFAULT '',
  CONSTRAINT "public_key.name must not be empty" CHECK (name <> ''),
  CONSTRAINT "public_key.certificate must be PEM (-----BEGIN CERTIFICATE-----)" CHECK (certificate LIKE '%-----BEGIN CERTIFICATE-----%-----END CERTIFICATE-----%')
) STRICT;

-- Written by the daemon; state is an administrator's to change. capabilities: what its owner's newest
-- signed mail, of capabilities_at, announced that it reads. domain: what stands behind the last @.
CREATE TABLE harvested_key (
  fingerprint     TEXT NOT NULL,
  address         TEXT NOT NULL,
  certificate     TEXT NOT NULL,
  state           TEXT NOT NULL DEFAULT 'active',
  harvested_at    INTEGER NOT NULL,
  expires_at      INTEGER,
  last_used_at    INTEGER,
  use_count       INTEGER NOT NULL DEFAULT 0,
  source          TEXT NOT NULL DEFAULT '',
  capabilities    TEXT NOT NULL DEFAULT '',
  capabilities_at INTEGER,
  domain          TEXT NOT NULL GENERATED ALWAYS AS (substr(address, length(rtrim(address, replace(address, '@', ''))) + 1)) VIRTUAL,
  PRIMARY KEY (address, fingerprint),
  CONSTRAINT "harvested_key.address must be in lower case: it is looked up as such" CHECK (address = lower(address)),
  CONSTRAINT "harvested_key.state must be active, candidate, superseded or untrusted" CHECK (state IN ('active', 'candidate', 'superseded', 'untrusted'))
) STRICT;
-- Whom to encrypt to; by fingerprint; what is new in a domain; what goes first when the cache is full.
CREATE INDEX harvested_key_active ON harvested_key (address, harvested_at) WHERE state = 'active';
CREATE INDEX harvested_key_fingerprint ON harvested_key (fingerprint, capabilities_at);
CREATE INDEX harvested_key_domain ON harvested_key (domain, harvested_at);
CREATE INDEX harvested_key_idle ON harvested_key (coalesce(last_used_at, 0), harvested_at);
CREATE INDEX harvested_key_expiry ON harvested_key (expires_at) WHERE state = 'active' AND use_count > 0;

-- Addresses that were encrypted to, and until when that goes on: the end of their last active key.
CREATE VIEW harvested_key_last AS
  SELECT address, expires_at, last_used_at FROM harvested_key AS k
  WHERE state = 'active' AND use_count > 0 AND NOT EXISTS (SELECT 1 FROM harvested_key
    WHERE address = k.address AND state = 'active' AND expires_at > k.expires_at);

-- What the rows of harvested_key take, kept by triggers: counting them would take longer than adding one.
CREATE TABLE harvest_size (
  one    INTEGER PRIMARY KEY DEFAULT 1 CHECK (one = 1),
  keys   INTEGER NOT NULL DEFAULT 0,
  octets INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO harvest_size DEFAULT VALUES;

-- When somebody was last alerted, so that a restart does not alert once more. Written by the daemon.
CREATE TABLE harvest_alert (
  subject    TEXT NOT NULL,
  kind       TEXT NOT NULL,
  alerted_at INTEGER NOT NULL,
  PRIMARY KEY (subject, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX harvest_alert_age ON harvest_alert (alerted_at);

CREATE TABLE trust_anchor (
  name           TEXT NOT NULL PRIMARY KEY,
  certificate    TEXT NOT NULL,
  domain_signing INTEGER NOT NULL DEFAULT 0,
  intermediate   INTEGER NOT NULL DEFAULT 0, -- 1: completes chains, and is not trusted itself
  note           TEXT NOT NULL DEFAULT '',
  CONSTRAINT "trust_anchor.name must not be empty" CHECK (name <> ''),
  CONSTRAINT "trust_anchor.certificate must be PEM (-----BEGIN CERTIFICATE-----)" CHECK (certificate LIKE '%-----BEGIN CERTIFICATE-----%-----END CERTIFICATE-----%'),
  CONSTRAINT "trust_anchor.domain_signing must be 0 or 1" CHECK (domain_signing IN (0, 1)),
  CONSTRAINT "trust_anchor.intermediate must be 0 or 1" CHECK (intermediate IN (0, 1)),
  CONSTRAINT "trust_anchor: an intermediate speaks for nobody: domain_signing is its root's" CHECK (NOT (intermediate AND domain_signing))
) STRICT;

CREATE TABLE revocation_list (
  name TEXT NOT NULL PRIMARY KEY,
  crl  TEXT NOT NULL,
  note TEXT NOT NULL DEFAULT '',
  CONSTRAINT "revocation_list.name must not be empty" CHECK (name <> ''),
  CONSTRAINT "revocation_list.crl must be PEM (-----BEGIN X509 CRL-----)" CHECK (crl LIKE '%-----BEGIN X509 CRL-----%')
) STRICT;

CREATE TABLE sending_profile (
  name                TEXT NOT NULL PRIMARY KEY,
  mode                TEXT NOT NULL,
  signing_certificate TEXT REFERENCES certificate (name) ON UPDATE CASCADE,
  sign_mode           TEXT NOT NULL DEFAULT 'detached',
  missing_key_action  TEXT NOT NULL DEFAULT 'bounce',
  digest              TEXT NOT NULL DEFAULT 'sha256',
  signature_scheme    TEXT NOT NULL DEFAULT 'auto',
  content_cipher      TEXT NOT NULL DEFAULT 'auto',
  key_transport       TEXT NOT NULL DEFAULT 'auto',
  certificate_id      TEXT NOT NULL DEFAULT 'issuer-serial',
  must_encrypt        INTEGER NOT NULL DEFAULT 0,
  seal_again          INTEGER NOT NULL DEFAULT 0,
  note                TEXT NOT NULL DEFAULT '',
  CONSTRAINT "sending_profile.name must not be empty" CHECK (name <> ''),
  CONSTRAINT "sending_profile.mode must be sign, encrypt, sign-encrypt or triple" CHECK (mode IN ('sign', 'encrypt', 'sign-encrypt', 'triple')),
  CONSTRAINT "sending_profile: modes sign, sign-encrypt and triple need signing_certificate" CHECK (mode = 'encrypt' OR signing_certificate IS NOT NULL),
  CONSTRAINT "sending_profile.sign_mode must be opaque or detached" CHECK (sign_mode IN ('opaque', 'detached')),
  CONSTRAINT "sending_profile.missing_key_action must be bounce, drop or split" CHECK (missing_key_action IN ('bounce', 'drop', 'split')),
  CONSTRAINT "sending_profile.digest must be sha256, sha384 or sha512" CHECK (digest IN ('sha256', 'sha384', 'sha512')),
  CONSTRAINT "sending_profile.signature_scheme must be auto, rsa-pkcs1, rsa-pss, ecdsa or eddsa" CHECK (signature_scheme IN ('auto', 'rsa-pkcs1', 'rsa-pss', 'ecdsa', 'eddsa')),
  CONSTRAINT "sending_profile.content_cipher must be auto, aes128-cbc, aes256-cbc, aes128-gcm or aes256-gcm" CHECK (content_cipher IN ('auto', 'aes128-cbc', 'aes256-cbc', 'aes128-gcm', 'aes256-gcm')),
  CONSTRAINT "sending_profile.key_transport must be auto, rsa-pkcs1 or rsa-oaep" CHECK (key_transport IN ('auto', 'rsa-pkcs1', 'rsa-oaep')),
  CONSTRAINT "sending_profile.certificate_id must be issuer-serial or subject-key-id" CHECK (certificate_id IN ('issuer-serial', 'subject-key-id')),
  CONSTRAINT "sending_profile.must_encrypt must be 0 or 1" CHECK (must_encrypt IN (0, 1)),
  CONSTRAINT "sending_profile.seal_again must be 0 or 1" CHECK (seal_again IN (0, 1)),
  CONSTRAINT "sending_profile: must_encrypt forbids missing_key_action split (it sends in clear)" CHECK (NOT (must_encrypt AND missing_key_action = 'split')),
  CONSTRAINT "sending_profile: must_encrypt does not go with mode sign" CHECK (NOT (must_encrypt AND mode = 'sign'))
) STRICT;

CREATE TABLE mail_flow_policy (
  name                   TEXT NOT NULL PRIMARY KEY,
  behavior               TEXT NOT NULL,
  smime_open             INTEGER NOT NULL DEFAULT 0,
  signature_after_verify TEXT NOT NULL DEFAULT 'retain',
  harvest                INTEGER NOT NULL DEFAULT 0,
  harvest_on_failure     INTEGER NOT NULL DEFAULT 0,
  harvest_updates        INTEGER NOT NULL DEFAULT 0,
  note                   TEXT NOT NULL DEFAULT '',
  CONSTRAINT "mail_flow_policy.name must not be empty" CHECK (name <> ''),
  CONSTRAINT "mail_flow_policy.behavior must be accept (incoming) or relay (outgoing)" CHECK (behavior IN ('accept', 'relay')),
  CONSTRAINT "mail_flow_policy.smime_open must be 0 or 1" CHECK (smime_open IN (0, 1)),
  CONSTRAINT "mail_flow_policy.signature_after_verify must be retain or remove" CHECK (signature_after_verify IN ('retain', 'remove')),
  CONSTRAINT "mail_flow_policy.harvest, harvest_on_failure and harvest_updates must be 0 or 1" CHECK (harvest IN (0, 1) AND harvest_on_failure IN (0, 1) AND harvest_updates IN (0, 1))
) STRICT;

CREATE TABLE sender_group (
  name             TEXT NOT NULL PRIMARY KEY,
  position         INTEGER NOT NULL,
  mail_flow_policy TEXT NOT NULL REFERENCES mail_flow_policy (name) ON UPDATE CASCADE,
  note             TEXT NOT NULL DEFAULT '',
  CONSTRAINT "sender_group.name must not be empty" CHECK (name <> ''),
  CONSTRAINT "sender_group.position must be 1 or more" CHECK (position >= 1)
) STRICT;

CREATE TABLE sender_group_member (
  sender_group TEXT NOT NULL REFERENCES sender_group (name) ON UPDATE CASCADE ON DELETE CASCADE,
  kind         TEXT NOT NULL,
  value        TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (sender_group, kind, value),
  CONSTRAINT "sender_group_member.kind must be network, host, listener, authenticated or all" CHECK (kind IN ('network', 'host', 'listener', 'authenticated', 'all')),
  CONSTRAINT "sender_group_member: kinds network, host and listener need a value, authenticated and all none" CHECK ((kind IN ('network', 'host', 'listener')) = (value <> ''))
) STRICT, WITHOUT ROWID;

CREATE TABLE message_filter (
  name     TEXT NOT NULL PRIMARY KEY,
  position INTEGER NOT NULL,
  enabled  INTEGER NOT NULL DEFAULT 1,
  script   TEXT NOT NULL,
  note     TEXT NOT NULL DEFAULT '',
  CONSTRAINT "message_filter.name must be a name of the filter language: letters, digits, - _ . and no blank" CHECK (name GLOB '[A-Za-z_]*' AND name NOT GLOB '*[^-A-Za-z0-9_.]*'),
  CONSTRAINT "message_filter.position must be 1 or more" CHECK (position >= 1),
  CONSTRAINT "message_filter.enabled must be 0 or 1" CHECK (enabled IN (0, 1))
) STRICT;

CREATE TABLE content_filter (
  name      TEXT NOT NULL PRIMARY KEY,
  direction TEXT NOT NULL,
  enabled   INTEGER NOT NULL DEFAULT 1,
  condition TEXT NOT NULL DEFAULT '',
  note      TEXT NOT NULL DEFAULT '',
  CONSTRAINT "content_filter.name must not be empty" CHECK (name <> ''),
  CONSTRAINT "content_filter.direction must be incoming or outgoing" CHECK (direction IN ('incoming', 'outgoing')),
  CONSTRAINT "content_filter.enabled must be 0 or 1" CHECK (enabled IN (0, 1))
) STRICT;

CREATE TABLE content_filter_action (
  content_filter  TEXT NOT NULL REFERENCES content_filter (name) ON UPDATE CASCADE ON DELETE CASCADE,
  position        INTEGER NOT NULL,
  action          TEXT NOT NULL,
  argument        TEXT NOT NULL DEFAULT '',
  sending_profile TEXT REFERENCES sending_profile (name) ON UPDATE CASCADE,
  PRIMARY KEY (content_filter, position),
  CONSTRAINT "content_filter_action.position must be 1 or more" CHECK (position >= 1),
  CONSTRAINT "content_filter_action: smime-gateway and smime-gateway-deferred need sending_profile, other actions must not have one" CHECK ((action IN ('smime-gateway', 'smime-gateway-deferred')) = (sending_profile IS NOT NULL)),
  CONSTRAINT "content_filter_action.argument: smime-gateway, smime-gateway-deferred, drop, bounce, deliver, skip-filters and no-op have none" CHECK (argument = '' OR action NOT IN ('smime-gateway', 'smime-gateway-deferred', 'drop', 'bounce', 'deliver', 'skip-filters', 'no-op')),
  CONSTRAINT "content_filter_action.argument: this action needs one, the name, header field, text or address" CHECK (argument <> '' OR action NOT IN ('quarantine', 'strip-header', 'log-entry', 'notify', 'notify-copy', 'bcc', 'alt-rcpt-to', 'tag-message', 'insert-header', 'edit-header-text')),
  CONSTRAINT "content_filter_action.argument of insert-header must be a JSON array of name and text, as in [""X-Sealed"", ""yes""]" CHECK (action <> 'insert-header' OR argument = '' OR trim(argument) LIKE '[%"%"%,%"%"%]'),
  CONSTRAINT "content_filter_action.argument of edit-header-text must be a JSON array of name, pattern and replacement" CHECK (action <> 'edit-header-text' OR argument = '' OR trim(argument) LIKE '[%"%"%,%"%"%,%"%"%]'),
  CONSTRAINT "content_filter_action.action must be an action of the filter language, as in smime-gateway or quarantine" CHECK (action IN ('smime-gateway', 'smime-gateway-deferred', 'quarantine', 'drop', 'bounce', 'deliver', 'skip-filters', 'insert-header', 'strip-header', 'edit-header-text', 'log-entry', 'notify', 'notify-copy', 'bcc', 'alt-rcpt-to', 'tag-message', 'no-op'))
) STRICT, WITHOUT ROWID;

-- Whom it is for: its members. sides: a recipient needs both the sender's side and his own, or either.
-- senders, recipients: one of that side's members is enough (any), or all have to match: the one sender;
-- of the recipients, somebody each.
CREATE TABLE mail_policy (
  name       TEXT NOT NULL PRIMARY KEY,
  direction  TEXT NOT NULL,
  position   INTEGER NOT NULL,
  sides      TEXT NOT NULL DEFAULT 'both',
  senders    TEXT NOT NULL DEFAULT 'any',
  recipients TEXT NOT NULL DEFAULT 'any',
  note       TEXT NOT NULL DEFAULT '',
  CONSTRAINT "mail_policy.direction must be incoming or outgoing" CHECK (direction IN ('incoming', 'outgoing')),
  CONSTRAINT "mail_policy.sides must be both (sender and recipient) or either (sender or recipient)" CHECK (sides IN ('both', 'either')),
  CONSTRAINT "mail_policy.senders and recipients must be any (one member matches) or all (every one does)" CHECK (senders IN ('any', 'all') AND recipients IN ('any', 'all')),
  CONSTRAINT "mail_policy.name must not be empty" CHECK (name <> ''),
  CONSTRAINT "mail_policy: default-incoming and default-outgoing keep their directions" CHECK ((name <> 'default-incoming' OR direction = 'incoming') AND (name <> 'default-outgoing' OR direction = 'outgoing')),
  CONSTRAINT "mail_policy.position must be 1 to 999999 (default-incoming and default-outgoing stand at 1000000, last)" CHECK (position >= 1 AND ((name IN ('default-incoming', 'default-outgoing')) = (position = 1000000)) AND position <= 1000000)
) STRICT;

CREATE TABLE mail_policy_member (
  mail_policy TEXT NOT NULL REFERENCES mail_policy (name) ON UPDATE CASCADE ON DELETE CASCADE,
  side        TEXT NOT NULL,
  pattern     TEXT NOT NULL,
  negate      INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (mail_policy, side, pattern),
  CONSTRAINT "mail_policy_member.side must be sender or recipient" CHECK (side IN ('sender', 'recipient')),
  CONSTRAINT "mail_policy_member.pattern must be user@domain, user@, @domain or @.domain" CHECK (pattern LIKE '%@%' AND pattern NOT IN ('@', '@.') AND pattern NOT LIKE '%@%@%' AND pattern NOT LIKE '%.' AND pattern NOT GLOB '*[ <>,;]*'),
  CONSTRAINT "mail_policy_member.pattern has no wildcard: @domain is all of a domain, @.domain all below it, user@ the user in any domain" CHECK (instr(pattern, '*') = 0),
  CONSTRAINT "mail_policy_member.negate must be 0 or 1" CHECK (negate IN (0, 1))
) STRICT, WITHOUT ROWID;

CREATE TABLE mail_policy_filter (
  mail_policy    TEXT NOT NULL REFERENCES mail_policy (name) ON UPDATE CASCADE ON DELETE CASCADE,
  position       INTEGER NOT NULL,
  content_filter TEXT NOT NULL REFERENCES content_filter (name) ON UPDATE CASCADE,
  PRIMARY KEY (mail_policy, position),
  CONSTRAINT "mail_policy_filter.position must be 1 or more" CHECK (position >= 1)
) STRICT, WITHOUT ROWID;

-- Terms are patterns like those of filters, matched in any case unless match_case is 1.
CREATE TABLE dictionary (
  name        TEXT NOT NULL PRIMARY KEY,
  match_case  INTEGER NOT NULL DEFAULT 0,
  whole_words INTEGER NOT NULL DEFAULT 0,
  note        TEXT NOT NULL DEFAULT '',
  CONSTRAINT "dictionary.name must not be empty" CHECK (name <> ''),
  CONSTRAINT "dictionary.match_case and whole_words must be 0 or 1" CHECK (match_case IN (0, 1) AND whole_words IN (0, 1))
) STRICT;

CREATE TABLE dictionary_term (
  dictionary TEXT NOT NULL REFERENCES dictionary (name) ON UPDATE CASCADE ON DELETE CASCADE,
  term       TEXT NOT NULL,
  weight     INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (dictionary, term),
  CONSTRAINT "dictionary_term.term must not be empty" CHECK (term <> ''),
  CONSTRAINT "dictionary_term.weight must be 1 to 1000000" CHECK (weight BETWEEN 1 AND 1000000)
) STRICT, WITHOUT ROWID;

-- When certificates expire, which SQL cannot read out of them. Written by the daemon and smimectl; what it
-- is for is the view.
CREATE TABLE certificate_expiry (
  table_name TEXT NOT NULL,
  row_name   TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  told_at    INTEGER,
  PRIMARY KEY (table_name, row_name)
) STRICT, WITHOUT ROWID;
CREATE INDEX certificate_expiry_time ON certificate_expiry (expires_at);

-- The names that a public key is found by, lower case: "user@domain", "@domain", "@*.domain"; encrypts: its
-- key usage allows it. For the views. Written with the above.
CREATE TABLE public_key_name (
  public_key  TEXT NOT NULL,
  name        TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  encrypts    INTEGER NOT NULL,
  PRIMARY KEY (public_key, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX public_key_name_name ON public_key_name (name);
CREATE INDEX public_key_name_fingerprint ON public_key_name (fingerprint);

CREATE VIEW expiring AS
  SELECT table_name, row_name, date(expires_at, 'unixepoch') AS expires_on,
    CASE WHEN expires_at < unixepoch('now') THEN 'expired'
      WHEN expires_at < unixepoch('now', '+1 day') THEN 'within 1 day'
      WHEN expires_at < unixepoch('now', '+7 days') THEN 'within 7 days'
      WHEN expires_at < unixepoch('now', '+14 days') THEN 'within 14 days'
      ELSE 'within 30 days' END AS expires
  FROM (SELECT table_name, row_name, expires_at FROM certificate_expiry WHERE table_name <> 'harvested_key'
    UNION ALL SELECT 'harvested_key', address, expires_at FROM harvested_key_last
      WHERE last_used_at >= unixepoch('now', '-30 days'))
  WHERE expires_at < unixepoch('now', '+30 days') ORDER BY expires_at;

-- Who was handed a copy through the re-injection listener, so that a retry after a crash does not hand it
-- over again. sending: begun, and its end not known. Written and expired by the daemon.
CREATE TABLE reinject_journal (
  copy        TEXT NOT NULL PRIMARY KEY,
  state       TEXT NOT NULL,
  queue_id    TEXT NOT NULL DEFAULT '',
  injected_at INTEGER NOT NULL,
  CONSTRAINT "reinject_journal.state must be sending or sent" CHECK (state IN ('sending', 'sent'))
) STRICT, WITHOUT ROWID;
CREATE INDEX reinject_journal_age ON reinject_journal (injected_at);

-- Which wrapped keys came with which content (R-DEC-REPLAY): HMAC-SHA-256 with the secret, SHA-256. Written by
-- the daemon, which forgets them after 90 days. The secret is this database's own; whoever has both, as in a
-- whole backup, can find out whether a message that he has came here, and nothing else.
CREATE TABLE seen_key (
  wrapped_key BLOB NOT NULL PRIMARY KEY,
  content     BLOB NOT NULL,
  seen_at     INTEGER NOT NULL,
  CONSTRAINT "seen_key.wrapped_key and content must be 32 octets" CHECK (length(wrapped_key) = 32 AND length(content) = 32)
) STRICT, WITHOUT ROWID;
CREATE INDEX seen_key_age ON seen_key (seen_at);
CREATE TABLE seen_key_secret (
  one    INTEGER PRIMARY KEY DEFAULT 1 CHECK (one = 1),
  secret BLOB NOT NULL CHECK (length(secret) = 32)
) STRICT;
INSERT INTO seen_key_secret (secret) VALUES (randomblob(32));

-- Who changed which row when. who is NULL for the plain sqlite3 shell, which does not say. Private keys are
-- never in it. The last id that was given tells the daemon whether the policy changed (and not, say, the
-- journal): AUTOINCREMENT, so that it never goes back when rows are deleted.
CREATE TABLE change_log (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  changed_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%SZ', 'now')),
  who        TEXT,
  table_name TEXT NOT NULL,
  row_name   TEXT NOT NULL,
  operation  TEXT NOT NULL,
  old        TEXT,
  new        TEXT
) STRICT;
