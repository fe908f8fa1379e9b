-- B2B: all mail between two organisations is signed and encrypted. What cannot be is refused; what comes from the
-- partner and is not is held.
-- Before: smimectl certificate create gateway --cn gateway.example.com --o "Example Ltd" --domain example.com
--         smimectl public-key add partner.pem --name partner        (the partner's, for @partner.example)
BEGIN;
INSERT INTO sending_profile (name, mode, signing_certificate, missing_key_action, must_encrypt)
  VALUES ('partner', 'sign-encrypt', 'gateway', 'bounce', 1);
INSERT INTO content_filter (name, direction) VALUES ('seal-to-partner', 'outgoing');
INSERT INTO content_filter_action (content_filter, position, action, sending_profile)
  VALUES ('seal-to-partner', 1, 'smime-gateway', 'partner');
INSERT INTO mail_policy (name, direction, position) VALUES ('to-partner', 'outgoing', 10);
INSERT INTO mail_policy_member (mail_policy, side, pattern) VALUES
  ('to-partner', 'recipient', '@partner.example'),
  ('to-partner', 'recipient', '@.partner.example');
INSERT INTO mail_policy_filter (mail_policy, position, content_filter) VALUES ('to-partner', 1, 'seal-to-partner');

UPDATE mail_flow_policy SET smime_open = 1, signature_after_verify = 'remove' WHERE name = 'accept';
INSERT INTO content_filter (name, direction, condition)
  VALUES ('hold-unverified', 'incoming', 'not smime-gateway-verified');
INSERT INTO content_filter_action (content_filter, position, action, argument)
  VALUES ('hold-unverified', 1, 'quarantine', 'partner');
INSERT INTO mail_policy (name, direction, position) VALUES ('from-partner', 'incoming', 10);
INSERT INTO mail_policy_member (mail_policy, side, pattern) VALUES
  ('from-partner', 'sender', '@partner.example'),
  ('from-partner', 'sender', '@.partner.example');
INSERT INTO mail_policy_filter (mail_policy, position, content_filter) VALUES ('from-partner', 1, 'hold-unverified');
COMMIT;
