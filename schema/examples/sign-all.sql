-- Sign all outgoing mail.
-- Before: smimectl certificate create gateway --cn gateway.example.com --o "Example Ltd" --domain example.com
BEGIN;
INSERT INTO sending_profile (name, mode, signing_certificate) VALUES ('sign', 'sign', 'gateway');
INSERT INTO content_filter (name, direction) VALUES ('sign-all', 'outgoing');
INSERT INTO content_filter_action (content_filter, position, action, sending_profile)
  VALUES ('sign-all', 1, 'smime-gateway-deferred', 'sign');
INSERT INTO mail_policy_filter (mail_policy, position, content_filter) VALUES ('default-outgoing', 100, 'sign-all');
COMMIT;
