/*
 * dsn.c - tell a sender that some recipients were refused while others got the message.  RFC 3464,
 * RFC 6522, RFC 3461, RFC 6533. Refuses to return a body: it may be what was to be encrypted.
 */
#include "dsn.h"

#include "clock.h"
#include "smime/mime.h"
#include "smtp_args.h"

/* The value of an argument of RCPT or MAIL ("NOTIFY"); empty when it is not there. */
static struct smime_bytes
arg_value(const char *args, const char *keyword)
{
	size_t n = strlen(keyword);

	for (;;) {
		size_t len;

		args += strspn(args, " ");
		len = strcspn(args, " ");
		if (len == 0)
			return smime_bytes(NULL, 0);
		if (len > n && args[n] == '=' && smime_bytes_is(smime_bytes(args, n), keyword))
			return smime_bytes(args + n + 1, len - n - 1);
		args += len;
	}
}

bool
gateway_dsn_is_wanted(const struct policy_recipient *recipient)
{
	struct smime_bytes notify = arg_value(recipient->args, "NOTIFY");

	while (notify.len > 0) {
		const uint8_t *comma = memchr(notify.data, ',', notify.len);
		size_t len = comma ? (size_t)(comma - notify.data) : notify.len;

		if (smime_bytes_is(smime_bytes_slice(notify, 0, len), "FAILURE"))
			return true;
		notify = smime_bytes_slice(notify, len + 1, notify.len);
		if (notify.len == 0)
			return false;
	}
	return true; /* no NOTIFY: failures are told */
}

/* text on one line: what is no printable character becomes '?'. */
static enum smime_status
put_line_text(struct smime_buf *out, const char *text)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		SMIME_TRY(smime_buf_append(out, c < 0x20 || c == 0x7F ? "?" : text, 1));
	}
	return SMIME_OK;
}

static enum smime_status
put_field(struct smime_buf *out, const char *name, const char *value)
{
	SMIME_TRY(smime_buf_appendf(out, "%s ", name));
	SMIME_TRY(put_line_text(out, value));
	return smime_buf_appendf(out, "\r\n");
}

static int
hex_value(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* A field whose value came as xtext. RFC 3461 s4: "+" and two upper-case digits are an octet. */
static enum smime_status
put_xtext_field(struct smime_buf *out, const char *name, struct smime_bytes xtext)
{
	SMIME_AUTO_BUF value = { 0 };

	for (size_t i = 0; i < xtext.len; i++) {
		uint8_t c = xtext.data[i];

		if (c == '+' && i + 2 < xtext.len && hex_value(xtext.data[i + 1]) >= 0 &&
		    hex_value(xtext.data[i + 2]) >= 0) {
			c = (uint8_t)(hex_value(xtext.data[i + 1]) * 16 +
				      hex_value(xtext.data[i + 2]));
			i += 2;
		}
		SMIME_TRY(smime_buf_append(&value, c ? (const void *)&c : "?", 1));
	}
	SMIME_TRY(smime_buf_terminate(&value));
	return put_field(out, name, (const char *)value.data);
}

/* RFC 6533 s3: in message/delivery-status an address beyond ASCII is written in ASCII
 * (utf-8-addr-xtext), "\x{F6}" for each character that is none. */
static enum smime_status
put_utf8_address(struct smime_buf *out, const char *address)
{
	struct smime_bytes left = smime_bytes_str(address);

	while (left.len > 0) {
		uint32_t c = '?';
		size_t n = smime_utf8(left, &c);

		if (c > ' ' && c < 0x7F && !strchr("\\+=", (int)c))
			SMIME_TRY(smime_buf_appendf(out, "%c", (int)c));
		else
			SMIME_TRY(smime_buf_appendf(out, "\\x{%02X}", (unsigned)c));
		left = smime_bytes_slice(left, n > 0 ? n : 1, left.len);
	}
	return smime_buf_appendf(out, "\r\n");
}

/* RFC 5322 s3.4.1: an address has a domain. */
static enum smime_status
put_postmaster(const struct gateway_dsn *dsn, struct smime_buf *out)
{
	SMIME_TRY(put_line_text(out, dsn->postmaster));
	if (strchr(dsn->postmaster, '@'))
		return SMIME_OK;
	return smime_buf_appendf(out, "@%s", dsn->hostname);
}

static enum smime_status
put_header(const struct gateway_dsn *dsn, const char *boundary, struct smime_buf *out)
{
	char date[GATEWAY_DATE_SIZE];

	gateway_date_text(dsn->now, date);
	SMIME_TRY(smime_buf_appendf(out, "Date: %s\r\n", date));
	SMIME_TRY(smime_buf_appendf(out, "From: Mail Delivery System <"));
	SMIME_TRY(put_postmaster(dsn, out));
	SMIME_TRY(smime_buf_appendf(out, ">\r\nTo: <"));
	SMIME_TRY(put_line_text(out, dsn->message->mail_from));
	return smime_buf_appendf(out,
	    ">\r\nSubject: Undelivered Mail Returned to Sender\r\n"
	    "Auto-Submitted: auto-replied\r\n"
	    "Message-ID: <%s@%s>\r\n"
	    "MIME-Version: 1.0\r\n"
	    "Content-Type: multipart/report; report-type=delivery-status;\r\n"
	    " boundary=\"%s\"\r\n\r\n",
	    boundary + strspn(boundary, "=_"), dsn->hostname, boundary);
}

static const struct policy_recipient *
recipient_of(const struct gateway_dsn *dsn, size_t refusal)
{
	return &dsn->message->recipients[dsn->refusals->item[refusal].recipient];
}

/* Those who stand together for the same reason have it said once. */
static enum smime_status
put_reasons(const struct gateway_dsn *dsn, struct smime_buf *out)
{
	const char *reason = NULL;

	for (size_t i = 0; i < dsn->refusals->count; i++) {
		const char *text = dsn->refusals->item[i].text;

		if (!gateway_dsn_is_wanted(recipient_of(dsn, i)))
			continue;
		if (reason && strcmp(reason, text) != 0) {
			SMIME_TRY(put_field(out, "\r\nThe reason:", reason));
			SMIME_TRY(smime_buf_appendf(out, "\r\n"));
		}
		SMIME_TRY(put_field(out, "   ", recipient_of(dsn, i)->address));
		reason = text;
	}
	SMIME_TRY(put_field(out, "\r\nThe reason:", reason ? reason : ""));
	return smime_buf_appendf(out, "\r\n");
}

static enum smime_status
put_explanation(const struct gateway_dsn *dsn, const char *boundary, struct smime_buf *out)
{
	SMIME_TRY(smime_buf_appendf(out,
	    "--%s\r\nContent-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: 8bit\r\n\r\n"
	    "This is the S/MIME gateway at %s.\r\n\r\n"
	    "Your message could not be sent to the following recipients. It was sent to\r\n"
	    "all others. Its header is attached; its text is not returned, because it\r\n"
	    "may be confidential.\r\n\r\n",
	    boundary, dsn->hostname));
	return put_reasons(dsn, out);
}

/* RFC 3464 s2.3. */
static enum smime_status
put_recipient(
    const struct policy_recipient *r, const struct gateway_refusal *refusal, struct smime_buf *out)
{
	struct smime_bytes orcpt = arg_value(r->args, "ORCPT");

	if (orcpt.len > 0)
		SMIME_TRY(put_xtext_field(out, "Original-Recipient:", orcpt));
	if (gateway_smtp_is_ascii(r->address)) {
		SMIME_TRY(put_field(out, "Final-Recipient: rfc822;", r->address));
	} else {
		SMIME_TRY(smime_buf_appendf(out, "Final-Recipient: utf-8; "));
		SMIME_TRY(put_utf8_address(out, r->address));
	}
	SMIME_TRY(
	    smime_buf_appendf(out, "Action: failed\r\nStatus: %s\r\nDiagnostic-Code: smtp; %s %s",
		refusal->xcode, refusal->code, refusal->xcode));
	SMIME_TRY(put_field(out, "", refusal->text));
	return smime_buf_appendf(out, "\r\n");
}

static enum smime_status
put_status(const struct gateway_dsn *dsn, const char *boundary, struct smime_buf *out)
{
	struct smime_bytes envid = arg_value(dsn->message->mail_args, "ENVID");
	char date[GATEWAY_DATE_SIZE];

	SMIME_TRY(smime_buf_appendf(
	    out, "--%s\r\nContent-Type: message/delivery-status\r\n\r\n", boundary));
	if (envid.len > 0)
		SMIME_TRY(put_xtext_field(out, "Original-Envelope-Id:", envid));
	gateway_date_text(dsn->message->received_at, date);
	SMIME_TRY(smime_buf_appendf(
	    out, "Reporting-MTA: dns; %s\r\nArrival-Date: %s\r\n\r\n", dsn->hostname, date));
	for (size_t i = 0; i < dsn->refusals->count; i++)
		if (gateway_dsn_is_wanted(recipient_of(dsn, i)))
			SMIME_TRY(
			    put_recipient(recipient_of(dsn, i), &dsn->refusals->item[i], out));
	return SMIME_OK;
}

/* The header as it came. */
static bool
is_ascii(const struct policy_header *header)
{
	for (size_t i = 0; i < header->count; i++)
		for (size_t k = 0; k < header->field[i].line.len; k++)
			if (header->field[i].line.data[k] >= 0x80)
				return false;
	return true;
}

/* RFC 6533 s4: a header with UTF-8 in it has a type of its own. */
static enum smime_status
put_header_part(const struct gateway_dsn *dsn, const char *boundary, struct smime_buf *out)
{
	return smime_buf_appendf(out,
	    "--%s\r\nContent-Type: %s\r\nContent-Transfer-Encoding: 8bit\r\n\r\n", boundary,
	    is_ascii(dsn->header) ? "text/rfc822-headers" : "message/global-headers");
}

enum smime_status
gateway_dsn_write(const struct gateway_dsn *dsn, struct smime_spool *out)
{
	SMIME_AUTO_BUF text = { 0 };
	char boundary[64];

	SMIME_TRY(smime_mime_boundary(boundary, sizeof boundary));
	SMIME_TRY(put_header(dsn, boundary, &text));
	SMIME_TRY(put_explanation(dsn, boundary, &text));
	SMIME_TRY(put_status(dsn, boundary, &text));
	SMIME_TRY(put_header_part(dsn, boundary, &text));
	SMIME_TRY(smime_spool_write(out, text.data, text.len));
	SMIME_TRY(policy_header_write(dsn->header, smime_spool_stage(out)));
	text.len = 0;
	SMIME_TRY(smime_buf_appendf(&text, "\r\n--%s--\r\n", boundary));
	return smime_spool_write(out, text.data, text.len);
}
