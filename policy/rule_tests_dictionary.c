/* rule_tests_dictionary.c - dictionaries against envelope and header; those against bodies and
 * attachments stand in rule_tests_content.c.  FILTERS: rules.
 * Of several values (recipients, fields of one name) one has to reach the threshold by itself. */
#include "rule_count.h"
#include "rule_readings.h"

#include <strings.h>

static enum smime_status
ask_value(struct policy_eval *e, const struct policy_test *t, struct smime_bytes value, bool *out)
{
	uint64_t count;

	SMIME_TRY(policy_count(e, t, value, &count));
	*out = count >= policy_threshold(t);
	return SMIME_OK;
}

static enum smime_status
ask_fields(struct policy_eval *e, const struct policy_test *t, const char *name, bool *out)
{
	struct policy_header *header;

	SMIME_TRY(policy_eval_header(e, &header));
	for (size_t i = 0; i < header->count && !*out; i++) {
		const struct policy_header_field *f = &header->field[i];

		if (f->fate == POLICY_FIELD_REMOVED || strcasecmp(f->name, name) != 0)
			continue;
		SMIME_TRY(policy_try_value(e, t, policy_header_value(f), ask_value, out));
	}
	return SMIME_OK;
}

enum smime_status
policy_ask_subject_dictionary(struct policy_eval *e, const struct policy_test *t, bool *out)
{
	return ask_fields(e, t, "Subject", out);
}

enum smime_status
policy_ask_header_dictionary(struct policy_eval *e, const struct policy_test *t, bool *out)
{
	return ask_fields(e, t, t->args[1].text, out);
}

enum smime_status
policy_ask_mail_from_dictionary(struct policy_eval *e, const struct policy_test *t, bool *out)
{
	return ask_value(e, t, smime_bytes_str(e->facts->message->mail_from), out);
}

enum smime_status
policy_ask_rcpt_to_dictionary(struct policy_eval *e, const struct policy_test *t, bool *out)
{
	const struct policy_message *m = e->facts->message;

	for (size_t i = 0; i < m->recipient_count && !*out; i++)
		SMIME_TRY(ask_value(e, t, smime_bytes_str(m->recipients[i].address), out));
	return SMIME_OK;
}
