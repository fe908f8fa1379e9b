/*
 * message.c - one message as it was collected: strings of the connection and envelope.
 * Memory: a copy of each string; the spool is owned, its octets are not looked at.
 */
#include "policy/message.h"

#include <stdlib.h>

static void
recipient_reset(struct policy_recipient *recipient)
{
	free(recipient->address);
	free(recipient->exact);
	free(recipient->args);
}

void
policy_message_free(struct policy_message **message)
{
	struct policy_message *m = *message;

	if (!m)
		return;
	char *strings[] = { m->client_ip, m->client_name, m->listener, m->helo, m->auth_user,
		m->queue_id, m->mail_from, m->mail_args };
	for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
		free(strings[i]);
	for (size_t i = 0; i < m->recipient_count; i++)
		recipient_reset(&m->recipients[i]);
	free(m->recipients);
	smime_spool_free(&m->spool);
	free(m);
	*message = NULL;
}

enum smime_status
policy_message_set(char **field, const char *value)
{
	char *copy = strdup(value);

	if (!copy)
		return SMIME_E_SYSTEM;
	free(*field);
	*field = copy;
	return SMIME_OK;
}

enum smime_status
policy_message_new(struct policy_message **out)
{
	SMIME_AUTO(policy_message) m = calloc(1, sizeof *m);

	*out = NULL;
	if (!m)
		return SMIME_E_SYSTEM;
	char **strings[] = { &m->client_ip, &m->client_name, &m->listener, &m->helo, &m->auth_user,
		&m->queue_id, &m->mail_from, &m->mail_args };
	for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
		SMIME_TRY(policy_message_set(strings[i], ""));
	*out = m;
	m = NULL;
	return SMIME_OK;
}

/* The addr-spec of a path as RCPT gives it: "<a@b>", "a@b". RFC 5321 s4.1.2. */
static char *
without_brackets(const char *address)
{
	size_t len = strlen(address);

	if (len >= 2 && address[0] == '<' && address[len - 1] == '>')
		return strndup(address + 1, len - 2);
	return strdup(address);
}

enum smime_status
policy_message_add_recipient(struct policy_message *message, const char *address, const char *args)
{
	struct policy_recipient recipient = { 0 };
	struct policy_recipient *grown = realloc(
	    message->recipients, (message->recipient_count + 1) * sizeof *message->recipients);

	if (!grown)
		return SMIME_E_SYSTEM;
	message->recipients = grown;
	recipient.address = without_brackets(address);
	recipient.exact = strdup(address);
	recipient.args = strdup(args ? args : "");
	if (!recipient.address || !recipient.exact || !recipient.args) {
		recipient_reset(&recipient);
		return SMIME_E_SYSTEM;
	}
	message->recipients[message->recipient_count++] = recipient;
	return SMIME_OK;
}

/* They stand behind all others. */
void
policy_message_forget_added(struct policy_message *message)
{
	while (
	    message->recipient_count > 0 && message->recipients[message->recipient_count - 1].added)
		recipient_reset(&message->recipients[--message->recipient_count]);
}
