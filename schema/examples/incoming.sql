-- Decrypt and verify arriving mail; hold what is signed or encrypted and does not verify.
-- Before: smimectl trust add ca.pem        (or smimectl public-key add, for one sender)
BEGIN;
UPDATE mail_flow_policy SET smime_open = 1, signature_after_verify = 'retain' WHERE name = 'accept';
INSERT INTO message_filter (name, position, script) VALUES ('quarantine_smime_messages', 10,
  'quarantine_smime_messages:if (smime-gateway-message and not smime-gateway-verified)
   { quarantine("Policy"); }');
COMMIT;
