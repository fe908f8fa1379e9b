/*
 * test_examples.c - the worked examples of smime-policy(5) do what the page says: taken out of the
 * page, loaded into a fresh database as the sqlite3 shell would, and tried on messages. The page
 * knows every table, column and view; schema/examples holds the same examples.
 */
#include "support.h"
#include "support_site.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const examples[] = { "b2b", "b2c", "confidential", "two-partners", "incoming" };

static struct pki_cert *ours, *partner, *two, *consumer;
static void
make_certificates(void)
{
	ours = pki_make(&(struct pki_spec){ .name = "gw", .domains = "example.com" });
	partner = pki_make(&(struct pki_spec){ .name = "p", .domains = "partner.example" });
	two = pki_make(&(struct pki_spec){ .name = "two", .domains = "two.example" });
	consumer = pki_make(&(struct pki_spec){ .name = "c", .mailboxes = "ann@mail.example" });
}

static void
free_certificates(void)
{
	pki_free(&ours);
	pki_free(&partner);
	pki_free(&two);
	pki_free(&consumer);
}

/* ---- the page ---- */

static char *
read_file(const char *path)
{
	char *text = calloc(1, 100000);
	FILE *f = fopen(path, "r");

	ck_assert_msg(f != NULL, "%s", path);
	ck_assert_uint_gt(fread(text, 1, 99999, f), 0);
	(void)fclose(f);
	return text;
}

/* What mdoc shows for "\e" is a backslash. */
static void
unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		*to++ = *text;
		if (text[0] == '\\' && text[1] == 'e')
			text++;
	}
	*to = 0;
}

/* The SQL of an example in the page. */
static char *
page_example(const char *name)
{
	char *page = read_file(SOURCE_DIR "/policy/smime-policy.5");
	char mark[100], *from, *to, *sql;

	(void)snprintf(mark, sizeof mark, ".\\\" example %s\n.Bd -literal\n", name);
	from = strstr(page, mark);
	ck_assert_msg(from != NULL, "the page has no example %s", name);
	from += strlen(mark);
	to = strstr(from, "\n.Ed\n");
	ck_assert_ptr_nonnull(to);
	sql = strndup(from, (size_t)(to - from) + 1);
	free(page);
	unescape(sql);
	return sql;
}

/* The same policy at the other end: the names turned round. */
static char *
turned_round(char *sql)
{
	static const char a[] = "example.com", b[] = "partner.example";
	char *out = calloc(1, 2 * strlen(sql)), *to = out;

	for (const char *at = sql; *at;) {
		bool is_a = strncmp(at, a, strlen(a)) == 0, is_b = strncmp(at, b, strlen(b)) == 0;

		if (is_a || is_b) {
			to = stpcpy(to, is_a ? b : a);
			at += strlen(is_a ? a : b);
		} else {
			*to++ = *at++;
		}
	}
	free(sql);
	return out;
}

static void
load(const char *name, bool other_end)
{
	char *sql = page_example(name), *error;

	if (other_end)
		sql = turned_round(sql);
	error = db_shell(sql);
	ck_assert_msg(!error, "%s: %s", name, error ? error : "");
	free(sql);
}

START_TEST(the_page_and_the_files_agree)
{
	char path[512], *file, *page = page_example(examples[_i]);

	(void)snprintf(path, sizeof path, "%s/schema/examples/%s.sql", SOURCE_DIR, examples[_i]);
	file = read_file(path);
	ck_assert_str_eq(page, file);
	free(file);
	free(page);
}
END_TEST

/* Table, column or view, one word of the page each. */
START_TEST(the_page_knows_every_table_and_column)
{
	char *page = read_file(SOURCE_DIR "/policy/smime-policy.5"), *names, *rest = NULL;

	site_make();
	names = strdup(db_query("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view')"
				" AND name NOT LIKE 'sqlite_%' UNION SELECT c.name"
				" FROM sqlite_schema s, pragma_table_xinfo(s.name) c"
				" WHERE s.type = 'table' AND s.name NOT LIKE 'sqlite_%'"));
	ck_assert_uint_gt(strlen(names), 700);
	for (char *name = strtok_r(names, " ", &rest); name; name = strtok_r(NULL, " ", &rest)) {
		const char *at = strstr(page, name);
		size_t len = strlen(name);

		while (at && (strchr(" \n", at[len]) == NULL || strchr(" \n", at[-1]) == NULL))
			at = strstr(at + 1, name);
		ck_assert_msg(at != NULL, "smime-policy(5) does not know %s", name);
	}
	free(names);
	free(page);
	site_remove();
}
END_TEST

/* ---- messages ---- */

static void
write_message(const char *from, const char *subject, const char *rest, size_t rest_len)
{
	SMIME_AUTO_BUF text = { 0 };

	ck_assert_int_eq(
	    smime_buf_appendf(&text, "From: %s\r\nSubject: %s\r\n", from, subject), SMIME_OK);
	ck_assert_int_eq(smime_buf_append(&text, rest, rest_len), SMIME_OK);
	site_message(from, text.data, text.len);
}

static void
run(const char *client, const char *recipients)
{
	ck_assert_int_eq(policy_message_set(&site.message->client_ip, client), SMIME_OK);
	site_recipients(recipients);
	site_run(false);
}

#define BODY(text) "Content-Type: text/plain\r\n\r\n" text "\r\n"

/* A user of ours writes. To names everybody: nobody is a hidden recipient. */
static void
we_write(const char *subject, const char *body, const char *recipients)
{
	SMIME_AUTO_BUF rest = { 0 };
	char to[400];

	(void)snprintf(to, sizeof to, "%s", recipients);
	for (char *c = to; *c; c++)
		*c = *c == ' ' ? ',' : *c;
	ck_assert_int_eq(smime_buf_appendf(&rest, "To: %s\r\n%s", to, body), SMIME_OK);
	write_message("joe@example.com", subject, (const char *)rest.data, rest.len);
	run("127.0.0.1", recipients);
}

static bool
shows(const struct policy_copy *copy, const char *what)
{
	struct smime_bytes view;

	ck_assert_int_eq(
	    smime_spool_view(copy->entity ? copy->entity : site.message->spool, &view, NULL),
	    SMIME_OK);
	return memmem(view.data, view.len, what, strlen(what)) != NULL;
}

/* "encrypted", "signed" or "clear": what somebody on the way sees of a copy. */
static const char *
form(size_t i)
{
	ck_assert_uint_lt(i, site.outcome->copy_count);
	if (shows(&site.outcome->copies[i], "enveloped-data"))
		return shows(&site.outcome->copies[i], "canary") ? "leak" : "encrypted";
	ck_assert(shows(&site.outcome->copies[i], "canary"));
	return shows(&site.outcome->copies[i], "multipart/signed") ? "signed" : "clear";
}

/* The copy of one recipient. */
static const char *
form_for(const char *recipient)
{
	for (size_t i = 0; i < site.outcome->copy_count; i++)
		for (size_t k = 0; k < site.outcome->copies[i].recipient_count; k++)
			if (strcmp(site.message->recipients[site.outcome->copies[i].recipients[k]]
				       .address,
				recipient) == 0)
				return form(i);
	return "none";
}

/* What copies[0] looks like on the wire, without From and Subject. */
static void
keep(struct smime_buf *out)
{
	struct smime_bytes view;

	ck_assert_int_eq(smime_spool_view(site.outcome->copies[0].entity, &view, NULL), SMIME_OK);
	if (!memmem(view.data, view.len, "MIME-Version:", 13))
		ck_assert_int_eq(smime_buf_appendf(out, "MIME-Version: 1.0\r\n"), SMIME_OK);
	ck_assert_int_eq(smime_buf_append(out, view.data, view.len), SMIME_OK);
}

/* ---- each example ---- */

START_TEST(b2b_seals_on_one_side_and_opens_on_the_other)
{
	SMIME_AUTO_BUF wire = { 0 };

	site_make();
	db_add_own("gateway", ours);
	db_add_public_key("partner", partner);
	load("b2b", false);
	we_write("hello", BODY("canary"), "ann@partner.example");
	ck_assert_str_eq(form(0), "encrypted");
	keep(&wire);
	/* To others it goes as it is. */
	we_write("hello", BODY("canary"), "x@other.example");
	ck_assert_str_eq(form(0), "clear");
	/* Without a key it does not go. */
	we_write("hello", BODY("canary"), "ann@sub.partner.example");
	ck_assert_int_eq(site.outcome->reply, POLICY_REPLY_REJECT);
	ck_assert_str_eq(site.outcome->xcode, "5.7.5");
	ck_assert_str_eq(
	    site.outcome->text, "no certificate to encrypt to ann@sub.partner.example");
	site_remove();

	site_make();
	db_add_own("gateway", partner);
	db_add_public_key("partner", ours);
	load("b2b", true);
	write_message("joe@example.com", "hello", (const char *)wire.data, wire.len);
	run("192.0.2.1", "ann@partner.example");
	ck_assert(site.outcome->opened->gateway_verified);
	ck_assert_str_eq(form(0), "clear");
	ck_assert_ptr_null(site.outcome->copies[0].quarantine);
	/* What was not sealed is held. */
	write_message("joe@example.com", "hello", BODY("canary"), strlen(BODY("canary")));
	run("192.0.2.1", "ann@partner.example");
	ck_assert_str_eq(site.outcome->copies[0].quarantine, "partner");
	site_remove();
}
END_TEST

START_TEST(b2c_encrypts_to_those_who_have_a_key)
{
	site_make();
	db_add_own("gateway", ours);
	db_add_public_key("ann", consumer);
	load("b2c", false);
	we_write("bill", BODY("canary"), "ann@mail.example bob@mail.example");
	ck_assert_uint_eq(site.outcome->copy_count, 2);
	ck_assert_str_eq(form_for("ann@mail.example"), "encrypted");
	ck_assert_str_eq(form_for("bob@mail.example"), "signed");
	site_remove();
}
END_TEST

static const struct {
	const char *subject, *body, *to, *form; /* "": refused */
} words[] = {
	{ "Re: Confidential plan", BODY("canary"), "ann@partner.example", "encrypted" },
	{ "plan", BODY("canary: this is CONFIDENTIAL."), "ann@partner.example", "encrypted" },
	{ "=?utf-8?b?5py65a+G?=", BODY("canary"), "ann@partner.example", "encrypted" },
	{ "plan", BODY("canary"), "ann@partner.example", "clear" },
	{ "confidentially", BODY("canary"), "ann@partner.example", "clear" },
	{ "Confidential", BODY("canary"), "ann@partner.example bob@nokey.example", "" },
	{ "plan", BODY("canary"), "bob@nokey.example", "clear" },
};

START_TEST(confidential_is_a_word_in_subject_or_body)
{
	site_make();
	db_add_own("gateway", ours);
	db_add_public_key("partner", partner);
	load("confidential", false);
	we_write(words[_i].subject, words[_i].body, words[_i].to);
	if (words[_i].form[0]) {
		ck_assert_int_eq(site.outcome->reply, POLICY_REPLY_ACCEPT);
		ck_assert_str_eq(form(0), words[_i].form);
	} else {
		ck_assert_int_eq(site.outcome->reply, POLICY_REPLY_REJECT);
		ck_assert_str_eq(
		    site.outcome->text, "no certificate to encrypt to bob@nokey.example");
	}
	site_remove();
}
END_TEST

START_TEST(one_partner_gets_it_signed_the_other_sealed)
{
	site_make();
	db_add_own("gateway", ours);
	db_add_public_key("two", two);
	load("two-partners", false);
	we_write("hello", BODY("canary"), "1@one.example 2@two.example 3@three.example");
	ck_assert_uint_eq(site.outcome->copy_count, 3);
	ck_assert_str_eq(form_for("1@one.example"), "signed");
	ck_assert_str_eq(form_for("2@two.example"), "encrypted");
	ck_assert_str_eq(form_for("3@three.example"), "clear");
	site_remove();
}
END_TEST

START_TEST(what_fails_verification_is_held)
{
	SMIME_AUTO_BUF wire = { 0 };
	uint8_t *at;

	site_make();
	db_add_own("gateway", ours);
	load("two-partners", false);
	we_write("hello", BODY("canary"), "1@one.example");
	keep(&wire);
	site_remove();

	site_make();
	db_add_public_key("them", ours);
	load("incoming", false);
	write_message("joe@example.com", "hello", (const char *)wire.data, wire.len);
	run("192.0.2.1", "1@one.example");
	ck_assert(site.outcome->opened->gateway_verified);
	ck_assert_ptr_null(site.outcome->copies[0].quarantine);
	at = memmem(wire.data, wire.len, "canary", 6);
	ck_assert_ptr_nonnull(at);
	*at = 'C';
	write_message("joe@example.com", "hello", (const char *)wire.data, wire.len);
	run("192.0.2.1", "1@one.example");
	ck_assert_str_eq(site.outcome->copies[0].quarantine, "Policy");
	/* What is neither signed nor encrypted goes on. */
	write_message("joe@example.com", "hello", BODY("canary"), strlen(BODY("canary")));
	run("192.0.2.1", "1@one.example");
	ck_assert_ptr_null(site.outcome->copies[0].quarantine);
	site_remove();
}
END_TEST

/* Not in the page: the shortest of all. */
START_TEST(sign_all_signs_all)
{
	char *sql = read_file(SOURCE_DIR "/schema/examples/sign-all.sql"), *error;

	site_make();
	db_add_own("gateway", ours);
	error = db_shell(sql);
	ck_assert_msg(!error, "%s", error ? error : "");
	free(sql);
	we_write("hello", BODY("canary"), "x@other.example");
	ck_assert_str_eq(form(0), "signed");
	site_remove();
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("examples");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_unchecked_fixture(tc, make_certificates, free_certificates);
	tcase_add_loop_test(tc, the_page_and_the_files_agree, 0, ROWS(examples));
	tcase_add_test(tc, the_page_knows_every_table_and_column);
	tcase_add_test(tc, b2b_seals_on_one_side_and_opens_on_the_other);
	tcase_add_test(tc, b2c_encrypts_to_those_who_have_a_key);
	tcase_add_loop_test(tc, confidential_is_a_word_in_subject_or_body, 0, ROWS(words));
	tcase_add_test(tc, one_partner_gets_it_signed_the_other_sealed);
	tcase_add_test(tc, what_fails_verification_is_held);
	tcase_add_test(tc, sign_all_signs_all);
	return suite;
}
