/* test_act.c - what each action does to a message, by filters as an administrator writes them:
 * other recipients, notices, tags, log entries; what is never given away. */
#include "policy/db.h"
#include "policy/header.h"
#include "policy/json.h"
#include "support.h"
#include "support_site.h"

#include <stdlib.h>

static struct pki_cert *partner;

static void
make_certificates(void)
{
	partner = pki_make(&(struct pki_spec){ .name = "partner",
	    .domains = "b.example",
	    .key = "rsa-2048",
	    .usage = "sign encipher" });
}

static void
free_certificates(void)
{
	pki_free(&partner);
}

#define TEXT                                                                 \
	"From: user@a.example\r\nTo: x@b.example\r\nSubject: Gr\xC3\xBC\xC3" \
	"\x9F"                                                               \
	"e\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nhello canary\r\n"

static void
setup(void)
{
	site_make();
	db_add_public_key("partner", partner);
	db_run("INSERT INTO sending_profile (name, mode) VALUES ('encrypt', 'encrypt')");
	site_message("user@a.example", TEXT, strlen(TEXT));
	ck_assert_int_eq(policy_message_set(&site.message->queue_id, "4Q1"), SMIME_OK);
	site_recipients("<x@b.example> <y@b.example>");
}

static void
teardown(void)
{
	site_remove();
}

static void
message_filter(const char *block)
{
	db_run("INSERT INTO message_filter (name, position, script) VALUES ('mf', 1, %Q || %Q)",
	    "mf: if true ", block);
}

/* A content filter on all outgoing mail; argument as in the table. */
static void
content_filter(int position, const char *action, const char *argument, const char *profile)
{
	db_run("INSERT INTO content_filter (name, direction) VALUES ('cf', 'outgoing') ON CONFLICT"
	       " DO NOTHING; INSERT INTO mail_policy_filter (mail_policy, position, content_filter)"
	       " VALUES ('default-outgoing', 1, 'cf') ON CONFLICT DO NOTHING;"
	       "INSERT INTO content_filter_action (content_filter, position, action, argument,"
	       " sending_profile) VALUES ('cf', %d, %Q, %Q, %Q)",
	    position, action, argument, profile);
}

/* "x@b.example y@b.example": who gets copy i. */
static const char *
gets(size_t i)
{
	static char text[400];

	text[0] = 0;
	ck_assert_uint_lt(i, site.outcome->copy_count);
	for (size_t k = 0; k < site.outcome->copies[i].recipient_count; k++) {
		const struct policy_recipient *r =
		    &site.message->recipients[site.outcome->copies[i].recipients[k]];

		(void)strncat(text, k ? " " : "", sizeof text - strlen(text) - 1);
		(void)strncat(text, r->address, sizeof text - strlen(text) - 1);
	}
	return text;
}

static bool
record_has(const char *what)
{
	return strstr(site.outcome->record, what) != NULL;
}

/* The octets of notice i, NUL-ended, until the next call. */
static const char *
notice(size_t i)
{
	static char text[8192];
	struct smime_bytes view;

	ck_assert_uint_lt(i, site.outcome->notice_count);
	ck_assert_int_eq(smime_spool_view(site.outcome->notices[i].octets, &view, NULL), SMIME_OK);
	ck_assert_uint_lt(view.len, sizeof text);
	(void)memcpy(text, view.data, view.len);
	text[view.len] = 0;
	return text;
}

#define NOTICE_HAS(i, what) ck_assert_msg(strstr(notice(i), what), "%s", notice(i))

/* ---- other recipients ---- */

START_TEST(pitfall_15_bcc_adds_nobody_twice_and_nobody_sees_it)
{
	message_filter("{ bcc('archive@a.example'); bcc('X@B.example'); }");
	site_run(false);
	ck_assert_uint_eq(site.outcome->copy_count, 1);
	ck_assert_str_eq(gets(0), "x@b.example y@b.example archive@a.example");
	ck_assert(site.message->recipients[2].added);
	ck_assert_str_eq(site.message->recipients[2].args, "NOTIFY=NEVER");
	/* Another run begins anew. */
	site_run(false);
	ck_assert_uint_eq(site.message->recipient_count, 3);
}
END_TEST

START_TEST(bcc_of_a_message_filter_falls_under_its_own_mail_policy)
{
	message_filter("{ bcc('archive@a.example'); }");
	db_run("INSERT INTO mail_policy (name, direction, position) VALUES ('b', 'outgoing', 1);"
	       "INSERT INTO mail_policy_member (mail_policy, side, pattern)"
	       " VALUES ('b', 'recipient', '@b.example')");
	content_filter(1, "smime-gateway", "", "encrypt");
	db_run("UPDATE mail_policy_filter SET mail_policy = 'b'");
	site_run(false);
	ck_assert_uint_eq(site.outcome->copy_count, 3); /* y is named nowhere: a copy of his own */
	for (size_t i = 0; i < 3; i++)
		ck_assert_int_eq(site.outcome->copies[i].treatment == POLICY_CLEAR,
		    !strcmp(gets(i), "archive@a.example"));
}
END_TEST

START_TEST(bcc_without_a_key_gets_nothing_and_stops_nobody)
{
	content_filter(1, "bcc", "archive@a.example", NULL);
	content_filter(2, "bcc", "safe@b.example", NULL);
	content_filter(3, "smime-gateway", "", "encrypt");
	site_run(false);
	ck_assert_int_eq(site.outcome->reply, POLICY_REPLY_ACCEPT);
	ck_assert_uint_eq(site.outcome->copy_count, 3);
	for (size_t i = 0; i < 3; i++) {
		ck_assert_int_eq(site.outcome->copies[i].treatment, POLICY_SEALED);
		ck_assert_ptr_null(strstr(gets(i), "archive"));
	}
	ck_assert_uint_eq(site.outcome->dropped_count, 1);
	ck_assert(record_has("dropped=archive@a.example"));
}
END_TEST

START_TEST(alt_rcpt_to_takes_the_message_elsewhere)
{
	message_filter("{ alt-rcpt-to('review@a.example'); }");
	site_run(false);
	ck_assert_uint_eq(site.outcome->copy_count, 1);
	ck_assert_str_eq(gets(0), "review@a.example");
	ck_assert(record_has("redirected=x@b.example,y@b.example"));
}
END_TEST

START_TEST(alt_rcpt_to_may_name_one_of_the_recipients)
{
	content_filter(1, "alt-rcpt-to", "y@b.example", NULL);
	content_filter(2, "bcc", "archive@a.example", NULL);
	site_run(false);
	ck_assert_str_eq(gets(0), "y@b.example archive@a.example");
	ck_assert(record_has("redirected=x@b.example"));
}
END_TEST

START_TEST(alt_rcpt_to_without_a_key_is_refused_like_everybody)
{
	content_filter(1, "alt-rcpt-to", "review@a.example", NULL);
	content_filter(2, "smime-gateway", "", "encrypt");
	site_run(false);
	ck_assert_int_eq(site.outcome->reply, POLICY_REPLY_REJECT);
	ck_assert_ptr_nonnull(strstr(site.outcome->text, "review@a.example"));
}
END_TEST

START_TEST(what_is_no_address_is_left_out_and_logged)
{
	ck_assert_int_eq(policy_message_set(&site.message->mail_from, ""), SMIME_OK);
	message_filter("{ notify('$EnvelopeFrom'); bcc('$subject'); }");
	site_run(false);
	ck_assert_uint_eq(site.outcome->notice_count, 0);
	ck_assert_uint_eq(site.outcome->plan->log_entry_count, 2);
	ck_assert_str_eq(
	    site.outcome->plan->log_entries[0], "mf: action notify left out: \"\" is no address");
	ck_assert_str_eq(gets(0), "x@b.example y@b.example");
}
END_TEST

/* ---- notices ---- */

START_TEST(notify_tells_without_the_message)
{
	message_filter("{ notify('boss@a.example'); }");
	site_run(false);
	ck_assert_uint_eq(site.outcome->notice_count, 1);
	ck_assert_str_eq(site.outcome->notices[0].to, "boss@a.example");
	NOTICE_HAS(0, "To: <boss@a.example>\r\n");
	NOTICE_HAS(0, "Subject: [S/MIME gateway] filter mf\r\n");
	NOTICE_HAS(0, "Auto-Submitted: auto-generated\r\n");
	NOTICE_HAS(0, "Queue id:     4Q1\r\n");
	NOTICE_HAS(0, "Recipient:    y@b.example\r\n");
	ck_assert_ptr_null(strstr(notice(0), "canary"));
	ck_assert(record_has("notified=boss@a.example"));
}
END_TEST

START_TEST(notify_takes_a_subject_and_a_sender)
{
	message_filter("{ notify('$EnvelopeRecipients', 'Saw $subject', 'gate@a.example'); }");
	site_run(false);
	ck_assert_uint_eq(site.outcome->notice_count, 2);
	ck_assert_str_eq(site.outcome->notices[1].to, "y@b.example");
	NOTICE_HAS(0, "From: S/MIME gateway <gate@a.example>\r\n");
	NOTICE_HAS(0, "Subject: =?utf-8?Q?=53=61=77=20=47=72=C3=BC=C3=9F=65?=\r\n");
}
END_TEST

START_TEST(notify_copy_encloses_the_message)
{
	message_filter("{ notify-copy('boss@a.example'); drop(); }");
	site_run(false);
	ck_assert_int_eq(site.outcome->reply, POLICY_REPLY_DISCARD);
	ck_assert_uint_eq(site.outcome->notice_count, 1);
	NOTICE_HAS(0, "Content-Type: message/rfc822\r\n");
	NOTICE_HAS(0, TEXT);
}
END_TEST

START_TEST(notify_copy_never_encloses_what_is_to_be_encrypted)
{
	content_filter(1, "notify-copy", "boss@a.example", NULL);
	content_filter(2, "smime-gateway", "", "encrypt");
	site_run(false);
	ck_assert_uint_eq(site.outcome->notice_count, 1);
	NOTICE_HAS(0, "Content-Type: text/rfc822-headers\r\n");
	NOTICE_HAS(0, "To: x@b.example\r\n");
	ck_assert_ptr_null(strstr(notice(0), "canary"));
}
END_TEST

START_TEST(a_message_filter_speaks_once_however_many_copies_there_are)
{
	message_filter("{ notify('boss@a.example'); log-entry('once'); tag-message('$Group'); }");
	db_run("INSERT INTO mail_policy (name, direction, position) VALUES ('p', 'outgoing', 1);"
	       "INSERT INTO mail_policy_member (mail_policy, side, pattern)"
	       " VALUES ('p', 'recipient', 'x@b.example')");
	site_run(false);
	ck_assert_uint_eq(site.outcome->plan->splinter_count, 2);
	ck_assert_uint_eq(site.outcome->notice_count, 1);
	ck_assert_uint_eq(site.outcome->plan->log_entry_count, 1);
	ck_assert_uint_eq(site.outcome->plan->tag_count, 1);
	ck_assert(record_has("tag=RELAYLIST"));
}
END_TEST

START_TEST(the_record_for_explain_names_them_all)
{
	SMIME_AUTO_BUF json = { 0 };

	message_filter("{ tag-message('t'); notify('boss@a.example'); "
		       "alt-rcpt-to('review@a.example'); }");
	site_run(false);
	ck_assert_int_eq(policy_record_explain(site.outcome, site.message, &json), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&json), SMIME_OK);
	ck_assert_msg(
	    strstr((char *)json.data, "\"tags\":[\"t\"],\"notified\":[\"boss@a.example\"],"
				      "\"redirected\":[\"x@b.example\",\"y@b.example\"],"),
	    "%s", (char *)json.data);
	ck_assert_ptr_nonnull(strstr((char *)json.data, "\"recipients\":[\"review@a.example\"]"));
}
END_TEST

/* What a variable stands for comes out of the message: its backslashes are backslashes. */
static const struct {
	const char *subject, *replacement, *want;
} replacements[] = {
	{ "\\1\\0", "\\1-$Subject", "se-\\1\\0cret" },
	{ "1", "\\$Subject\\1", "\\1secret" },
	{ "\\", "\\$Subject", "\\\\cret" },
	{ "a", "\\\\$Subject", "\\acret" },
	{ "a", "$5\\1", "$5secret" },
};

START_TEST(a_value_is_no_group_of_the_pattern)
{
	SMIME_AUTO(policy_header) header = NULL;
	SMIME_AUTO_BUF text = { 0 };
	SMIME_AUTO_BUF argument = { 0 };
	struct smime_bytes value;

	ck_assert_int_eq(smime_buf_appendf(&text,
			     "X-A: secret\r\nFrom: user@a.example\r\nSubject: %s\r\n\r\nx\r\n",
			     replacements[_i].subject),
	    SMIME_OK);
	site_octets(text.data, text.len);
	ck_assert_int_eq(smime_buf_appendf(&argument, "[\"X-A\",\"(se)\","), SMIME_OK);
	ck_assert_int_eq(policy_json_text(replacements[_i].replacement, &argument), SMIME_OK);
	ck_assert_int_eq(smime_buf_append(&argument, "]", 2), SMIME_OK);
	content_filter(1, "edit-header-text", (const char *)argument.data, NULL);
	site_run(false);
	ck_assert_uint_eq(site.outcome->copy_count, 1);
	ck_assert_int_eq(
	    policy_header_read(smime_bytes(text.data, text.len), &header, NULL), SMIME_OK);
	ck_assert_int_eq(
	    policy_header_apply(header, &site.outcome->copies[0].edits, NULL), SMIME_OK);
	value = policy_header_value(&header->field[0]);
	ck_assert_msg(smime_bytes_equal(value, smime_bytes_str(replacements[_i].want)), "%.*s",
	    (int)value.len, (const char *)value.data);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("act");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_add_unchecked_fixture(tc, make_certificates, free_certificates);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, pitfall_15_bcc_adds_nobody_twice_and_nobody_sees_it);
	tcase_add_test(tc, bcc_of_a_message_filter_falls_under_its_own_mail_policy);
	tcase_add_test(tc, bcc_without_a_key_gets_nothing_and_stops_nobody);
	tcase_add_test(tc, alt_rcpt_to_takes_the_message_elsewhere);
	tcase_add_test(tc, alt_rcpt_to_may_name_one_of_the_recipients);
	tcase_add_test(tc, alt_rcpt_to_without_a_key_is_refused_like_everybody);
	tcase_add_test(tc, what_is_no_address_is_left_out_and_logged);
	tcase_add_test(tc, notify_tells_without_the_message);
	tcase_add_test(tc, notify_takes_a_subject_and_a_sender);
	tcase_add_test(tc, notify_copy_encloses_the_message);
	tcase_add_test(tc, notify_copy_never_encloses_what_is_to_be_encrypted);
	tcase_add_test(tc, a_message_filter_speaks_once_however_many_copies_there_are);
	tcase_add_test(tc, the_record_for_explain_names_them_all);
	tcase_add_loop_test(tc, a_value_is_no_group_of_the_pattern, 0,
	    (int)(sizeof replacements / sizeof *replacements));
	return suite;
}
