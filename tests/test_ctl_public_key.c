/* test_ctl_public_key.c - other parties' certificates and CAs by command: files of every kind, all
 * or nothing, names, lists, and back out again. */
#include "support.h"
#include "support_ctl.h"
#include "support_db.h"
#include "support_dir.h"
#include "support_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <time.h>

static int64_t now;

static void
setup(void)
{
	now = time(NULL);
	dir_make();
	ctl_make();
	ck_assert_int_eq(ctl("init", NULL), EX_OK);
}

static void
teardown(void)
{
	ctl_remove();
	dir_remove();
}

static struct pki_cert *
make(const char *name, const char *domains)
{
	return pki_make(&(struct pki_spec){ .name = name,
	    .domains = domains,
	    .from = now - 100,
	    .to = now + 400 * (int64_t)PKI_DAY });
}

static void
append(struct smime_buf *out, const struct pki_cert *cert)
{
	ck_assert_int_eq(smime_cert_pem(cert->cert, out), SMIME_OK);
}

/* A file of certificates; NULL ends them. */
static const char *
file_of(struct pki_cert *const *certs, const char *name, char path[DIR_PATH_SIZE])
{
	SMIME_AUTO_BUF pem = { 0 };

	for (; *certs; certs++)
		append(&pem, *certs);
	return dir_write(name, smime_buf_bytes(&pem), path);
}
#define FILE_OF(path, ...) file_of((struct pki_cert *[]){ __VA_ARGS__, NULL }, "c.pem", path)

START_TEST(many_of_one_domain_get_names_of_their_own)
{
	struct pki_cert *one = make("one", "b.example"), *two = make("two", "b.example");
	char path[DIR_PATH_SIZE], name[100];

	ck_assert_int_eq(ctl("public-key", "add", FILE_OF(path, one, two), NULL), EX_OK);
	says("public_key \"b.example\": ");
	(void)snprintf(name, sizeof name,
	    "public_key \"b.example (%.8s)\": ", smime_cert_fingerprint_hex(two->cert));
	says(name);
	/* Once more: both are known. */
	ck_assert_int_eq(ctl("public-key", "add", path, NULL), EX_OK);
	says("known already");
	says_not("public_key \"");
	ck_assert_int_eq(ctl("public-key", "import", path, NULL), EX_OK);
	says("public_key: 0 added, 2 known already");
	ck_assert_int_eq(ctl("check", NULL), EX_OK);
	pki_free(&one);
	pki_free(&two);
}
END_TEST

START_TEST(a_name_given_is_for_one_and_taken_once)
{
	struct pki_cert *one = make("one", "b.example"), *two = make("two", "b.example");
	char path[DIR_PATH_SIZE];

	ck_assert_int_eq(
	    ctl("public-key", "add", FILE_OF(path, one, two), "--name", "p", NULL), EX_DATAERR);
	says("holds several certificates: --name is for one");
	ck_assert_int_eq(ctl("public-key", "add", FILE_OF(path, one), "--name", "p", NULL), EX_OK);
	says("public_key \"p\"");
	ck_assert_int_eq(
	    ctl("public-key", "add", FILE_OF(path, two), "--name", "p", NULL), EX_DATAERR);
	says("there is a public_key \"p\" already: choose another name, or delete that one first");
	pki_free(&one);
	pki_free(&two);
}
END_TEST

/* Nothing of a file with a mistake stays. */
START_TEST(all_or_none)
{
	struct pki_cert *one = make("one", "b.example");
	char path[DIR_PATH_SIZE];
	SMIME_AUTO_BUF pem = { 0 };

	append(&pem, one);
	ck_assert_int_eq(smime_buf_appendf(&pem,
			     "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
	    SMIME_OK);
	ck_assert_int_eq(
	    ctl("public-key", "import", dir_write("bad.pem", smime_buf_bytes(&pem), path), NULL),
	    EX_DATAERR);
	says("bad.pem, line ");
	says("certificate");
	pem.len -= 30;
	ck_assert_int_eq(
	    ctl("public-key", "import", dir_write("bad.pem", smime_buf_bytes(&pem), path), NULL),
	    EX_DATAERR);
	says("the PEM block has no end");
	ck_assert_int_eq(ctl("public-key", "list", NULL), EX_OK);
	ck_assert_uint_eq(ctl_out.len, 0);
	pki_free(&one);
}
END_TEST

/* Files that went through the hands of other systems: a mark in front, other ends of lines. */
static const struct {
	const char *front, *end;
} systems[] = { { "\xEF\xBB\xBF", "\n" }, { "", "\r" }, { "", "\r\n" }, { "\xEF\xBB\xBF", "\r" } };

START_TEST(files_of_other_systems_are_read)
{
	struct pki_cert *one = make("one", "b.example"), *two = make("two", "c.example");
	SMIME_AUTO_BUF pem = { 0 };
	SMIME_AUTO_BUF text = { 0 };
	char path[DIR_PATH_SIZE];

	append(&pem, one);
	append(&pem, two);
	ck_assert_int_eq(smime_buf_appendf(&text, "%s", systems[_i].front), SMIME_OK);
	for (size_t i = 0; i < pem.len; i++)
		ck_assert_int_eq(pem.data[i] == '\n'
				     ? smime_buf_appendf(&text, "%s", systems[_i].end)
				     : smime_buf_append(&text, &pem.data[i], 1),
		    SMIME_OK);
	(void)dir_write("other.pem", smime_buf_bytes(&text), path);
	ck_assert_int_eq(ctl("public-key", "add", path, NULL), EX_OK);
	says("public_key \"b.example\"");
	says("public_key \"c.example\"");
	ck_assert_int_eq(ctl("check", NULL), EX_OK);
	pki_free(&one);
	pki_free(&two);
}
END_TEST

/* The line that is damaged is named, however lines end. */
START_TEST(a_line_is_counted_once)
{
	char path[DIR_PATH_SIZE];

	ck_assert_int_eq(
	    ctl("public-key", "add",
		dir_write("bad.pem",
		    smime_bytes_str("one\r\ntwo\r\n-----BEGIN CERTIFICATE-----\r\nAA"), path),
		NULL),
	    EX_DATAERR);
	says("bad.pem, line 3: the PEM block has no end");
}
END_TEST

static int
run(const char *const *argv, struct smime_buf *out)
{
	return run_program(argv, smime_bytes(NULL, 0), out);
}

START_TEST(files_of_every_kind_are_read)
{
	struct pki_cert *one = make("one", "b.example"), *two = make("two", "c.example");
	char path[DIR_PATH_SIZE], other[DIR_PATH_SIZE];
	SMIME_AUTO_BUF p7 = { 0 };
	SMIME_AUTO_BUF text = { 0 };

	ck_assert_int_eq(
	    ctl("public-key", "add", dir_write("one.der", smime_cert_der(one->cert), path), NULL),
	    EX_OK);
	(void)FILE_OF(path, one, two);
	ck_assert_int_eq(run((const char *[]){ "openssl", "crl2pkcs7", "-nocrl", "-certfile", path,
				 "-outform", _i == 0 ? "DER" : "PEM", NULL },
			     &p7),
	    0);
	ck_assert_int_eq(
	    ctl("public-key", "add", dir_write("x.p7b", smime_buf_bytes(&p7), other), NULL), EX_OK);
	says("known already");
	says("public_key \"c.example\"");
	append(&text, two);
	ck_assert_int_eq(smime_buf_terminate(&text), SMIME_OK);
	ctl_input((const char *)text.data);
	ck_assert_int_eq(ctl("public-key", "add", "-", NULL), EX_OK);
	says("known already");
	p7.len = 40;
	ck_assert_int_eq(
	    ctl("public-key", "add", dir_write("x.p7b", smime_buf_bytes(&p7), other), NULL),
	    EX_DATAERR);
	says("x.p7b");
	pki_free(&one);
	pki_free(&two);
}
END_TEST

/* What openssl makes of "req -x509" is a CA's, if nobody says otherwise, and a partner's own. */
START_TEST(a_partner_who_signed_for_himself_is_encrypted_to)
{
	char key[DIR_PATH_SIZE], cert[DIR_PATH_SIZE];
	SMIME_AUTO_BUF out = { 0 };

	(void)dir_write("p.key", smime_bytes_str(""), key);
	(void)dir_write("p.pem", smime_bytes_str(""), cert);
	ck_assert_int_eq(run((const char *[]){ "openssl", "req", "-x509", "-newkey", "rsa:2048",
				 "-nodes", "-keyout", key, "-out", cert, "-subj", "/CN=partner",
				 "-addext", "subjectAltName=DNS:p.example", "-addext",
				 "keyUsage=digitalSignature,keyEncipherment", NULL },
			     &out),
	    0);
	ck_assert_int_eq(ctl("public-key", "add", cert, NULL), EX_OK);
	says_not("note: ");
	ck_assert_int_eq(ctl("public-key", "search", "ann@p.example", NULL), EX_OK);
	says("CN=partner");
}
END_TEST

START_TEST(what_cannot_be_encrypted_to_is_told_by_name)
{
	struct pki_cert *ca = pki_make(&(struct pki_spec){ .name = "CA",
	    .ca = true,
	    .domains = "b.example",
	    .from = now - 1,
	    .to = now + PKI_DAY });
	struct pki_cert *nobody = make("nobody", NULL);
	char path[DIR_PATH_SIZE];

	ck_assert_int_eq(ctl("public-key", "add", FILE_OF(path, ca, nobody), NULL), EX_OK);
	says("note: public_key \"b.example\" cannot be encrypted to: certificate of CN=CA");
	says("lacks keyUsage keyAgreement");
	says("note: public_key \"CN=nobody\" cannot be encrypted to: it names no mailbox and no "
	     "domain");
	pki_free(&ca);
	pki_free(&nobody);
}
END_TEST

static const struct {
	const char *option, *value;
	bool one, two;
} filters[] = {
	{ "--address", "x@b.example", true, false },
	{ "--address", "boss@c.example", false, true },
	{ "--address", "x@c.example", false, false },
	{ "--domain", "B.example", true, false },
	{ "--domain", "c.EXAMPLE", false, true },
	{ "--domain", "example", false, false },
	{ "--subject", "cn=ONE", true, false },
	{ "--expires-within", "20", false, true },
	{ "--expires-within", "500", true, true },
	{ "--expires-within", "1", false, false },
};

START_TEST(lists_are_searched)
{
	struct pki_cert *one = make("one", "b.example");
	struct pki_cert *two = pki_make(&(struct pki_spec){ .name = "two",
	    .mailboxes = "boss@c.example",
	    .from = now - 100,
	    .to = now + 10 * (int64_t)PKI_DAY });
	char path[DIR_PATH_SIZE];

	ck_assert_int_eq(ctl("public-key", "import", FILE_OF(path, one, two), NULL), EX_OK);
	ck_assert_int_eq(
	    ctl("public-key", "list", filters[_i].option, filters[_i].value, NULL), EX_OK);
	ck_assert_int_eq(strstr((char *)ctl_out.data, "CN=one") != NULL, filters[_i].one);
	ck_assert_int_eq(strstr((char *)ctl_out.data, "CN=two") != NULL, filters[_i].two);
	pki_free(&one);
	pki_free(&two);
}
END_TEST

START_TEST(days_are_a_number)
{
	static const char *const wrong[] = { "soon", "-1", "", "1x", "999999" };

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		ck_assert_int_eq(
		    ctl("public-key", "list", "--expires-within", wrong[i], NULL), EX_USAGE);
		says("is not a number of days");
		says(wrong[i]);
	}
	ck_assert_int_eq(ctl("public-key", "list", "--expires-within", "0", NULL), EX_OK);
}
END_TEST

/* Rows, their names, and what the sqlite3 shell wrote without a line end. */
START_TEST(what_is_exported_is_imported_again)
{
	struct pki_cert *one = make("one", "b.example"), *two = make("two", "b.example");
	char path[DIR_PATH_SIZE];
	SMIME_AUTO_BUF all = { 0 };

	ck_assert_int_eq(
	    ctl("public-key", "add", FILE_OF(path, one), "--name", "a partner", NULL), EX_OK);
	ck_assert_int_eq(
	    ctl("public-key", "add", FILE_OF(path, two), "--name", "z\xc3\xa9ro", NULL), EX_OK);
	db_run("UPDATE public_key SET certificate = rtrim(certificate, char(10))");
	ck_assert_int_eq(ctl("public-key", "export", NULL), EX_OK);
	says("# name: a partner\n-----BEGIN CERTIFICATE-----");
	ck_assert_int_eq(smime_buf_append(&all, ctl_out.data, ctl_out.len), SMIME_OK);
	db_run("DELETE FROM public_key");
	ck_assert_int_eq(
	    ctl("public-key", "import", dir_write("all.pem", smime_buf_bytes(&all), path), NULL),
	    EX_OK);
	says("public_key: 2 added, 0 known already");
	ck_assert_int_eq(ctl("public-key", "export", NULL), EX_OK);
	ck_assert_uint_eq(ctl_out.len, all.len);
	ck_assert_mem_eq(ctl_out.data, all.data, all.len);
	pki_free(&one);
	pki_free(&two);
}
END_TEST

/* The same names and keys, thousands of times: only the serial numbers differ. */
START_TEST(a_long_file_is_imported)
{
	static const size_t count = 1500;
	struct pki_cert *key = make("many", "b.example");
	char path[DIR_PATH_SIZE], text[64];
	SMIME_AUTO_BUF pem = { 0 };

	for (unsigned i = 1; i <= count; i++) {
		struct pki_cert *cert = pki_make(&(struct pki_spec){ .name = "many",
		    .domains = "b.example",
		    .same_key = key,
		    .serial = i,
		    .from = now - 1,
		    .to = now + PKI_DAY });

		append(&pem, cert);
		pki_free(&cert);
	}
	ck_assert_int_eq(
	    ctl("public-key", "import", dir_write("many.pem", smime_buf_bytes(&pem), path), NULL),
	    EX_OK);
	(void)snprintf(text, sizeof text, "public_key: %zu added, 0 known already", count);
	says(text);
	pki_free(&key);
}
END_TEST

/* ---- CAs and revocation lists ---- */

START_TEST(cas_are_added_together)
{
	struct pki_cert *root = pki_make(&(struct pki_spec){ .name = "Root", .ca = true });
	struct pki_cert *twin = pki_make(&(struct pki_spec){ .name = "Root", .ca = true });
	struct pki_cert *leaf = make("leaf", "b.example");
	char path[DIR_PATH_SIZE];

	ck_assert_int_eq(ctl("trust", "add", FILE_OF(path, root, leaf), NULL), EX_DATAERR);
	says("trust_anchor \"CN=leaf\": certificate of CN=leaf is no CA's");
	ck_assert_int_eq(ctl("trust", "list", NULL), EX_OK);
	ck_assert_uint_eq(ctl_out.len, 0);
	ck_assert_int_eq(ctl("trust", "add", FILE_OF(path, root, twin), NULL), EX_OK);
	says("trust_anchor \"CN=Root\": ");
	says("trust_anchor \"CN=Root (");
	ck_assert_int_eq(ctl("trust", "add", FILE_OF(path, root), NULL), EX_OK);
	says("trust_anchor: known already");
	pki_free(&root);
	pki_free(&twin);
	pki_free(&leaf);
}
END_TEST

START_TEST(lists_tell_what_a_ca_may_do)
{
	struct pki_cert *root = pki_make(&(struct pki_spec){ .name = "Root", .ca = true });
	struct pki_cert *sub =
	    pki_make(&(struct pki_spec){ .name = "Sub", .ca = true, .issuer = root });
	char path[DIR_PATH_SIZE];

	ck_assert_int_eq(ctl("trust", "add", FILE_OF(path, root), "--domain-signing", NULL), EX_OK);
	ck_assert_int_eq(ctl("trust", "add", FILE_OF(path, sub), "--intermediate", NULL), EX_OK);
	ck_assert_int_eq(ctl("trust", "list", NULL), EX_OK);
	says("CN=Root  [domain signing]  until ");
	says("CN=Sub  [intermediate]  until ");
	ck_assert_int_eq(ctl("check", NULL), EX_OK);
	ck_assert_int_eq(
	    ctl("trust", "add", path, "--intermediate", "--domain-signing", NULL), EX_USAGE);
	pki_free(&root);
	pki_free(&sub);
}
END_TEST

/* Names come with the files of others: a terminal must neither obey nor turn them. */
START_TEST(a_name_out_of_a_file_is_shown_harmless)
{
	struct pki_cert *one = make("one", "b.example");
	SMIME_AUTO_BUF text = { 0 };
	char path[DIR_PATH_SIZE];

	ck_assert_int_eq(smime_buf_appendf(&text, "# name: \xC3\xBC\xC2\x9B"
						  "31m \xE2\x80\xAE"
						  "exe \x9B"
						  "1m \x1B[2J\n"),
	    SMIME_OK);
	append(&text, one);
	ck_assert_int_eq(
	    ctl("public-key", "import", dir_write("x.pem", smime_buf_bytes(&text), path), NULL),
	    EX_OK);
	ck_assert_int_eq(ctl("public-key", "list", NULL), EX_OK);
	says("\xC3\xBC?31m ?exe ?1m ?[2J  until ");
	pki_free(&one);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("ctl_public_key");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, many_of_one_domain_get_names_of_their_own);
	tcase_add_test(tc, a_name_given_is_for_one_and_taken_once);
	tcase_add_test(tc, all_or_none);
	tcase_add_loop_test(
	    tc, files_of_other_systems_are_read, 0, (int)(sizeof systems / sizeof *systems));
	tcase_add_test(tc, a_line_is_counted_once);
	tcase_add_loop_test(tc, files_of_every_kind_are_read, 0, 2);
	tcase_add_test(tc, a_partner_who_signed_for_himself_is_encrypted_to);
	tcase_add_test(tc, what_cannot_be_encrypted_to_is_told_by_name);
	tcase_add_loop_test(tc, lists_are_searched, 0, ROWS(filters));
	tcase_add_test(tc, days_are_a_number);
	tcase_add_test(tc, what_is_exported_is_imported_again);
	tcase_add_test(tc, a_long_file_is_imported);
	tcase_add_test(tc, cas_are_added_together);
	tcase_add_test(tc, lists_tell_what_a_ca_may_do);
	tcase_add_test(tc, a_name_out_of_a_file_is_shown_harmless);
	return suite;
}
