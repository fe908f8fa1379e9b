/*
 * test_language.c - every rule and every action of the filter language, from the callbacks of an
 * MTA to what it then sends: tables of the database, the daemon's own code, the fake MTA.
 *
 * Each row of the tables of tests and actions must stand here: a new one without a test fails.
 */
#include "action.h"
#include "policy/db.h"
#include "policy/process.h"
#include "rule_tests.h"
#include "support.h"
#include "support_db.h"
#include "support_gateway.h"

#include <stdio.h>
#include <stdlib.h>

static struct pki_cert *own, *partner;
static struct policy_store *store;
static struct policy_snapshot *snapshot;
static struct test_gateway t;
static const char *const recipients[] = { "<x@b.example>", "<y@c.example>", NULL };

/* ---- messages ---- */

#define FROM                                                                       \
	"From: Joe <joe@a.example>\r\nSender: ann@a.example\r\n"                   \
	"To: x@b.example, y@c.example\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n" \
	"X-Two: one\r\nX-Two: two\r\nMIME-Version: 1.0\r\n"

enum which {
	MIXED,
	BROKEN,
	TWICE, /* one boundary inside of itself */
	PGP_ENCRYPTED,
	SIGNED,        /* made by us, with the certificate own */
	CMS_ENCRYPTED, /* made by us, for somebody else */
	MESSAGES,
};

static char *messages[MESSAGES];
static const char *const texts[MESSAGES] = {
	[MIXED] = FROM "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
		       "--b\r\nContent-Type: text/plain\r\n\r\nThe body is confidential.\r\n"
		       "--b\r\nContent-Type: application/pdf; name=\"Offer.pdf\"\r\n"
		       "Content-Transfer-Encoding: base64\r\n\r\nJVBERi0xLjQgY29uZmlkZW50aWFs\r\n"
		       "--b\r\nContent-Type: application/octet-stream; name=\"x.asc\"\r\n\r\n"
		       "-----BEGIN PGP MESSAGE-----\r\nconfidential\r\n\r\n--b--\r\n",
	[BROKEN] = "From: joe@a.example\r\nX-\xFF: no field\r\n\r\nx\r\n",
	[TWICE] = FROM "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
		       "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n",
	[PGP_ENCRYPTED] = FROM "Content-Type: multipart/encrypted; boundary=b;"
			       " protocol=\"application/pgp-encrypted\"\r\n\r\n--b\r\n"
			       "Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n"
			       "--b\r\n\r\nx\r\n--b--\r\n",
};

/* ---- the gateway ---- */

/* As the daemon does, with the snapshot of the moment. */
static void
judge(const struct policy_message *message, struct policy_outcome *out)
{
	struct policy_outcome *made = NULL;
	struct smime_diag diag = { 0 };

	ck_assert_msg(
	    policy_process(&(struct policy_process){ .snapshot = snapshot, .now = PKI_NOW },
		(struct policy_message *)(uintptr_t)message, &made, &diag) == SMIME_OK,
	    "%s", diag.text);
	free(out->record);
	*out = *made;
	free(made);
}

static void
reload(void)
{
	struct smime_diag diag = { 0 };
	bool problem;

	policy_snapshot_free(&snapshot);
	if (!store)
		ck_assert_msg(
		    policy_store_open(db_path(), NULL, &store, &diag) == SMIME_OK, "%s", diag.text);
	ck_assert_int_eq(policy_store_current(store, &snapshot, &problem, &diag), SMIME_OK);
	ck_assert_msg(!problem, "%s", diag.text);
}

static void
make_sealed(enum which which, const char *profile)
{
	struct policy_message *m;
	struct policy_outcome *outcome = NULL;
	struct smime_bytes view;
	static const char plain[] = FROM "Content-Type: text/plain\r\n\r\nhello\r\n";

	ck_assert_int_eq(policy_message_new(&m), SMIME_OK);
	ck_assert_int_eq(policy_message_add_recipient(m, "<x@b.example>", NULL), SMIME_OK);
	ck_assert_int_eq(smime_spool_new(NULL, &m->spool), SMIME_OK);
	ck_assert_int_eq(smime_spool_write(m->spool, plain, strlen(plain)), SMIME_OK);
	ck_assert_int_eq(policy_process(&(struct policy_process){ .snapshot = snapshot,
					    .now = PKI_NOW,
					    .profile = policy_snapshot_profile(snapshot, profile) },
			     m, &outcome, NULL),
	    SMIME_OK);
	ck_assert_uint_eq(outcome->copy_count, 1);
	ck_assert_ptr_nonnull(outcome->copies[0].entity);
	ck_assert_int_eq(smime_spool_view(outcome->copies[0].entity, &view, NULL), SMIME_OK);
	/* The fields stand twice where the entity has its own: the first ones count. */
	ck_assert_int_ge(
	    asprintf(&messages[which], "From: Joe <joe@a.example>\r\nSubject: s\r\n%.*s",
		(int)view.len, (const char *)view.data),
	    0);
	policy_outcome_free(&outcome);
	policy_message_free(&m);
}

static void
setup(void)
{
	own = pki_make(&(struct pki_spec){
	    .name = "own", .domains = "a.example", .mailboxes = "joe@a.example" });
	partner = pki_make(&(struct pki_spec){ .name = "partner",
	    .domains = "b.example",
	    .key = "rsa-2048",
	    .usage = "sign encipher" });
	db_make();
	ck_assert_int_eq(policy_db_init(db_path(), NULL), SMIME_OK);
	db_add_own("own", own);
	db_add_public_key("own", own);
	db_add_public_key("partner", partner);
	db_run("INSERT INTO sending_profile (name, mode) VALUES ('encrypt', 'encrypt');"
	       "INSERT INTO sending_profile (name, mode, signing_certificate)"
	       " VALUES ('sign', 'sign', 'own');"
	       "UPDATE mail_flow_policy SET smime_open = 1;"
	       "INSERT INTO dictionary (name) VALUES ('words');"
	       "INSERT INTO dictionary_term (dictionary, term, weight) VALUES"
	       " ('words', 'confidential', 5), ('words', 'Gr', 1), ('words', '@[bc].example', 1),"
	       " ('words', 'joe', 1)");
	for (size_t i = 0; i < MESSAGES; i++)
		messages[i] = texts[i] ? strdup(texts[i]) : NULL;
	reload();
	make_sealed(SIGNED, "sign");
	make_sealed(CMS_ENCRYPTED, "encrypt");
}

static void
teardown(void)
{
	policy_snapshot_free(&snapshot);
	policy_store_free(&store);
	for (size_t i = 0; i < MESSAGES; i++)
		free(messages[i]);
	db_remove();
	pki_free(&own);
	pki_free(&partner);
}

/* What the MTA sends after a message filter was at it, until the next call. */
static const char *
pass(const char *script, enum which which, enum fake_kind kind)
{
	static char sent[20000];
	char *octets;

	db_run("DELETE FROM message_filter;"
	       "INSERT INTO message_filter (name, position, script) VALUES ('f', 1, %Q)",
	    script);
	reload();
	test_gateway_init(&t, kind, messages[which], recipients);
	fake_mta_macro(&t.mta, "{auth_authen}", "joe");
	t.make = judge;
	(void)fake_mta_run(
	    &t.mta, t.session, &(const struct fake_envelope){ .from = "<joe@a.example>" });
	octets = fake_mta_sends(&t.mta);
	(void)snprintf(sent, sizeof sent, "%s", octets);
	free(octets);
	return sent;
}

/* ---- rules ---- */

/* The first word of each is its rule's name. */
static const struct {
	const char *holds, *holds_not;
	enum which which;
} rules[] = {
	{ "true", "not true", MIXED },
	{ "valid", NULL, MIXED },
	{ NULL, "valid", BROKEN },
	{ "subject == '^Gr\xC3\xBC\xC3\x9F"
	  "e$'",
	    "subject != '(?i)gr'", MIXED },
	{ "mail-from == 'JOE@'", "mail-from == '^$'", MIXED },
	{ "rcpt-to == '@c\\\\.example$'", "rcpt-to == '@d'", MIXED },
	{ "header('X-Two') == '^two$'", "header('X-None')", MIXED },
	{ "body-size > 100", "body-size >= 1M", MIXED },
	{ "rcpt-count == 2", "rcpt-count != 2", MIXED },
	{ "addr-count('To', 'Sender') == 3", "addr-count('Cc') > 0", MIXED },
	{ "sendergroup == 'RELAYLIST'", "sendergroup == 'ALL'", MIXED },
	{ "recv-listener != 'of-main.cf'", "recv-listener == 'of-main.cf'", MIXED },
	{ "remote-ip == '127.0.0.0/8'", "remote-ip == '::1'", MIXED },
	{ "date > '01/01/2020 00:00:00'", "date < '01/01/2020 00:00:00'", MIXED },
	{ "random(1) == 0", "random(1) != 0", MIXED },
	{ "body-contains('confidential', 3)", "body-contains('confidential', 4)", MIXED },
	{ "only-body-contains('confidential')", "only-body-contains('PGP')", MIXED },
	{ "attachment-contains('confidential', 2)", "attachment-contains('The body')", MIXED },
	{ "every-attachment-contains('confidential')", "every-attachment-contains('PDF')", MIXED },
	{ "attachment-binary-contains('%PDF')", "attachment-binary-contains('The body')", MIXED },
	{ "attachment-filename == '(?i)offer\\\\.PDF'", "attachment-filename == 'offer'", MIXED },
	{ "attachment-type == 'application/*'", "attachment-type == 'image/*'", MIXED },
	{ "attachment-mimetype == 'application/pdf'", "attachment-mimetype == 'image/gif'", MIXED },
	{ "attachment-filetype == 'pdf'", "attachment-filetype == 'executable'", MIXED },
	{ "attachment-size > 20", "attachment-size > 1K", MIXED },
	{ "attachment-protected", NULL, MIXED },
	{ NULL, "attachment-protected", SIGNED },
	{ "attachment-unprotected", NULL, MIXED },
	{ NULL, "attachment-unprotected", CMS_ENCRYPTED },
	{ "dictionary-match('words', 15)", "dictionary-match('words', 17)", MIXED },
	{ "subject-dictionary-match('words')", NULL, MIXED },
	{ NULL, "subject-dictionary-match('words')", SIGNED },
	{ "body-dictionary-match('words', 5)", "body-dictionary-match('words', 6)", MIXED },
	{ "attachment-dictionary-match('words', 10)", "attachment-dictionary-match('words', 12)",
	    MIXED },
	{ "header-dictionary-match('words', 'To')", "header-dictionary-match('words', 'X-Two')",
	    MIXED },
	{ "mail-from-dictionary-match('words')", "mail-from-dictionary-match('words', 2)", MIXED },
	{ "rcpt-to-dictionary-match('words')", "rcpt-to-dictionary-match('words', 2)", MIXED },
	{ "encrypted", NULL, CMS_ENCRYPTED },
	{ "encrypted", NULL, PGP_ENCRYPTED },
	{ NULL, "encrypted", SIGNED },
	{ "signed", NULL, SIGNED },
	{ NULL, "signed", PGP_ENCRYPTED },
	{ "signed-certificate('signer') == '^joe@a\\\\.example$'",
	    "signed-certificate('issuer') == 'CN=nobody'", SIGNED },
	{ "signed-certificate('issuer') == 'CN=own'", "signed-certificate('signer') == 'ann'",
	    SIGNED },
	{ NULL, "signed-certificate('signer')", MIXED },
	{ "smime-gateway-message", NULL, SIGNED },
	{ NULL, "smime-gateway-message", MIXED },
	{ "smime-gateway-verified", NULL, SIGNED },
	{ NULL, "smime-gateway-verified", CMS_ENCRYPTED },
	{ "smtp-auth-id-matches('*FromAddress')", "smtp-auth-id-matches('*Sender')", MIXED },
	{ "smtp-auth-id-matches('*EnvelopeFrom', '+')", NULL, MIXED },
	{ "malformed-header", NULL, BROKEN },
	{ NULL, "malformed-header", MIXED },
	{ "duplicate_boundaries", NULL, TWICE },
	{ NULL, "duplicate_boundaries", MIXED },
};

static bool
hits(const char *rule, enum which which)
{
	char script[300];
	bool hit;

	(void)snprintf(script, sizeof script, "f: if %s { insert-header('X-Hit', 'yes'); }", rule);
	hit = strstr(pass(script, which, which % 2 ? FAKE_SENDMAIL : FAKE_POSTFIX),
		  "\r\nX-Hit: yes\r\n") != NULL;
	test_gateway_reset(&t);
	return hit;
}

START_TEST(a_rule_is_asked_of_what_the_mta_brings)
{
	if (rules[_i].holds)
		ck_assert_msg(hits(rules[_i].holds, rules[_i].which), "%s", rules[_i].holds);
	if (rules[_i].holds_not)
		ck_assert_msg(
		    !hits(rules[_i].holds_not, rules[_i].which), "%s", rules[_i].holds_not);
}
END_TEST

/* Does a row begin with that name? */
static bool
is_of(const char *row, const char *name)
{
	size_t len = strlen(name);

	return row && strncmp(row, name, len) == 0 &&
	       !strchr("-abcdefghijklmnopqrstuvwxyz_", row[len] ? row[len] : ' ');
}

START_TEST(a_signer_is_seen_without_opening)
{
	db_run("UPDATE mail_flow_policy SET smime_open = 0");
	ck_assert(hits("signed-certificate('signer') == '^joe@a\\\\.example$'", SIGNED));
	ck_assert(!hits("signed-certificate('signer') == 'ann'", SIGNED));
	ck_assert(!hits("signed-certificate('signer')", MIXED));
	ck_assert(hits("signed and smime-gateway-message and not smime-gateway-verified", SIGNED));
}
END_TEST

START_TEST(every_rule_has_a_test_for_yes_and_for_no)
{
	for (size_t i = 0; policy_test_at(i); i++) {
		const char *name = policy_test_at(i)->name;
		bool yes = false, no = strcmp(name, "true") == 0;

		for (size_t k = 0; k < sizeof rules / sizeof *rules; k++) {
			yes = yes || is_of(rules[k].holds, name);
			no = no || is_of(rules[k].holds_not, name);
		}
		ck_assert_msg(yes && no, "%s is not tested", name);
	}
}
END_TEST

/* ---- actions ---- */

static const struct {
	const char *action;
	const char *sent, *not_sent, *left; /* NULL: all the same */
	const char *log;
} actions[] = {
	{ "smime-gateway('sign')", "multipart/signed", NULL, NULL, "profile=sign" },
	{ "smime-gateway-deferred('sign')", "multipart/signed", NULL, NULL, "profile=sign" },
	{ "quarantine('Policy')", NULL, NULL, NULL, "quarantine=Policy" },
	{ "drop()", NULL, NULL, NULL, "answer=discard" },
	{ "bounce()", NULL, NULL, NULL, "answer=reject" },
	{ "deliver()", "X-Two: two", "X-Behind", NULL, "filters=f" },
	{ "skip-filters()", "X-Two: two", "X-Behind", NULL, "filters=f" },
	{ "insert-header('X-New', '$MID')", "X-New: 4QUEUE1", NULL, NULL, NULL },
	{ "strip-header('X-Two')", NULL, "X-Two", NULL, NULL },
	{ "edit-header-text('X-Two', 't(w)o', '\\\\1\\\\1')", "X-Two: ww", "X-Two: two", NULL,
	    NULL },
	{ "log-entry('to $EnvelopeRecipients')", NULL, NULL, NULL, "to x@b.example, y@c.example" },
	{ "notify('z@d.example')", NULL, NULL, "<x@b.example> <y@c.example>", NULL },
	{ "notify-copy('z@d.example')", NULL, NULL, "<x@b.example> <y@c.example>", NULL },
	{ "bcc('z@d.example')", NULL, "z@d", "<x@b.example> <y@c.example> z@d.example", NULL },
	{ "alt-rcpt-to('z@d.example')", NULL, NULL, "z@d.example", NULL },
	{ "tag-message('blue')", NULL, NULL, NULL, "blue" },
	{ "no-op()", "X-Behind", NULL, NULL, NULL },
};

static void
try_action(size_t i, enum fake_kind kind)
{
	char script[300], *left;
	const char *sent;

	(void)snprintf(script, sizeof script, "f: if true { %s; insert-header('X-Behind', 'y'); }",
	    actions[i].action);
	sent = pass(script, MIXED, kind);
	left = fake_mta_recipients(&t.mta);
	ck_assert_msg(!actions[i].sent || strstr(sent, actions[i].sent), "%s:\n%s", script, sent);
	ck_assert_msg(
	    !actions[i].not_sent || !strstr(sent, actions[i].not_sent), "%s:\n%s", script, sent);
	if (actions[i].left)
		ck_assert_str_eq(left, actions[i].left);
	ck_assert_msg(!actions[i].log || strstr(test_gateway_log(&t), actions[i].log), "%s: %s",
	    script, test_gateway_log(&t));
	ck_assert(!t.mta.failed);
	free(left);
	test_gateway_reset(&t);
}

START_TEST(an_action_does_what_it_says)
{
	try_action((size_t)_i, FAKE_POSTFIX);
	try_action((size_t)_i, FAKE_SENDMAIL);
}
END_TEST

START_TEST(every_action_has_a_test)
{
	for (size_t i = 0; policy_action_at(i); i++) {
		bool found = false;

		for (size_t k = 0; k < sizeof actions / sizeof *actions; k++)
			found = found || is_of(actions[k].action, policy_action_at(i));
		ck_assert_msg(found, "%s is not tested", policy_action_at(i));
	}
}
END_TEST

/* ---- names ---- */

static const struct {
	const char *script, *problem;
} missing[] = {
	{ "f: if true { smime-gateway('sgin'); }",
	    "line 1, column 14: there is no good sending_profile \"sgin\"; did you mean "
	    "\"sign\"?" },
	{ "f: if dictionary-match('wrods') { drop(); }",
	    "line 1, column 7: there is no good dictionary \"wrods\"; did you mean \"words\"?" },
	{ "f: if sendergroup == 'RELAYLST' { drop(); }", "did you mean \"RELAYLIST\"?" },
	{ "f: if dictionary-match('other') { drop(); }",
	    "there is no good dictionary \"other\" (" },
};

/* The others go on running. */
START_TEST(a_filter_that_names_what_is_missing_is_left_out)
{
	struct smime_diag diag = { 0 };
	bool problem = false;

	db_run("INSERT INTO message_filter (name, position, script) VALUES ('f', 1, %Q);"
	       "INSERT INTO message_filter (name, position, script) VALUES ('g', 2,"
	       " 'g: if true { insert-header(\"X-Other\", \"runs\"); }')",
	    missing[_i].script);
	policy_snapshot_free(&snapshot);
	ck_assert_int_eq(policy_store_current(store, &snapshot, &problem, &diag), SMIME_OK);
	ck_assert(problem);
	ck_assert_msg(strstr(diag.text, missing[_i].problem), "%s", diag.text);
	test_gateway_init(&t, FAKE_POSTFIX, messages[MIXED], recipients);
	(void)test_gateway_run(&t, judge);
	ck_assert_ptr_nonnull(strstr(test_gateway_log(&t), "filters=g"));
	test_gateway_reset(&t);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("language");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_rule_is_asked_of_what_the_mta_brings, 0, ROWS(rules));
	tcase_add_test(tc, a_signer_is_seen_without_opening);
	tcase_add_test(tc, every_rule_has_a_test_for_yes_and_for_no);
	tcase_add_loop_test(tc, an_action_does_what_it_says, 0, ROWS(actions));
	tcase_add_test(tc, every_action_has_a_test);
	tcase_add_loop_test(tc, a_filter_that_names_what_is_missing_is_left_out, 0, ROWS(missing));
	return suite;
}
