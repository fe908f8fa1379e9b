/* support_fake_mta.c - an MTA in memory that obeys requests as Postfix or as Sendmail does. */
#include "support_fake_mta.h"

#include "support.h"
#include <stdio.h>
#include <stdlib.h>

static struct fake_mta *
self(struct gateway_mta *mta)
{
	return smime_container_of(mta, struct fake_mta, base);
}

/* Counts a request; Postfix bears none once the body has begun. */
static enum smime_status
request(struct fake_mta *fake, bool is_body)
{
	fake->request_count++;
	if (fake->kind == FAKE_POSTFIX && fake->body_replaced && !is_body)
		fake->failed = true;
	return fake->request_count == fake->fail_at ? SMIME_E_SYSTEM : SMIME_OK;
}

static const char *
fake_macro(struct gateway_mta *mta, const char *name)
{
	struct fake_mta *fake = self(mta);

	for (size_t i = 0; i < fake->macro_count; i++)
		if (strcmp(fake->macros[i].name, name) == 0)
			return fake->macros[i].value;
	return NULL;
}

static void
put_field(struct fake_mta *fake, size_t at, const char *name, const char *value)
{
	ck_assert_uint_lt(fake->field_count, ROWS(fake->fields));
	memmove(fake->fields + at + 1, fake->fields + at,
	    (fake->field_count - at) * sizeof *fake->fields);
	fake->fields[at] = (struct fake_field){ .name = strdup(name), .value = strdup(value) };
	fake->field_count++;
}

static bool
is_named(const struct fake_field *field, const char *name)
{
	return smime_bytes_is(smime_bytes_str(field->name), name);
}

static enum smime_status
fake_add_header(struct gateway_mta *mta, const char *name, const char *value)
{
	SMIME_TRY(request(self(mta), false));
	put_field(self(mta), self(mta)->field_count, name, value);
	return SMIME_OK;
}

static enum smime_status
fake_put_header_on_top(struct gateway_mta *mta, const char *name, const char *value)
{
	SMIME_TRY(request(self(mta), false));
	put_field(self(mta), 0, name, value);
	return SMIME_OK;
}

static enum smime_status
fake_change_header(struct gateway_mta *mta, const char *name, unsigned instance, const char *value)
{
	struct fake_mta *fake = self(mta);
	unsigned seen = 0;

	SMIME_TRY(request(fake, false));
	for (size_t i = 0; i < fake->field_count; i++) {
		struct fake_field *field = &fake->fields[i];

		if (!is_named(field, name) || (fake->kind == FAKE_POSTFIX && field->deleted))
			continue;
		if (++seen < instance)
			continue;
		field->deleted = !value || !*value;
		if (!field->deleted) {
			free(field->value);
			field->value = strdup(value);
		}
		return SMIME_OK;
	}
	if (value && *value) /* both MTAs: no such instance, so it is appended */
		put_field(fake, fake->field_count, name, value);
	return SMIME_OK;
}

static enum smime_status
fake_delete_recipient(struct gateway_mta *mta, const char *exact)
{
	struct fake_mta *fake = self(mta);

	SMIME_TRY(request(fake, false));
	for (size_t i = 0; i < fake->recipient_count; i++) {
		if (!fake->recipients[i] || strcmp(fake->recipients[i], exact) != 0)
			continue;
		free(fake->recipients[i]);
		fake->recipients[i] = NULL;
	}
	return SMIME_OK;
}

static enum smime_status
fake_add_recipient(struct gateway_mta *mta, const char *address, const char *args)
{
	(void)args;
	SMIME_TRY(request(self(mta), false));
	fake_mta_recipient(self(mta), address);
	return SMIME_OK;
}

static enum smime_status
fake_change_sender(struct gateway_mta *mta, const char *address, const char *args)
{
	struct fake_mta *fake = self(mta);

	(void)snprintf(fake->sender, sizeof fake->sender, "%s %s", address, args);
	return request(fake, false);
}

static enum smime_status
fake_quarantine(struct gateway_mta *mta, const char *reason)
{
	struct fake_mta *fake = self(mta);

	(void)snprintf(fake->quarantine, sizeof fake->quarantine, "%s", reason);
	return request(fake, false);
}

static enum smime_status
fake_progress(struct gateway_mta *mta)
{
	self(mta)->progress_count++;
	return request(self(mta), false);
}

static enum smime_status
fake_replace_body(struct gateway_mta *mta, const void *data, size_t len)
{
	struct fake_mta *fake = self(mta);

	SMIME_TRY(request(fake, true));
	if (!fake->body_replaced)
		fake->body.len = 0;
	fake->body_replaced = true;
	fake->piece_count++;
	if (len > fake->piece_largest)
		fake->piece_largest = len;
	return smime_buf_append(&fake->body, data, len);
}

/* As libmilter and the MTAs do: refuses CR and LF, formats '%', drops a text it does not like. */
static enum smime_status
fake_set_reply(struct gateway_mta *mta, const char *code, const char *xcode,
    const char *const *lines, size_t count)
{
	struct fake_mta *fake = self(mta);
	size_t used = 0;

	if (count > 32)
		return SMIME_E_SYSTEM;
	for (size_t i = 0; i < count; i++)
		if (strchr(lines[i], '\r') || strchr(lines[i], '\n') || strlen(lines[i]) > 980)
			return SMIME_E_SYSTEM;
	(void)snprintf(fake->code, sizeof fake->code, "%s", code);
	(void)snprintf(fake->xcode, sizeof fake->xcode, "%s", xcode);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			fake->text[used++] = '\n';
		for (const char *c = lines[i]; *c; c++) {
			if (*c == '%' && *++c != '%') {
				fake->text[0] = 0;
				return SMIME_OK;
			}
			fake->text[used++] = *c;
		}
	}
	fake->text[used] = 0;
	return SMIME_OK;
}

static const struct gateway_mta_ops fake_ops = {
	.macro = fake_macro,
	.add_header = fake_add_header,
	.put_header_on_top = fake_put_header_on_top,
	.change_header = fake_change_header,
	.delete_recipient = fake_delete_recipient,
	.add_recipient = fake_add_recipient,
	.change_sender = fake_change_sender,
	.quarantine = fake_quarantine,
	.progress = fake_progress,
	.replace_body = fake_replace_body,
	.set_reply = fake_set_reply,
};

/* Read the header fields of message into the list; what follows is the body. */
static const char *
read_fields(struct fake_mta *fake, const char *message)
{
	while (*message && *message != '\n' && strncmp(message, "\r\n", 2) != 0) {
		const char *colon = strchr(message, ':');
		SMIME_AUTO_BUF value = { 0 };
		char *name;

		ck_assert_ptr_nonnull(colon);
		name = strndup(message, (size_t)(colon - message));
		for (message = colon + 1; *message; message++) {
			if (*message == '\n' && message[1] != ' ' && message[1] != '\t')
				break;
			if (*message != '\r')
				ck_assert_int_eq(smime_buf_append(&value, message, 1), SMIME_OK);
		}
		ck_assert_int_eq(smime_buf_terminate(&value), SMIME_OK);
		put_field(fake, fake->field_count, name, (char *)value.data);
		free(name);
		message += *message != 0;
	}
	message += *message == '\r';
	return message + (*message != 0);
}

void
fake_mta_init(struct fake_mta *fake, enum fake_kind kind, const char *message)
{
	*fake = (struct fake_mta){ .base.ops = &fake_ops, .kind = kind };
	message = read_fields(fake, message);
	for (; *message; message++) {
		if (*message == '\n' && (fake->body.len == 0 || message[-1] != '\r'))
			ck_assert_int_eq(smime_buf_append(&fake->body, "\r", 1), SMIME_OK);
		ck_assert_int_eq(smime_buf_append(&fake->body, message, 1), SMIME_OK);
	}
}

void
fake_mta_reset(struct fake_mta *fake)
{
	for (size_t i = 0; i < fake->field_count; i++) {
		free(fake->fields[i].name);
		free(fake->fields[i].value);
	}
	for (size_t i = 0; i < fake->recipient_count; i++)
		free(fake->recipients[i]);
	smime_buf_reset(&fake->body);
}

void
fake_mta_recipient(struct fake_mta *fake, const char *exact)
{
	ck_assert_uint_lt(fake->recipient_count, ROWS(fake->recipients));
	fake->recipients[fake->recipient_count++] = strdup(exact);
}

void
fake_mta_macro(struct fake_mta *fake, const char *name, const char *value)
{
	size_t at = 0;

	while (at < fake->macro_count && strcmp(fake->macros[at].name, name) != 0)
		at++;
	ck_assert_uint_lt(at, ROWS(fake->macros));
	(void)snprintf(fake->macros[at].name, sizeof fake->macros[0].name, "%s", name);
	(void)snprintf(fake->macros[at].value, sizeof fake->macros[0].value, "%s", value);
	if (at == fake->macro_count)
		fake->macro_count++;
}

char *
fake_mta_sends(const struct fake_mta *fake)
{
	struct smime_buf out = { 0 };

	for (size_t i = 0; i < fake->field_count; i++) {
		const struct fake_field *field = &fake->fields[i];

		if (field->deleted)
			continue;
		ck_assert_int_eq(smime_buf_appendf(&out, "%s:", field->name), SMIME_OK);
		for (const char *c = field->value; *c; c++)
			ck_assert_int_eq(
			    smime_buf_appendf(&out, *c == '\n' ? "\r%c" : "%c", *c), SMIME_OK);
		ck_assert_int_eq(smime_buf_append(&out, "\r\n", 2), SMIME_OK);
	}
	ck_assert_int_eq(smime_buf_append(&out, "\r\n", 2), SMIME_OK);
	ck_assert_int_eq(smime_buf_append(&out, fake->body.data, fake->body.len), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&out), SMIME_OK);
	return (char *)out.data;
}

char *
fake_mta_recipients(const struct fake_mta *fake)
{
	struct smime_buf out = { 0 };

	for (size_t i = 0; i < fake->recipient_count; i++)
		if (fake->recipients[i])
			ck_assert_int_eq(smime_buf_appendf(
					     &out, "%s%s", out.len ? " " : "", fake->recipients[i]),
			    SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&out), SMIME_OK);
	return (char *)out.data;
}
