/* test_ctl_crl.c - revocation lists by command: only a newer one of the same CA takes a place. */
#include "support.h"
#include "support_ctl.h"
#include "support_db.h"
#include "support_dir.h"
#include "support_run.h"

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

static const char *
ca_file(const struct pki_cert *ca, char path[DIR_PATH_SIZE])
{
	SMIME_AUTO_BUF pem = { 0 };

	ck_assert_int_eq(smime_cert_pem(ca->cert, &pem), SMIME_OK);
	return dir_write("ca.pem", smime_buf_bytes(&pem), path);
}

static const char *
crl_file(const struct pki_cert *ca, int64_t since, char path[DIR_PATH_SIZE])
{
	SMIME_AUTO_BUF crl = { 0 };

	pki_crl(ca, NULL, now - since, now - since + PKI_DAY, &crl);
	return dir_write("list.crl", smime_buf_bytes(&crl), path);
}

START_TEST(revocation_lists_come_and_go)
{
	struct pki_cert *root = pki_make(&(struct pki_spec){ .name = "Root", .ca = true });
	struct pki_cert *other = pki_make(&(struct pki_spec){ .name = "Other", .ca = true });
	char path[DIR_PATH_SIZE];

	ck_assert_int_eq(ctl("crl", "add", crl_file(root, 5 * PKI_DAY, path), NULL), EX_OK);
	says("revocation_list \"CN=Root\": 0 certificates, until ");
	ck_assert_int_eq(ctl("crl", "list", NULL), EX_OK);
	says("CN=Root  from ");
	says("(late)  0 certificates  CN=Root");
	ck_assert_int_eq(ctl("trust", "add", "--intermediate", ca_file(root, path), NULL), EX_OK);
	ck_assert_int_eq(ctl("crl", "add", crl_file(root, 100, path), NULL), EX_OK);
	ck_assert_int_eq(ctl("crl", "add", path, NULL), EX_OK);
	says("known already");
	/* What has been revoked since stays revoked. */
	ck_assert_int_eq(ctl("crl", "add", crl_file(root, 2 * PKI_DAY, path), NULL), EX_DATAERR);
	says("revocation_list \"CN=Root\" is newer already");
	ck_assert_int_eq(
	    ctl("crl", "add", crl_file(other, 0, path), "--name", "CN=Root", NULL), EX_DATAERR);
	says("give this one another name");
	ck_assert_int_eq(ctl("crl", "delete", "CN=Root", NULL), EX_OK);
	ck_assert_int_eq(ctl("crl", "delete", "CN=Root", NULL), EX_DATAERR);
	says("there is no revocation_list \"CN=Root\"");
	ck_assert_int_eq(ctl("crl", "add", "/dev/null", NULL), EX_DATAERR);
	says("does not parse");
	pki_free(&root);
	pki_free(&other);
}
END_TEST

/* They come by plain HTTP: whoever sits on the way must not make a revoked certificate good. */
START_TEST(a_forged_list_replaces_nothing)
{
	struct pki_cert *root = pki_make(&(struct pki_spec){ .name = "Root", .ca = true });
	struct pki_cert *forger = pki_make(&(struct pki_spec){ .name = "Root", .ca = true });
	char path[DIR_PATH_SIZE];

	ck_assert_int_eq(ctl("crl", "add", crl_file(root, 9, path), NULL), EX_OK);
	says("note: CN=Root is not among the CAs of trust_anchor");
	ck_assert_int_eq(ctl("trust", "add", ca_file(root, path), NULL), EX_OK);
	ck_assert_int_eq(ctl("crl", "add", crl_file(forger, 5, path), NULL), EX_DATAERR);
	says("trust_anchor has no CA of that name that signed it");
	ck_assert_int_eq(ctl("crl", "add", crl_file(root, 7, path), NULL), EX_OK);
	says_not("note: ");
	/* One that came before the CA did gives way to an older one. */
	ck_assert_int_eq(ctl("trust", "delete", "CN=Root", NULL), EX_OK);
	ck_assert_int_eq(ctl("crl", "delete", "CN=Root", NULL), EX_OK);
	ck_assert_int_eq(ctl("crl", "add", crl_file(forger, 1, path), NULL), EX_OK);
	ck_assert_int_eq(ctl("trust", "add", ca_file(root, path), NULL), EX_OK);
	ck_assert_int_eq(ctl("crl", "add", crl_file(root, 7, path), NULL), EX_OK);
	says_not("known already");
	pki_free(&root);
	pki_free(&forger);
}
END_TEST

/* Of a CA that only messages bring: the first is taken on trust, and gives way to none like it. */
START_TEST(a_list_that_nobody_can_check_replaces_nothing)
{
	struct pki_cert *ca = pki_make(&(struct pki_spec){ .name = "Sub", .ca = true });
	struct pki_cert *forger = pki_make(&(struct pki_spec){ .name = "Sub", .ca = true });
	char path[DIR_PATH_SIZE];

	ck_assert_int_eq(ctl("crl", "add", crl_file(ca, 9, path), NULL), EX_OK);
	says("note: CN=Sub is not among the CAs");
	ck_assert_int_eq(ctl("crl", "add", crl_file(forger, 5, path), NULL), EX_DATAERR);
	says("nobody can tell whether the newer revocation list is its own: revocation_list "
	     "\"CN=Sub\" stays (add its certificate with smimectl trust add --intermediate)");
	ck_assert_int_eq(ctl("trust", "add", "--intermediate", ca_file(ca, path), NULL), EX_OK);
	ck_assert_int_eq(ctl("crl", "add", crl_file(forger, 5, path), NULL), EX_DATAERR);
	ck_assert_int_eq(ctl("crl", "add", crl_file(ca, 5, path), NULL), EX_OK);
	says_not("known already");
	pki_free(&ca);
	pki_free(&forger);
}
END_TEST

START_TEST(a_list_of_the_future_is_refused)
{
	struct pki_cert *root = pki_make(&(struct pki_spec){ .name = "Root", .ca = true });
	char path[DIR_PATH_SIZE];

	ck_assert_int_eq(ctl("crl", "add", crl_file(root, -2 * PKI_DAY, path), NULL), EX_DATAERR);
	says("is of the future");
	ck_assert_int_eq(ctl("crl", "add", crl_file(root, -PKI_DAY / 2, path), NULL), EX_OK);
	pki_free(&root);
}
END_TEST

START_TEST(a_broken_list_is_shown_and_replaced)
{
	struct pki_cert *root = pki_make(&(struct pki_spec){ .name = "Root", .ca = true });
	char path[DIR_PATH_SIZE];

	db_run("INSERT INTO revocation_list (name, crl) VALUES ('CN=Root',"
	       " '-----BEGIN X509 CRL-----')");
	ck_assert_int_eq(ctl("crl", "list", NULL), EX_OK);
	says("CN=Root  BROKEN: ");
	ck_assert_int_eq(ctl("crl", "add", crl_file(root, 5, path), NULL), EX_OK);
	ck_assert_int_eq(ctl("check", NULL), EX_OK);
	pki_free(&root);
}
END_TEST

/* contrib/crl-refresh, with a file in the place of a CA's server. */
START_TEST(lists_are_fetched)
{
	struct pki_cert *root = pki_make(&(struct pki_spec){ .name = "Root", .ca = true });
	char list[DIR_PATH_SIZE], urls[DIR_PATH_SIZE];
	const char *const argv[] = { "sh", SOURCE_DIR "/contrib/crl-refresh", db_path(), NULL };
	SMIME_AUTO_BUF text = { 0 };
	SMIME_AUTO_BUF said = { 0 };

	ck_assert_int_eq(
	    smime_buf_appendf(&text, "# lists\nroot file://%s\nnone file:///nonexistent/crl\n",
		crl_file(root, 5, list)),
	    SMIME_OK);
	ck_assert_int_eq(setenv("CRL_URLS", dir_write("urls", smime_buf_bytes(&text), urls), 1), 0);
	ck_assert_int_eq(setenv("SMIMECTL", SMIMECTL, 1), 0);
	/* One of two fails, and the other one is there. */
	ck_assert_int_eq(run_program(argv, smime_bytes(NULL, 0), &said), 1);
	ck_assert_ptr_nonnull(strstr((char *)said.data, "none: cannot fetch"));
	ck_assert_int_eq(ctl("crl", "list", NULL), EX_OK);
	says("root  from ");
	pki_free(&root);
}
END_TEST

/* `smimectl check` says what `smime-milter -t` does: mail of that profile bounces. */
START_TEST(a_profile_whose_certificate_is_revoked_is_told)
{
	struct pki_cert *root = pki_make(&(struct pki_spec){ .name = "Root", .ca = true });
	struct pki_cert *own =
	    pki_make(&(struct pki_spec){ .name = "own", .domains = "a.example", .issuer = root });
	SMIME_AUTO_BUF crl = { 0 };
	char path[DIR_PATH_SIZE];

	db_add_own("own", own);
	db_run("INSERT INTO sending_profile (name, mode, signing_certificate) VALUES ('p', 'sign',"
	       " 'own')");
	ck_assert_int_eq(ctl("trust", "add", ca_file(root, path), NULL), EX_OK);
	ck_assert_int_eq(ctl("check", NULL), EX_OK);
	pki_crl(root, own, now - 5, now + PKI_DAY, &crl);
	ck_assert_int_eq(
	    ctl("crl", "add", dir_write("list.crl", smime_buf_bytes(&crl), path), NULL), EX_OK);
	ck_assert_int_eq(ctl("check", NULL), EX_CONFIG);
	says("sending_profile \"p\": certificate \"own\": certificate of CN=own has been revoked");
	pki_free(&own);
	pki_free(&root);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("ctl_crl");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, revocation_lists_come_and_go);
	tcase_add_test(tc, a_forged_list_replaces_nothing);
	tcase_add_test(tc, a_list_that_nobody_can_check_replaces_nothing);
	tcase_add_test(tc, a_list_of_the_future_is_refused);
	tcase_add_test(tc, a_broken_list_is_shown_and_replaced);
	tcase_add_test(tc, lists_are_fetched);
	tcase_add_test(tc, a_profile_whose_certificate_is_revoked_is_told);
	return suite;
}
