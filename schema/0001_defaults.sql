-- What a fresh database holds: settings, the default policies, and who is inside. S/MIME is off until
-- somebody switches it on.

INSERT INTO mail_flow_policy (name, behavior, note) VALUES
  ('accept', 'accept', 'mail from outside; set smime_open to 1 to decrypt and verify it'),
  ('relay', 'relay', 'mail of our own users');

INSERT INTO sender_group (name, position, mail_flow_policy, note) VALUES
  ('RELAYLIST', 1000, 'relay', 'our own users'),
  ('ALL', 9999, 'accept', 'everybody else');

INSERT INTO sender_group_member (sender_group, kind, value) VALUES
  ('RELAYLIST', 'network', '127.0.0.0/8'),
  ('RELAYLIST', 'network', '::1'),
  ('RELAYLIST', 'authenticated', ''),
  ('ALL', 'all', '');

INSERT INTO mail_policy (name, direction, position, note) VALUES
  ('default-incoming', 'incoming', 1000000, 'recipients that no other incoming policy matches'),
  ('default-outgoing', 'outgoing', 1000000, 'recipients that no other outgoing policy matches');

INSERT INTO setting (name, value, description) VALUES
  ('authserv_id', '', 'Our name in Authentication-Results; empty means the name of the host'),
  ('harvest_capacity', '536870912', 'Octets that harvested keys may take'),
  ('harvest_per_address', '5', 'New keys of one address that are harvested in a day; 0 means no limit'),
  ('harvest_per_domain', '50', 'New keys of one domain that are harvested in a day; 0 means no limit'),
  ('harvest_pin', '0', '1: with harvest_updates a new key replaces the one in use only when that expires within 30 days, both have one issuer, and no other came within 48 hours; else it is a candidate'),
  ('no_attributes_verifies', '0', '1: signatures without signed attributes verify (old programs make them); 0: they fail, because they could be taken from elsewhere'),
  ('postmaster', 'postmaster', 'Sender of notifications and delivery status notifications'),
  ('reinject_host', '127.0.0.1', 'Address of the MTA''s re-injection listener, which has no milter of ours'),
  ('reinject_port', '10026', 'Its port'),
  ('weak_verifies', '0', '1: signatures with SHA-1 or short keys, and Triple-DES, verify; 0: their verdict is weak');
