/*
 * dsn.c - tell a sender that some recipients were refused while others got the message.  RFC 3464,
 * RFC 6522, RFC 3461. Refuses to return a body: it may be what was to be encrypted.
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

static enum smime_status
put_header(const struct gateway_dsn *dsn, const char *boundary, struct smime_buf *out)
{
	char date[GATEWAY_DATE_SIZE];

	gateway_date_text(dsn->now, date);
	SMIME_TRY(smime_buf_appendf(out, "Date: %s\r\n", date));
	SMIME_TRY(smime_buf_appendf(out, "From: Mail Delivery System <"));
	SMIME_TRY(put_line_text(out, dsn->postmaster));
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
	for (size_t i = 0; i < dsn->bounce->recipient_count; i++) {
		const struct policy_recipient *r =
		    &dsn->message->recipients[dsn->bounce->recipients[i]];

		if (gateway_dsn_is_wanted(r))
			SMIME_TRY(put_field(out, "   ", r->address));
	}
	SMIME_TRY(smime_buf_appendf(out, "\r\nThe reason: "));
	SMIME_TRY(put_line_text(out, dsn->bounce->text));
	return smime_buf_appendf(out, "\r\n\r\n");
}

/* RFC 3464 s2.3. */
static enum smime_status
put_recipient(
    const struct gateway_dsn *dsn, const struct policy_recipient *r, struct smime_buf *out)
{
	struct smime_bytes orcpt = arg_value(r->args, "ORCPT");
	const char *type = gateway_smtp_is_ascii(r->address) ? "rfc822;" : "utf-8;";

	if (orcpt.len > 0)
		SMIME_TRY(smime_buf_appendf(
		    out, "Original-Recipient: %.*s\r\n", (int)orcpt.len, orcpt.data));
	SMIME_TRY(smime_buf_appendf(out, "Final-Recipient: %s", type));
	SMIME_TRY(put_field(out, "", r->address));
	SMIME_TRY(
	    smime_buf_appendf(out, "Action: failed\r\nStatus: %s\r\nDiagnostic-Code: smtp; %s %s",
		dsn->bounce->xcode, dsn->bounce->code, dsn->bounce->xcode));
	SMIME_TRY(put_field(out, "", dsn->bounce->text));
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
		SMIME_TRY(smime_buf_appendf(
		    out, "Original-Envelope-Id: %.*s\r\n", (int)envid.len, envid.data));
	gateway_date_text(dsn->message->received_at, date);
	SMIME_TRY(smime_buf_appendf(
	    out, "Reporting-MTA: dns; %s\r\nArrival-Date: %s\r\n\r\n", dsn->hostname, date));
	for (size_t i = 0; i < dsn->bounce->recipient_count; i++) {
		const struct policy_recipient *r =
		    &dsn->message->recipients[dsn->bounce->recipients[i]];

		if (gateway_dsn_is_wanted(r))
			SMIME_TRY(put_recipient(dsn, r, out));
	}
	return smime_buf_appendf(out,
	    "--%s\r\nContent-Type: text/rfc822-headers\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
	    boundary);
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
	SMIME_TRY(smime_spool_write(out, text.data, text.len));
	SMIME_TRY(policy_header_write(dsn->header, smime_spool_stage(out)));
	text.len = 0;
	SMIME_TRY(smime_buf_appendf(&text, "\r\n--%s--\r\n", boundary));
	return smime_spool_write(out, text.data, text.len);
}
