/*
 * expand.c - variables in the texts of actions.  FILTERS: actions.
 * What a message puts into a variable is cleaned of CR, LF and control characters and cut at 1000
 * octets: it goes into header fields and log lines.
 */
#include "policy/facts.h"
#include "rule_tests.h"

#include <stdio.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#define VALUE_MAX 1000

struct expansion {
	const struct policy_facts *facts;
	const char *filter;
	bool replacement; /* a backslash means something: those of values are doubled */
	struct smime_buf *out;
};

/* C0, DEL, C1 and the separators of lines and paragraphs. */
static bool
is_control(uint32_t c)
{
	return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0x2028 || c == 0x2029;
}

/* Control characters become blanks; what is no UTF-8, question marks. */
static enum smime_status
put_clean(const struct expansion *x, struct smime_bytes value, bool is_value)
{
	while (value.len > 0) {
		uint32_t c = 0;
		size_t len = smime_utf8(value, &c);

		if (len == 0 || is_control(c))
			SMIME_TRY(smime_buf_append(x->out, len == 0 ? "?" : " ", 1));
		else if (c == '\\' && is_value && x->replacement)
			SMIME_TRY(smime_buf_append(x->out, "\\\\", 2));
		else
			SMIME_TRY(smime_buf_append(x->out, value.data, len));
		value = smime_bytes_slice(value, len > 0 ? len : 1, value.len);
	}
	return SMIME_OK;
}

/* What a variable stands for, no longer than VALUE_MAX, and cut between characters. */
static enum smime_status
put(const struct expansion *x, struct smime_bytes value)
{
	size_t len = value.len < VALUE_MAX ? value.len : VALUE_MAX;

	while (len > 0 && len < value.len && (value.data[len] & 0xC0) == 0x80)
		len--;
	return put_clean(x, smime_bytes_slice(value, 0, len), true);
}

static enum smime_status
put_text(const struct expansion *x, const char *text)
{
	return put(x, smime_bytes_str(text));
}

/* The first field of that name, decoded, as earlier actions left it; nothing when there is none. */
static enum smime_status
put_field(const struct expansion *x, const char *name)
{
	struct policy_eval e = { .facts = x->facts };
	SMIME_AUTO_BUF text = { 0 };
	struct policy_header *header;
	enum smime_status status = policy_eval_header(&e, &header);

	for (size_t i = 0; status == SMIME_OK && i < header->count; i++) {
		const struct policy_header_field *f = &header->field[i];

		if (f->fate == POLICY_FIELD_REMOVED || strcasecmp(f->name, name) != 0)
			continue;
		status = smime_value_text(policy_header_value(f), &text);
		if (status == SMIME_OK)
			status = put(x, smime_buf_bytes(&text));
		break;
	}
	policy_header_free(&e.header);
	return status;
}

static enum smime_status
put_subject(const struct expansion *x)
{
	return put_field(x, "Subject");
}

static enum smime_status
put_mail_from(const struct expansion *x)
{
	return put_text(x, x->facts->message->mail_from);
}

static enum smime_status
put_recipients(const struct expansion *x)
{
	const struct policy_message *m = x->facts->message;

	for (size_t i = 0; i < m->recipient_count; i++) {
		SMIME_TRY(put_text(x, i > 0 ? ", " : ""));
		SMIME_TRY(put_text(x, m->recipients[i].address));
	}
	return SMIME_OK;
}

static enum smime_status
put_filter(const struct expansion *x)
{
	return put_text(x, x->filter);
}

static enum smime_status
put_policy(const struct expansion *x)
{
	return put_text(x, x->facts->mail_policy);
}

static enum smime_status
put_group(const struct expansion *x)
{
	return put_text(x, x->facts->sender_group);
}

static enum smime_status
put_listener(const struct expansion *x)
{
	return put_text(x, x->facts->message->listener);
}

static enum smime_status
put_ip(const struct expansion *x)
{
	return put_text(x, x->facts->message->client_ip);
}

static enum smime_status
put_queue_id(const struct expansion *x)
{
	return put_text(x, x->facts->message->queue_id);
}

static enum smime_status
put_body_size(const struct expansion *x)
{
	return smime_buf_appendf(x->out, "%llu", (unsigned long long)x->facts->body_size);
}

/* In the gateway's time, as rule date has it. */
static enum smime_status
put_date(const struct expansion *x)
{
	time_t t = (time_t)x->facts->message->received_at;
	char text[64];
	struct tm tm;

	if (!localtime_r(&t, &tm) || strftime(text, sizeof text, "%m/%d/%Y", &tm) == 0)
		return SMIME_OK;
	return put_text(x, text);
}

static enum smime_status
put_timestamp(const struct expansion *x)
{
	time_t t = (time_t)x->facts->message->received_at;
	char text[64];
	struct tm tm;

	if (!gmtime_r(&t, &tm) ||
	    strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &tm) == 0)
		return SMIME_OK;
	return put_text(x, text);
}

static enum smime_status
put_hostname(const struct expansion *x)
{
	char host[256] = "";

	(void)gethostname(host, sizeof host - 1);
	return put_text(x, host);
}

/* What put_item says of each attachment, ", " between. */
static enum smime_status
put_attachments(const struct expansion *x,
    enum smime_status (*put_item)(const struct expansion *x, size_t i, bool *said))
{
	struct policy_content *content = x->facts->content;
	bool some = false;

	for (size_t i = 0; i < policy_content_count(content); i++) {
		size_t before = x->out->len;
		bool said = false;

		if (policy_content_item(content, i)->body)
			continue;
		SMIME_TRY(put_text(x, some ? ", " : ""));
		SMIME_TRY(put_item(x, i, &said));
		if (!said)
			x->out->len = before;
		some = some || said;
	}
	return SMIME_OK;
}

static enum smime_status
put_filename(const struct expansion *x, size_t i, bool *said)
{
	const char *name = policy_content_item(x->facts->content, i)->name;

	*said = *name != 0;
	return put_text(x, name);
}

static enum smime_status
put_filenames(const struct expansion *x)
{
	return put_attachments(x, put_filename);
}

static enum smime_status
put_filetype(const struct expansion *x, size_t i, bool *said)
{
	const char *type;

	*said = true;
	SMIME_TRY(policy_content_filetype(x->facts->content, i, &type));
	return put_text(x, type);
}

static enum smime_status
put_filetypes(const struct expansion *x)
{
	return put_attachments(x, put_filetype);
}

static enum smime_status
put_filesize(const struct expansion *x, size_t i, bool *said)
{
	struct smime_bytes octets;

	*said = true;
	SMIME_TRY(policy_content_octets(x->facts->content, i, &octets));
	policy_content_release(x->facts->content, i);
	return smime_buf_appendf(x->out, "%zu", octets.len);
}

static enum smime_status
put_filesizes(const struct expansion *x)
{
	return put_attachments(x, put_filesize);
}

static enum smime_status
put_signers(const struct expansion *x)
{
	const struct smime_opened *opened = x->facts->opened;
	bool some = false;

	for (size_t i = 0; opened && i < opened->layer_count; i++) {
		if (opened->layers[i].type != SMIME_LAYER_SIGNED || !*opened->layers[i].signer)
			continue;
		SMIME_TRY(put_text(x, some ? ", " : ""));
		SMIME_TRY(put_text(x, opened->layers[i].signer));
		some = true;
	}
	return SMIME_OK;
}

static enum smime_status
put_matched(const struct expansion *x)
{
	return x->facts->matched ? put(x, smime_buf_bytes(x->facts->matched)) : SMIME_OK;
}

/* A name that begins another one stands behind it. */
static const struct {
	const char *name;
	enum smime_status (*put)(const struct expansion *x);
} variables[] = {
	{ "Subject", put_subject },
	{ "EnvelopeFrom", put_mail_from },
	{ "EnvelopeRecipients", put_recipients },
	{ "FilterName", put_filter },
	{ "Policy", put_policy },
	{ "Group", put_group },
	{ "RecvListener", put_listener },
	{ "RemoteIP", put_ip },
	{ "MID", put_queue_id },
	{ "BodySize", put_body_size },
	{ "Date", put_date },
	{ "GMTimeStamp", put_timestamp },
	{ "Hostname", put_hostname },
	{ "filenames", put_filenames },
	{ "filetypes", put_filetypes },
	{ "filesizes", put_filesizes },
	{ "CertificateSigners", put_signers },
	{ "MatchedContent", put_matched },
};

/* $Header['Name'] at text, which stands behind the '$'; with either kind of quotes. *used: octets
 * of it; 0 when it is none. */
static enum smime_status
expand_field(const struct expansion *x, const char *text, size_t *used)
{
	static const char begin[] = "Header[";
	char name[128];
	const char *end;
	char quote = 0;

	*used = 0;
	if (strncasecmp(text, begin, strlen(begin)) != 0)
		return SMIME_OK;
	text += strlen(begin);
	quote = *text == '"' ? '"' : '\'';
	if (*text++ != quote)
		return SMIME_OK;
	end = strstr(text, quote == '"' ? "\"]" : "']");
	if (!end || (size_t)(end - text) >= sizeof name)
		return SMIME_OK;
	(void)snprintf(name, sizeof name, "%.*s", (int)(end - text), text);
	*used = strlen(begin) + strlen(name) + 3;
	return put_field(x, name);
}

static enum smime_status
expand_one(const struct expansion *x, const char *text, size_t *used)
{
	SMIME_TRY(expand_field(x, text, used));
	for (size_t i = 0; *used == 0 && i < sizeof variables / sizeof *variables; i++) {
		size_t len = strlen(variables[i].name);

		if (strncasecmp(text, variables[i].name, len) != 0)
			continue;
		*used = len;
		return variables[i].put(x);
	}
	return SMIME_OK;
}

/* A backslash that stands before a variable is one, whatever the value begins with. */
static enum smime_status
close_backslash(const struct expansion *x, const char *text, size_t len)
{
	size_t count = 0;

	while (count < len && text[len - 1 - count] == '\\')
		count++;
	return x->replacement && count % 2 == 1 ? smime_buf_append(x->out, "\\", 1) : SMIME_OK;
}

static enum smime_status
expand(const struct expansion *x, const char *text)
{
	while (*text) {
		size_t plain = strcspn(text, "$"), used;

		SMIME_TRY(put_clean(x, smime_bytes(text, plain), false));
		if (!text[plain])
			break;
		SMIME_TRY(close_backslash(x, text, plain));
		text += plain;
		SMIME_TRY(expand_one(x, text + 1, &used));
		if (used == 0)
			SMIME_TRY(smime_buf_append(x->out, "$", 1));
		text += 1 + used;
	}
	return SMIME_OK;
}

enum smime_status
policy_expand(
    const char *text, const struct policy_facts *facts, const char *filter, struct smime_buf *out)
{
	const struct expansion x = { .facts = facts, .filter = filter, .out = out };

	return expand(&x, text);
}

enum smime_status
policy_expand_replacement(
    const char *text, const struct policy_facts *facts, const char *filter, struct smime_buf *out)
{
	const struct expansion x = {
		.facts = facts, .filter = filter, .replacement = true, .out = out
	};

	return expand(&x, text);
}
