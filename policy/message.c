/*
 * message.c - one message as it was collected: strings of the connection and envelope.
 * Memory: a copy of each string; the spool is owned, its octets are not looked at.
 */
#include "policy/message.h"

#include "smime/cert.h"
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

/* Does a local part stand without quotes? RFC 5322 s3.2.3, RFC 6531 s3.3. */
static bool
is_dot_atom(const char *local, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		bool first = i == 0 || i + 1 == len || local[i - 1] == '.';

		if ((uint8_t)local[i] <= ' ' || strchr("()<>[]:;@\\,\"\x7F", local[i]) ||
		    (local[i] == '.' && first))
			return false;
	}
	return len > 0;
}

/* "\"joe\"@b" is joe@b (RFC 5321 s4.1.2): nobody falls under another policy for quotes. */
static enum smime_status
unquote(char *address)
{
	SMIME_AUTO_BUF local = { 0 };
	const char *at = strrchr(address, '@');

	if (address[0] != '"' || at - address < 3 || at[-1] != '"')
		return SMIME_OK;
	for (const char *from = address + 1; from < at - 1; from++) {
		from += *from == '\\' && from + 1 < at - 1;
		SMIME_TRY(smime_buf_append(&local, from, 1));
	}
	if (!is_dot_atom((const char *)local.data, local.len))
		return SMIME_OK;
	memcpy(address, local.data, local.len);
	memmove(address + local.len, at, strlen(at) + 1);
	return SMIME_OK;
}

/* The addr-spec of a path as MAIL and RCPT give it, "<a@b>", "a@b", the way it is written in
 * policies: without brackets, quotes that are not needed, and a dot behind the domain. */
static char *
plain_address(const char *address)
{
	size_t len = strlen(address);
	bool brackets = len >= 2 && address[0] == '<' && address[len - 1] == '>';
	char *plain = brackets ? strndup(address + 1, len - 2) : strdup(address);
	const char *at = plain ? strrchr(plain, '@') : NULL;

	if (!at)
		return plain;
	len = strlen(plain);
	if (strlen(at) > 2 && plain[len - 1] == '.' && plain[len - 2] != '.')
		plain[len - 1] = 0;
	if (unquote(plain) == SMIME_OK)
		return plain;
	free(plain);
	return NULL;
}

enum smime_status
policy_message_plain_sender(struct policy_message *message)
{
	char *plain = plain_address(message->mail_from);

	if (!plain)
		return SMIME_E_SYSTEM;
	free(message->mail_from);
	message->mail_from = plain;
	return SMIME_OK;
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
	recipient.address = plain_address(address);
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

enum smime_status
policy_address_fold(const char *address, char **out)
{
	SMIME_AUTO_BUF folded = { 0 };

	*out = NULL;
	SMIME_TRY(smime_mailbox_fold(smime_bytes_str(address), &folded));
	SMIME_TRY(smime_buf_terminate(&folded));
	*out = strdup((const char *)folded.data);
	return *out ? SMIME_OK : SMIME_E_SYSTEM;
}
