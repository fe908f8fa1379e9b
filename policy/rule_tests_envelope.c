/* rule_tests_envelope.c - tests that look at connection and envelope only.  FILTERS: rules. */
#include "policy/message.h"
#include "rule_tests.h"

#include <sys/random.h>

enum smime_status
policy_ask_true(struct policy_eval *e, const struct policy_test *t, bool *out)
{
	(void)e;
	(void)t;
	*out = true;
	return SMIME_OK;
}

enum smime_status
policy_ask_mail_from(struct policy_eval *e, const struct policy_test *t, bool *out)
{
	return policy_ask_pattern(
	    e, t->pattern, smime_bytes_str(e->facts->message->mail_from), out);
}

/* About the message: one recipient that matches is enough. */
enum smime_status
policy_ask_rcpt_to(struct policy_eval *e, const struct policy_test *t, bool *out)
{
	const struct policy_message *m = e->facts->message;

	for (size_t i = 0; i < m->recipient_count && !*out; i++)
		SMIME_TRY(policy_ask_pattern(
		    e, t->pattern, smime_bytes_str(m->recipients[i].address), out));
	return SMIME_OK;
}

enum smime_status
policy_ask_body_size(struct policy_eval *e, const struct policy_test *t, bool *out)
{
	*out = policy_compare(t, e->facts->body_size);
	return policy_saw_number(e, e->facts->body_size);
}

enum smime_status
policy_ask_rcpt_count(struct policy_eval *e, const struct policy_test *t, bool *out)
{
	*out = policy_compare(t, e->facts->message->recipient_count);
	return policy_saw_number(e, e->facts->message->recipient_count);
}

static enum smime_status
ask_name(struct policy_eval *e, const struct policy_test *t, const char *name, bool *out)
{
	*out = strcmp(t->value.text, name) == 0;
	return policy_saw(e, smime_bytes_str(name));
}

enum smime_status
policy_ask_sendergroup(struct policy_eval *e, const struct policy_test *t, bool *out)
{
	return ask_name(e, t, e->facts->sender_group, out);
}

enum smime_status
policy_ask_recv_listener(struct policy_eval *e, const struct policy_test *t, bool *out)
{
	return ask_name(e, t, e->facts->message->listener, out);
}

enum smime_status
policy_ask_remote_ip(struct policy_eval *e, const struct policy_test *t, bool *out)
{
	const char *ip = e->facts->message->client_ip;

	*out = policy_ip_range_holds(&t->ip_range, ip);
	return policy_saw(e, smime_bytes_str(ip));
}

/* When the message came, against the value. */
enum smime_status
policy_ask_date(struct policy_eval *e, const struct policy_test *t, bool *out)
{
	struct policy_test seconds = { .cmp = t->cmp, .value.number = (uint64_t)t->date };

	*out = policy_compare(&seconds, (uint64_t)e->facts->message->received_at);
	return policy_saw_number(e, (uint64_t)e->facts->message->received_at);
}

/* random(n): 0 to n - 1, each as likely. */
enum smime_status
policy_ask_random(struct policy_eval *e, const struct policy_test *t, bool *out)
{
	uint64_t n = t->args[0].number, limit = UINT64_MAX - UINT64_MAX % n, drawn;

	do {
		if (getrandom(&drawn, sizeof drawn, 0) != (ssize_t)sizeof drawn)
			return smime_fail(
			    e->diag, SMIME_E_SYSTEM, NULL, "no random numbers for a filter");
	} while (drawn >= limit);
	*out = policy_compare(t, drawn % n);
	return policy_saw_number(e, drawn % n);
}
