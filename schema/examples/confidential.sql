-- Encrypt when the subject says so; in clear, but signed, to those without a key.
-- Before: smimectl certificate create gateway ... --domain example.com
BEGIN;
INSERT INTO sending_profile (name, mode, signing_certificate, missing_key_action)
  VALUES ('confidential', 'sign-encrypt', 'gateway', 'split');
INSERT INTO content_filter (name, direction, condition)
  VALUES ('encrypt-confidential', 'outgoing', 'subject == "(?i)\\bconfidential\\b"');
INSERT INTO content_filter_action (content_filter, position, action, sending_profile)
  VALUES ('encrypt-confidential', 1, 'smime-gateway', 'confidential');
INSERT INTO mail_policy_filter (mail_policy, position, content_filter)
  VALUES ('default-outgoing', 10, 'encrypt-confidential');
COMMIT;
