/* fuzz_eval.c - policy/rule_eval.c, rule_tests_*.c, rule_readings.c, content*.c, guess.c,
 * lib/mime_words.c, lib/charset.c: any condition on any message (condition, NUL, message). An
 * answer does not change when it is asked again. */
#include "content.h"
#include "policy/facts.h"
#include "policy/message.h"
#include "policy/rule.h"
#include "support_fuzz.h"

#include <stdlib.h>

static struct policy_message *message;

static void
evaluate(const struct policy_rule *rule, const struct smime_mime *mime)
{
	SMIME_AUTO(policy_content) content = NULL;
	struct smime_diag diag = { 0 };
	bool once = false, twice = false;

	if (policy_content_new(mime, NULL, &content, &diag) != SMIME_OK)
		return;
	{
		const struct policy_facts facts = { .message = message,
			.sender_group = "ALL",
			.mime = mime,
			.entity_mime = mime,
			.content = content };
		enum smime_status first = policy_rule_eval(rule, &facts, NULL, &once, &diag);
		enum smime_status second = policy_rule_eval(rule, &facts, NULL, &twice, &diag);

		/* A clock stops what runs away: only then may the second answer be another one. */
		FUZZ_HOLDS(first != SMIME_OK || second != SMIME_OK || once == twice);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size > 0 ? memchr(data, 0, size) : NULL;
	SMIME_AUTO(policy_rule) rule = NULL;
	SMIME_AUTO(smime_mime) mime = NULL;
	struct policy_error error;
	struct smime_bytes octets;

	if (!end || memmem(data, (size_t)(end - data), "random", 6) ||
	    memmem(data, (size_t)(end - data), "dictionary", 10))
		return 0;
	if (policy_rule_parse((const char *)data, &rule, &error) != SMIME_OK)
		return 0;
	octets = smime_bytes(end + 1, size - (size_t)(end + 1 - data));
	if (smime_mime_scan(octets, NULL, &mime, NULL) == SMIME_OK)
		evaluate(rule, mime);
	return 0;
}

static const char *const seeds[][2] = {
	{ "body-contains('\xE6\x9C\xBA\xE5\xAF\x86') or not valid",
	    "Content-Type: text/html; charset=gbk\r\nContent-Transfer-Encoding: base64\r\n\r\n"
	    "PGI+u/rD3Dwvd2I+JiN4NjM7\r\n" },
	{ "subject == '\xE6\x9C\xBA' or header('X-Y') != 'a'",
	    "Subject: =?utf-8?B?5py6?= =?utf-8?q?=E5=AF=86?= =?big5?b?vvc=?=\r\n\r\nx\r\n" },
	{ "attachment-filename == 'a' or attachment-filetype == 'pdf' or attachment-protected",
	    "Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n"
	    "Content-Disposition: attachment; filename*0*=utf-8''%e6%9c; filename*1*=%ba\r\n\r\n"
	    "%PDF-1.4\r\n--b\r\nContent-Type: message/rfc822\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\nU3ViamVjdDogeA0KDQp4\r\n--b--\r\n" },
	{ "every-attachment-contains('a', 2) or attachment-size > 1 or encrypted or signed",
	    "Content-Type: text/plain; charset=utf-7; format=flowed; delsp=yes\r\n\r\n"
	    "+AGMAbw- \r\nx ~{;z~} \x1B$B4y\x1B(B\r\n" },
	{ "addr-count('To', 'Cc') > 1 or smtp-auth-id-matches('*FromAddress', '+')",
	    "From: a <b@c.d>\r\nTo: x: a@b, \"c\" <d@e>;\r\n\r\n" },
};

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char name[] = "0";

	if (policy_message_new(&message) != SMIME_OK ||
	    policy_message_set(&message->auth_user, "joe") != SMIME_OK)
		abort();
	for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++, name[0]++) {
		SMIME_AUTO_BUF seed = { 0 };

		if (smime_buf_append(&seed, seeds[i][0], strlen(seeds[i][0]) + 1) != SMIME_OK ||
		    smime_buf_append(&seed, seeds[i][1], strlen(seeds[i][1])) != SMIME_OK)
			abort();
		fuzz_seed(*argc, *argv, name, smime_buf_bytes(&seed));
	}
	return 0;
}
