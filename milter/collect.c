/*
 * collect.c - the octets of one message, put together from what the MTA tells.
 * Memory: the spool's; addresses and arguments as long as the MTA lets them be. Refuses nothing: a
 * failure is remembered until the end of the message, where it can be answered and logged once.
 */
#include "collect.h"

void
gateway_collect_fail(struct gateway_collect *collect, enum smime_status status)
{
	if (status == SMIME_OK || collect->failure.status != SMIME_OK)
		return;
	if (status == SMIME_E_LIMIT)
		(void)smime_fail(&collect->failure, status, NULL, "the message is too big");
	else
		(void)smime_fail(&collect->failure, SMIME_E_SYSTEM, NULL,
		    "no memory or no disk space to store the message");
}

void
gateway_collect_begin(
    struct gateway_collect *collect, const struct smime_spool_conf *spool, int64_t now)
{
	gateway_collect_reset(collect);
	if (policy_message_new(&collect->message) != SMIME_OK) {
		gateway_collect_fail(collect, SMIME_E_SYSTEM);
		return;
	}
	collect->message->received_at = now;
	gateway_collect_fail(collect, smime_spool_new(spool, &collect->message->spool));
}

void
gateway_collect_reset(struct gateway_collect *collect)
{
	policy_message_free(&collect->message);
	*collect = (struct gateway_collect){ 0 };
}

/* Whether there is any use in storing more. */
static bool
is_well(const struct gateway_collect *collect)
{
	return collect->message && collect->failure.status == SMIME_OK;
}

void
gateway_collect_set(struct gateway_collect *collect, char **field, const char *value)
{
	gateway_collect_fail(collect, policy_message_set(field, value ? value : ""));
}

enum smime_status
gateway_join_args(char *const *args, struct smime_buf *out)
{
	for (size_t i = 0; args[i]; i++)
		SMIME_TRY(smime_buf_appendf(out, "%s%s", i > 0 ? " " : "", args[i]));
	return smime_buf_terminate(out);
}

void
gateway_collect_recipient(struct gateway_collect *collect, const char *address, char *const *args)
{
	SMIME_AUTO_BUF joined = { 0 };

	if (!is_well(collect))
		return;
	gateway_collect_fail(collect, gateway_join_args(args, &joined));
	if (is_well(collect))
		gateway_collect_fail(collect, policy_message_add_recipient(collect->message,
						  address, (const char *)joined.data));
}

void
gateway_collect_octets(struct gateway_collect *collect, const void *data, size_t len)
{
	collect->has_data = true;
	if (is_well(collect))
		gateway_collect_fail(
		    collect, smime_spool_write(collect->message->spool, data, len));
}

void
gateway_collect_header(struct gateway_collect *collect, const char *name, const char *value)
{
	gateway_collect_octets(collect, name, strlen(name));
	gateway_collect_octets(collect, ":", 1);
	while (*value) {
		size_t len = strcspn(value, "\n");

		gateway_collect_octets(collect, value, len);
		value += len;
		if (*value == '\n') {
			gateway_collect_octets(collect, "\r\n", 2);
			value++;
		}
	}
	gateway_collect_octets(collect, "\r\n", 2);
}
