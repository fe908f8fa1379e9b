/*
 * rule_tests.c - the table of tests: name, shape of arguments and value, what it looks at, and the
 * function that asks. A new test is a new row and its function.
 */
#include "rule_tests.h"

/* clang-format off */
static const struct policy_test_kind tests[] = {
	/* name                         args    function, value, cost */
	{ "true",                         "",     .ask = policy_ask_true },
	{ "mail-from",                    "",     .ask = policy_ask_mail_from, .value = POLICY_VALUE_PATTERN_NOCASE },
	{ "rcpt-to",                      "",     .ask = policy_ask_rcpt_to, .value = POLICY_VALUE_PATTERN_NOCASE },
	{ "body-size",                    "",     .ask = policy_ask_body_size, .value = POLICY_VALUE_NUMBER },
	{ "rcpt-count",                   "",     .ask = policy_ask_rcpt_count, .value = POLICY_VALUE_NUMBER },
	{ "sendergroup",                  "",     .ask = policy_ask_sendergroup, .value = POLICY_VALUE_NAME, .refers = POLICY_REFERS_SENDER_GROUP },
	{ "recv-listener",                "",     .ask = policy_ask_recv_listener, .value = POLICY_VALUE_NAME, .refers = POLICY_REFERS_LISTENER },
	{ "remote-ip",                    "",     .ask = policy_ask_remote_ip, .value = POLICY_VALUE_IP },
	{ "date",                         "",     .ask = policy_ask_date, .value = POLICY_VALUE_DATE },
	{ "random",                       "n",    .ask = policy_ask_random, .value = POLICY_VALUE_NUMBER },
	{ "smime-gateway-message",        "",     .ask = policy_ask_gateway_message },
	{ "smime-gateway-verified",       "",     .ask = policy_ask_gateway_verified },
	{ "signed-certificate",           "t",    .ask = policy_ask_signed_certificate, .value = POLICY_VALUE_PATTERN, .choices = "issuer|signer", .value_optional = true, .cost = POLICY_COST_BODY },
	{ "subject",                      "",     .ask = policy_ask_subject, .value = POLICY_VALUE_PATTERN, .cost = POLICY_COST_HEADER },
	{ "header",                       "t",    .ask = policy_ask_header, .value = POLICY_VALUE_PATTERN, .value_optional = true, .cost = POLICY_COST_HEADER },
	{ "addr-count",                   "t+",   .ask = policy_ask_addr_count, .value = POLICY_VALUE_NUMBER, .cost = POLICY_COST_HEADER },
	{ "smtp-auth-id-matches",         "t?c",  .ask = policy_ask_auth_id, .choices = "*EnvelopeFrom|*FromAddress|*Sender", .cost = POLICY_COST_HEADER },
	{ "malformed-header",             "",     .ask = policy_ask_malformed_header, .cost = POLICY_COST_HEADER },
	{ "duplicate_boundaries",         "",     .ask = policy_ask_duplicate_boundaries, .cost = POLICY_COST_HEADER },
	{ "encrypted",                    "",     .ask = policy_ask_encrypted, .cost = POLICY_COST_HEADER },
	{ "signed",                       "",     .ask = policy_ask_signed, .cost = POLICY_COST_HEADER },
	{ "valid",                        "",     .ask = policy_ask_valid, .cost = POLICY_COST_BODY },
	{ "body-contains",                "p?n",  .ask = policy_ask_body_contains, .cost = POLICY_COST_BODY },
	{ "only-body-contains",           "p?n",  .ask = policy_ask_only_body_contains, .cost = POLICY_COST_BODY },
	{ "attachment-contains",          "p?n",  .ask = policy_ask_attachment_contains, .cost = POLICY_COST_BODY },
	{ "every-attachment-contains",    "p?n",  .ask = policy_ask_every_attachment_contains, .cost = POLICY_COST_BODY },
	{ "attachment-binary-contains",   "p?n",  .ask = policy_ask_attachment_binary_contains, .cost = POLICY_COST_BODY },
	{ "attachment-filename",          "",     .ask = policy_ask_attachment_filename, .value = POLICY_VALUE_PATTERN, .cost = POLICY_COST_BODY },
	{ "attachment-type",              "",     .ask = policy_ask_attachment_type, .value = POLICY_VALUE_TYPE, .cost = POLICY_COST_BODY },
	{ "attachment-mimetype",          "",     .ask = policy_ask_attachment_mimetype, .value = POLICY_VALUE_TYPE, .cost = POLICY_COST_BODY },
	{ "attachment-filetype",          "",     .ask = policy_ask_attachment_filetype, .value = POLICY_VALUE_FILETYPE, .cost = POLICY_COST_BODY },
	{ "attachment-size",              "",     .ask = policy_ask_attachment_size, .value = POLICY_VALUE_NUMBER, .cost = POLICY_COST_BODY },
	{ "attachment-protected",         "",     .ask = policy_ask_attachment_protected, .cost = POLICY_COST_BODY },
	{ "attachment-unprotected",       "",     .ask = policy_ask_attachment_unprotected, .cost = POLICY_COST_BODY },
	{ "dictionary-match",             "d?n",  .ask = policy_ask_body_contains, .refers = POLICY_REFERS_DICTIONARY, .cost = POLICY_COST_BODY },
	{ "subject-dictionary-match",     "d?n",  .ask = policy_ask_subject_dictionary, .refers = POLICY_REFERS_DICTIONARY, .cost = POLICY_COST_HEADER },
	{ "body-dictionary-match",        "d?n",  .ask = policy_ask_only_body_contains, .refers = POLICY_REFERS_DICTIONARY, .cost = POLICY_COST_BODY },
	{ "attachment-dictionary-match",  "d?n",  .ask = policy_ask_attachment_contains, .refers = POLICY_REFERS_DICTIONARY, .cost = POLICY_COST_BODY },
	{ "header-dictionary-match",      "dt?n", .ask = policy_ask_header_dictionary, .refers = POLICY_REFERS_DICTIONARY, .cost = POLICY_COST_HEADER },
	{ "mail-from-dictionary-match",   "d?n",  .ask = policy_ask_mail_from_dictionary, .refers = POLICY_REFERS_DICTIONARY },
	{ "rcpt-to-dictionary-match",     "d?n",  .ask = policy_ask_rcpt_to_dictionary, .refers = POLICY_REFERS_DICTIONARY },
};

/* Rules and actions that pasted scripts may hold, for things that this gateway does not do. */
static const char *const foreign[] = {
	"add-footer", "add-heading", "bcc-scan", "log",
	"mail-from-group", "rcpt-to-group", "recv-int", "alt-mailhost", "alt-src-host", "aggressive-verdict", "altsrchost", "archive",
	"bounce-profile", "certificate-match", "dkim-authentication", "dlp-policy", "dnslist", "dnssec", "drop-attachments-by-filetype",
	"drop-attachments-by-mimetype", "drop-attachments-by-name", "drop-attachments-by-size", "drop-attachments-by-type",
	"drop-attachments-where-contains", "drop-attachments-where-dictionary-match", "drop-macro-enabled-attachments",
	"duplicate-quarantine", "edit-body-text", "encrypt", "encrypt-deferred", "external-threat-feeds", "file-hash",
	"forged-email-detection", "geolocation-rule", "header-repeats", "html-convert", "image-verdict", "image-verdict-pct",
	"domain-external-threat-feeds", "file-external-threat-feeds", "message-language", "no-reputation", "macro-detection-rule",
	"quarantine-release", "reputation", "safeprint", "set-sender-domain-reputation", "sdr-age", "sdr-reputation", "sdr-unscannable",
	"skip-ampcheck", "skip-bulkcheck", "skip-graymailcheck", "skip-marketingcheck", "skip-phishcheck", "skip-socialcheck",
	"skip-spamcheck", "skip-viruscheck", "skip-vofcheck", "spf-passed", "spf-status", "strip-attachment", "unscannable",
	"dmarc-status", "tls-status", "url-category", "url-category-defang", "url-category-proxy-redirect", "url-category-replace",
	"url-external-threat-feeds", "url-no-reputation", "url-rep-defang", "url-rep-proxy-redirect", "url-rep-replace",
	"url-reputation", "url-reputation-defang", "url-reputation-proxy-redirect", "url-reputation-replace", "url-whitelist",
	"virtual-gateway", "whole-message-contains", "workqueue-count",
};
/* clang-format on */

#define COUNT(table) (sizeof(table) / sizeof *(table))

const struct policy_test_kind *
policy_test_at(size_t i)
{
	return i < COUNT(tests) ? &tests[i] : NULL;
}

const struct policy_test_kind *
policy_test_find(struct smime_bytes name)
{
	for (size_t i = 0; i < COUNT(tests); i++)
		if (smime_bytes_equal(name, smime_bytes_str(tests[i].name)))
			return &tests[i];
	return NULL;
}

bool
policy_name_is_foreign(struct smime_bytes name)
{
	for (size_t i = 0; i < COUNT(foreign); i++)
		if (smime_bytes_equal(name, smime_bytes_str(foreign[i])))
			return true;
	return false;
}
