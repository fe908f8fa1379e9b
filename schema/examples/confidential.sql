-- Sign and encrypt when subject or body says "confidential"; refuse it when somebody has no key.
-- Before: smimectl certificate create gateway --cn gateway.example.com --o "Example Ltd" --domain example.com
BEGIN;
INSERT INTO sending_profile (name, mode, signing_certificate, missing_key_action, must_encrypt)
  VALUES ('confidential', 'sign-encrypt', 'gateway', 'bounce', 1);
INSERT INTO content_filter (name, direction, condition)
  VALUES ('encrypt-confidential', 'outgoing',
    'subject == "(?i)\\bconfidential\\b|机密" or body-contains("(?i)\\bconfidential\\b|机密")');
INSERT INTO content_filter_action (content_filter, position, action, sending_profile)
  VALUES ('encrypt-confidential', 1, 'smime-gateway', 'confidential');
INSERT INTO mail_policy_filter (mail_policy, position, content_filter)
  VALUES ('default-outgoing', 10, 'encrypt-confidential');
COMMIT;
