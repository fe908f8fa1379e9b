-- B2C: encrypt to every consumer who has a key, out of the mail that he signed or by smimectl public-key add; the
-- others get it signed.
-- Before: smimectl certificate create gateway --cn gateway.example.com --o "Example Ltd" --domain example.com
--         smimectl trust add ca.pem        (a CA that certifies consumers: their keys are harvested)
BEGIN;
INSERT INTO sending_profile (name, mode, signing_certificate, missing_key_action)
  VALUES ('consumers', 'sign-encrypt', 'gateway', 'split');
INSERT INTO content_filter (name, direction) VALUES ('seal-to-consumers', 'outgoing');
INSERT INTO content_filter_action (content_filter, position, action, sending_profile)
  VALUES ('seal-to-consumers', 1, 'smime-gateway-deferred', 'consumers');
INSERT INTO mail_policy_filter (mail_policy, position, content_filter)
  VALUES ('default-outgoing', 100, 'seal-to-consumers');
UPDATE mail_flow_policy SET smime_open = 1, harvest = 1 WHERE name = 'accept';
COMMIT;
