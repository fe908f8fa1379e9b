/* support_facts.c - one message as rules see it. */
#include "support_facts.h"

void
test_facts_reset(struct test_facts *t)
{
	policy_content_free(&t->content);
	smime_mime_free(&t->mime);
	policy_message_free(&t->message);
	policy_edits_reset(&t->edits);
	smime_buf_reset(&t->matched);
}

void
test_facts_read(struct test_facts *t, const void *octets, size_t len)
{
	struct policy_message *m;

	test_facts_reset(t);
	ck_assert_int_eq(policy_message_new(&m), SMIME_OK);
	t->message = m;
	ck_assert_int_eq(policy_message_set(&m->client_ip, "192.0.2.7"), SMIME_OK);
	ck_assert_int_eq(policy_message_set(&m->listener, "INBOUND"), SMIME_OK);
	ck_assert_int_eq(policy_message_set(&m->mail_from, "Joe@a.example"), SMIME_OK);
	ck_assert_int_eq(policy_message_set(&m->auth_user, "joe"), SMIME_OK);
	ck_assert_int_eq(policy_message_add_recipient(m, "<x@b.example>", NULL), SMIME_OK);
	ck_assert_int_eq(policy_message_add_recipient(m, "<y@c.example>", NULL), SMIME_OK);
	m->received_at = 1790000000;
	ck_assert_int_eq(smime_mime_scan(smime_bytes(octets, len), NULL, &t->mime, NULL), SMIME_OK);
	ck_assert_int_eq(policy_content_new(t->mime, NULL, &t->content, NULL), SMIME_OK);
	t->facts = (struct policy_facts){ .message = m,
		.sender_group = "RELAYLIST",
		.mail_flow_policy = "relay",
		.mail_policy = "",
		.mime = t->mime,
		.entity_mime = t->mime,
		.body_size = smime_mime_part(t->mime, 0)->body.len,
		.content = t->content,
		.snapshot = &t->snapshot,
		.matched = &t->matched,
		.edits = &t->edits };
}

enum smime_status
test_facts_ask(struct test_facts *t, const char *rule, bool *out)
{
	SMIME_AUTO(policy_rule) parsed = NULL;
	struct policy_error error = { 0 };

	ck_assert_msg(
	    policy_rule_parse(rule, &parsed, &error) == SMIME_OK, "%s: %s", rule, error.text);
	return policy_rule_eval(parsed, &t->facts, NULL, out, &t->diag);
}

bool
test_facts_hold(struct test_facts *t, const char *rule)
{
	bool out = false;

	ck_assert_msg(test_facts_ask(t, rule, &out) == SMIME_OK, "%s: %s", rule, t->diag.text);
	return out;
}
