/*
 * notice.c - messages of ours that tell somebody of a message.  FILTERS: notify, notify-copy.
 * RFC 3834 s3.1.8: marked as automatic, so that nobody's vacation program answers.
 *
 * Memory: the text; an enclosed message is copied from spool to spool. Refuses to enclose what
 * policy says to encrypt, and never encloses what was decrypted: the message goes as it came.
 */
#include "notice.h"

#include "array.h"
#include "plan.h"
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define HEADER_MAX 65536

struct notice {
	struct policy_work *work;
	const struct policy_notification *what;
	struct smime_buf text;
	char host[256];
	char boundary[64];
	bool whole; /* encloses the body, too */
};

/* ---- header ---- */

static enum smime_status
put_date(struct notice *n, int64_t when)
{
	char text[64] = "";
	time_t t = (time_t)when;
	struct tm tm;

	/* The C locale's names: the programs set no other. */
	if (gmtime_r(&t, &tm))
		(void)strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S +0000", &tm);
	return smime_buf_appendf(&n->text, "%s", text);
}

static bool
is_plain(const char *text)
{
	for (; *text; text++)
		if ((uint8_t)*text < ' ' || (uint8_t)*text > '~')
			return false;
	return true;
}

/* One encoded word of at most 15 characters (RFC 2047 s2: 75 octets), which stay whole. */
static enum smime_status
put_word(struct notice *n, struct smime_bytes *rest)
{
	SMIME_TRY(smime_buf_appendf(&n->text, "=?utf-8?Q?"));
	for (size_t used = 0; used < 12 && rest->len > 0;) {
		size_t len = smime_utf8(*rest, NULL);

		if (len == 0)
			len = 1; /* no UTF-8: as it is */
		for (size_t i = 0; i < len; i++)
			SMIME_TRY(smime_buf_appendf(&n->text, "=%02X", rest->data[i]));
		*rest = smime_bytes_slice(*rest, len, rest->len);
		used += len;
	}
	return smime_buf_appendf(&n->text, "?=");
}

/* Expanded texts hold no control characters. */
static enum smime_status
put_subject(struct notice *n)
{
	struct smime_bytes rest = smime_bytes_str(n->what->subject);

	SMIME_TRY(smime_buf_appendf(&n->text, "Subject: "));
	if (rest.len == 0)
		return smime_buf_appendf(
		    &n->text, "[S/MIME gateway] filter %s\r\n", n->what->filter);
	if (is_plain(n->what->subject) && rest.len < 900)
		return smime_buf_appendf(&n->text, "%s\r\n", n->what->subject);
	while (rest.len > 0) {
		SMIME_TRY(put_word(n, &rest));
		SMIME_TRY(smime_buf_appendf(&n->text, rest.len > 0 ? "\r\n " : "\r\n"));
	}
	return SMIME_OK;
}

/* What the action names, else the postmaster of the settings. */
static enum smime_status
put_from(struct notice *n)
{
	const char *from = *n->what->from && is_plain(n->what->from)
			       ? n->what->from
			       : n->work->process->snapshot->postmaster;

	return smime_buf_appendf(&n->text, "From: S/MIME gateway <%s>\r\n", from);
}

static enum smime_status
put_header(struct notice *n)
{
	SMIME_TRY(smime_buf_appendf(&n->text, "Date: "));
	SMIME_TRY(put_date(n, n->work->process->now));
	SMIME_TRY(smime_buf_appendf(&n->text, "\r\n"));
	SMIME_TRY(put_from(n));
	SMIME_TRY(smime_buf_appendf(&n->text, "To: <%s>\r\n", n->what->to));
	SMIME_TRY(put_subject(n));
	SMIME_TRY(smime_buf_appendf(&n->text,
	    "Message-ID: <%s@%s>\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n",
	    n->boundary + strspn(n->boundary, "=_"), n->host));
	if (n->what->copy)
		SMIME_TRY(smime_buf_appendf(&n->text,
		    "Content-Type: multipart/mixed; boundary=\"%s\"\r\n\r\n--%s\r\n", n->boundary,
		    n->boundary));
	return smime_buf_appendf(&n->text, "Content-Type: text/plain; charset=utf-8\r\n"
					   "Content-Transfer-Encoding: 8bit\r\n\r\n");
}

/* ---- text ---- */

static enum smime_status
put_line(struct notice *n, const char *name, const char *value)
{
	return *value ? smime_buf_appendf(&n->text, "  %-13s %.900s\r\n", name, value) : SMIME_OK;
}

static enum smime_status
put_text(struct notice *n)
{
	const struct policy_message *m = n->work->message;

	SMIME_TRY(smime_buf_appendf(&n->text,
	    "This is the S/MIME gateway at %s. A filter says that you be told of a message:\r\n"
	    "\r\n",
	    n->host));
	SMIME_TRY(put_line(n, "Filter:", n->what->filter));
	SMIME_TRY(put_line(n, "Queue id:", m->queue_id));
	SMIME_TRY(put_line(n, "Sender:", *m->mail_from ? m->mail_from : "<>"));
	for (size_t i = 0; i < m->recipient_count; i++)
		SMIME_TRY(put_line(n, "Recipient:", m->recipients[i].address));
	SMIME_TRY(smime_buf_appendf(&n->text, "  %-13s ", "Received:"));
	SMIME_TRY(put_date(n, m->received_at));
	return smime_buf_appendf(&n->text, "\r\n");
}

/* ---- the enclosed message ---- */

/* Does anything of the message leave encrypted? Then nothing of it leaves otherwise. */
static bool
is_secret(const struct policy_plan *plan)
{
	for (size_t i = 0; i < plan->splinter_count; i++) {
		const struct policy_profile *p = plan->splinters[i].profile;

		if (p && p->mode != SMIME_MODE_SIGN)
			return true;
	}
	return false;
}

static enum smime_status
write_enclosed(struct notice *n, struct smime_spool *out)
{
	struct smime_bytes header = smime_mime_part(n->work->mime, 0)->header;

	SMIME_TRY(smime_buf_appendf(&n->text,
	    "\r\n%s\r\n--%s\r\nContent-Type: %s\r\nContent-Transfer-Encoding: 8bit\r\n\r\n",
	    n->whole ? "The message is attached as it was received."
		     : "It is to be encrypted: its header alone is attached.",
	    n->boundary, n->whole ? "message/rfc822" : "text/rfc822-headers"));
	SMIME_TRY(smime_spool_write(out, n->text.data, n->text.len));
	n->text.len = 0;
	if (n->whole)
		SMIME_TRY(smime_spool_push(
		    n->work->message->spool, 0, UINT64_MAX, smime_spool_stage(out)));
	else
		SMIME_TRY(smime_push_bytes(
		    smime_spool_stage(out), smime_bytes_slice(header, 0, HEADER_MAX)));
	return smime_buf_appendf(&n->text, "\r\n--%s--\r\n", n->boundary);
}

static enum smime_status
write_notice(struct notice *n, struct smime_spool *out)
{
	SMIME_TRY(put_header(n));
	SMIME_TRY(put_text(n));
	if (n->what->copy)
		SMIME_TRY(write_enclosed(n, out));
	return smime_spool_write(out, n->text.data, n->text.len);
}

static enum smime_status
make_notice(struct policy_work *work, const struct policy_notification *what)
{
	struct notice n = { .work = work, .what = what, .whole = !is_secret(work->outcome->plan) };
	SMIME_AUTO(smime_spool) spool = NULL;
	enum smime_status status;

	(void)gethostname(n.host, sizeof n.host - 1);
	SMIME_TRY(smime_mime_boundary(n.boundary, sizeof n.boundary));
	SMIME_TRY(smime_spool_new(work->process->spool, &spool));
	status = write_notice(&n, spool);
	smime_buf_reset(&n.text);
	SMIME_TRY(status);
	return policy_outcome_notice(work->outcome, what->to, &spool);
}

enum smime_status
policy_make_notices(struct policy_work *work)
{
	const struct policy_plan *plan = work->outcome->plan;

	for (size_t i = 0; i < plan->notification_count && !work->process->plan_only; i++)
		SMIME_TRY(make_notice(work, &plan->notifications[i]));
	return SMIME_OK;
}
