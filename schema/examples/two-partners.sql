-- Sign for one partner, sign and encrypt for another.
-- Before: smimectl certificate create gateway --cn gateway.example.com --o "Example Ltd" --domain example.com
--         smimectl public-key add two.pem --name two        (for @two.example)
BEGIN;
INSERT INTO sending_profile (name, mode, signing_certificate, missing_key_action) VALUES
  ('sign', 'sign', 'gateway', 'bounce'),
  ('sign-encrypt', 'sign-encrypt', 'gateway', 'bounce');
INSERT INTO content_filter (name, direction) VALUES
  ('sign-to-one', 'outgoing'),
  ('seal-to-two', 'outgoing');
INSERT INTO content_filter_action (content_filter, position, action, sending_profile) VALUES
  ('sign-to-one', 1, 'smime-gateway-deferred', 'sign'),
  ('seal-to-two', 1, 'smime-gateway-deferred', 'sign-encrypt');
INSERT INTO mail_policy (name, direction, position) VALUES
  ('one', 'outgoing', 10),
  ('two', 'outgoing', 20);
INSERT INTO mail_policy_member (mail_policy, side, pattern) VALUES
  ('one', 'recipient', '@one.example'),
  ('two', 'recipient', '@two.example');
INSERT INTO mail_policy_filter (mail_policy, position, content_filter) VALUES
  ('one', 1, 'sign-to-one'),
  ('two', 1, 'seal-to-two');
COMMIT;
