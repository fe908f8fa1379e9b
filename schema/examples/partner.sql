-- Sign and encrypt all mail to one partner, whose domain certificate stands in public_key; refuse what cannot be encrypted.
-- Before: smimectl certificate create gateway ... --domain example.com
--         smimectl public-key add partner.pem --name partner
BEGIN;
INSERT INTO sending_profile (name, mode, signing_certificate, missing_key_action, must_encrypt)
  VALUES ('partner', 'sign-encrypt', 'gateway', 'bounce', 1);
INSERT INTO content_filter (name, direction) VALUES ('seal-to-partner', 'outgoing');
INSERT INTO content_filter_action (content_filter, position, action, sending_profile)
  VALUES ('seal-to-partner', 1, 'smime-gateway', 'partner');
INSERT INTO mail_policy (name, direction, position) VALUES ('partner', 'outgoing', 10);
INSERT INTO mail_policy_member (mail_policy, side, pattern) VALUES
  ('partner', 'recipient', '@partner.example'),
  ('partner', 'recipient', '@.partner.example');
INSERT INTO mail_policy_filter (mail_policy, position, content_filter) VALUES ('partner', 1, 'seal-to-partner');
COMMIT;
