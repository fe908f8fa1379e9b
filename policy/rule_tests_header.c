/*
 * rule_tests_header.c - tests that look at header fields, as earlier actions left them, and at the
 * structure that the header announces.  FILTERS: rules, semantics.
 * Values are unfolded and decoded (RFC 2047) before they are matched.
 */
#include "rule_readings.h"

#include <strings.h>

static bool
is_named(const struct policy_header_field *field, const char *name)
{
	return field->fate != POLICY_FIELD_REMOVED && strcasecmp(field->name, name) == 0;
}

static enum smime_status
ask_field(struct policy_eval *e, const struct policy_test *t,
    const struct policy_header_field *field, bool *out)
{
	if (t->cmp == POLICY_CMP_NONE) {
		*out = true;
		return SMIME_OK;
	}
	return policy_try_value(e, t, policy_header_value(field), policy_try_pattern, out);
}

/* Several fields of one name: any of them may match. */
static enum smime_status
ask_fields(
    struct policy_eval *e, const struct policy_test *t, const char *name, bool *found, bool *out)
{
	struct policy_header *header;

	*found = false;
	SMIME_TRY(policy_eval_header(e, &header));
	for (size_t i = 0; i < header->count && !*out; i++) {
		if (!is_named(&header->field[i], name))
			continue;
		*found = true;
		SMIME_TRY(ask_field(e, t, &header->field[i], out));
	}
	return SMIME_OK;
}

/* A message without a subject has an empty one. */
enum smime_status
policy_ask_subject(struct policy_eval *e, const struct policy_test *t, bool *out)
{
	bool found;

	SMIME_TRY(ask_fields(e, t, "Subject", &found, out));
	return found ? SMIME_OK : policy_ask_pattern(e, t->pattern, smime_bytes("", 0), out);
}

enum smime_status
policy_ask_header(struct policy_eval *e, const struct policy_test *t, bool *out)
{
	bool found;

	return ask_fields(e, t, t->args[0].text, &found, out);
}

enum smime_status
policy_ask_addr_count(struct policy_eval *e, const struct policy_test *t, bool *out)
{
	struct policy_header *header;
	uint64_t total = 0;

	SMIME_TRY(policy_eval_header(e, &header));
	for (size_t i = 0; i < header->count; i++) {
		for (size_t k = 0; k < t->arg_count; k++) {
			char **addresses = NULL;
			size_t count = 0;
			bool strict;

			if (!is_named(&header->field[i], t->args[k].text))
				continue;
			SMIME_TRY(smime_value_addresses(
			    policy_header_value(&header->field[i]), &addresses, &count, &strict));
			smime_addresses_free(&addresses);
			total += count;
		}
	}
	*out = policy_compare(t, total);
	return policy_saw_number(e, total);
}

/* ---- smtp-auth-id-matches ---- */

/* The address with what stands between the mark and the '@' left out: user+list@d is user@d. */
static struct smime_bytes
local_part(const char *address, const char *mark)
{
	struct smime_bytes local = smime_bytes(address, strcspn(address, "@"));
	const uint8_t *cut = mark ? memchr(local.data, *mark, local.len) : NULL;

	if (cut)
		local.len = (size_t)(cut - local.data);
	return local;
}

/* An id without a domain speaks for the local part alone. */
static bool
id_matches(const char *id, const char *address, const char *mark)
{
	const char *id_domain = strchr(id, '@'), *domain = strchr(address, '@');

	if (!smime_bytes_equal_nocase(local_part(id, mark), local_part(address, mark)))
		return false;
	return !id_domain || (domain && strcasecmp(id_domain, domain) == 0);
}

static enum smime_status
ask_addresses(struct policy_eval *e, const struct policy_test *t, const char *field_name, bool *out)
{
	const char *mark = t->arg_count > 1 ? t->args[1].text : NULL;
	struct policy_header *header;

	SMIME_TRY(policy_eval_header(e, &header));
	for (size_t i = 0; i < header->count && !*out; i++) {
		char **addresses = NULL;
		size_t count = 0;
		bool strict;

		if (!is_named(&header->field[i], field_name))
			continue;
		SMIME_TRY(smime_value_addresses(
		    policy_header_value(&header->field[i]), &addresses, &count, &strict));
		for (size_t k = 0; k < count && !*out; k++)
			*out = id_matches(e->facts->message->auth_user, addresses[k], mark);
		smime_addresses_free(&addresses);
	}
	return SMIME_OK;
}

enum smime_status
policy_ask_auth_id(struct policy_eval *e, const struct policy_test *t, bool *out)
{
	const struct policy_message *m = e->facts->message;

	if (!*m->auth_user)
		return SMIME_OK;
	SMIME_TRY(policy_saw(e, smime_bytes_str(m->auth_user)));
	if (strcmp(t->args[0].text, "*FromAddress") == 0)
		return ask_addresses(e, t, "From", out);
	if (strcmp(t->args[0].text, "*Sender") == 0)
		return ask_addresses(e, t, "Sender", out);
	*out = id_matches(m->auth_user, m->mail_from, t->arg_count > 1 ? t->args[1].text : NULL);
	return SMIME_OK;
}

/* ---- structure ---- */

enum smime_status
policy_ask_malformed_header(struct policy_eval *e, const struct policy_test *t, bool *out)
{
	(void)t;
	*out = smime_mime_part(e->facts->mime, 0)->flags & SMIME_MIME_BAD_HEADER;
	return SMIME_OK;
}

enum smime_status
policy_ask_duplicate_boundaries(struct policy_eval *e, const struct policy_test *t, bool *out)
{
	(void)t;
	*out = smime_mime_flags_below(e->facts->entity_mime, 0) & SMIME_MIME_DUPLICATE_BOUNDARY;
	return SMIME_OK;
}
