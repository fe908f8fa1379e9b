/* test_fqdn.c - fully qualified domain names, letter by letter, and certificates that hold another.
 * RFC 1123 s2.1, RFC 1035 s2.3.4. */
#include "smime/cert_make.h"
#include "support.h"
#include "support_pki.h"
#include "support_run.h"

static const struct {
	const char *name;
	bool good, with_wildcard;
} names[] = {
	{ "a.example", true, true },
	{ "A.EXAMPLE", true, true },
	{ "1.2.example", true, true },
	{ "xn--bcher-kva.example", true, true },
	{ "a-b.c-d.example", true, true },
	{ "3com.example", true, true },
	{ "a.b3", true, true },
	{ "*.a.example", false, true },
	{ "*.example", false, false }, /* all of a top-level domain */
	{ "*.*.example", false, false },
	{ "*a.example", false, false },
	{ "a.*.example", false, false },
	{ "*.", false, false },
	{ "*", false, false },
	{ "", false, false },
	{ "localhost", false, false },
	{ ".a.example", false, false },
	{ "a.example.", false, false },
	{ "a..example", false, false },
	{ "-a.example", false, false },
	{ "a-.example", false, false },
	{ "a.example-", false, false },
	{ "a_b.example", false, false },
	{ "a b.example", false, false },
	{ "b\xC3\xBC"
	  "cher.example",
	    false, false },
	{ "192.0.2.1", false, false },
	{ "a.1", false, false },
};

START_TEST(a_name_is_fully_qualified_or_not)
{
	struct smime_bytes name = smime_bytes_str(names[_i].name);

	ck_assert_msg(smime_name_is_fqdn(name, false) == names[_i].good, "%s", names[_i].name);
	ck_assert_msg(
	    smime_name_is_fqdn(name, true) == names[_i].with_wildcard, "%s", names[_i].name);
}
END_TEST

/* Labels of up to 63 octets, 255 with their lengths and the root: 253 as written. */
START_TEST(a_name_has_an_end)
{
	char name[260];

	memset(name, 'a', sizeof name);
	for (size_t i = 50; i < sizeof name; i += 51)
		name[i] = '.';
	ck_assert(smime_name_is_fqdn(smime_bytes(name, 253), false));
	ck_assert(!smime_name_is_fqdn(smime_bytes(name, 254), false));
	memset(name, 'a', sizeof name);
	name[63] = '.';
	ck_assert(smime_name_is_fqdn(smime_bytes(name, 70), false));
	name[64] = '.';
	ck_assert(!smime_name_is_fqdn(smime_bytes(name, 70), false));
	name[63] = name[64] = 'a';
	name[6] = '.';
	ck_assert(smime_name_is_fqdn(smime_bytes(name, 70), false));
	ck_assert(!smime_name_is_fqdn(smime_bytes(name, 71), false));
}
END_TEST

/* ---- certificates ---- */

static const struct {
	const char *name, *domains;
	bool good;
} hosts[] = {
	{ "gw.a.example", "a.example *.b.example", true },
	{ "gateway", "a.example", false },
	{ "Gate way.example", "a.example", false },
	{ "gw.a.example", "intranet", false },
	{ "*.a.example", NULL, false },
	{ "", "a.example", false },
	{ "gw.a.example,CN=x", NULL, false },
};

START_TEST(only_fully_qualified_names_pass)
{
	struct pki_cert *made_up =
	    pki_make(&(struct pki_spec){ .name = hosts[_i].name, .domains = hosts[_i].domains });
	struct smime_diag diag = { 0 };

	ck_assert_msg((smime_cert_check_fqdn(made_up->cert, &diag) == SMIME_OK) == hosts[_i].good,
	    "%s", diag.text);
	if (!hosts[_i].good)
		ck_assert_str_eq(diag.token, "fqdn");
	pki_free(&made_up);
}
END_TEST

/* What looks like a common name inside of another field is none, in whatever order they stand. */
static const struct {
	const char *subject;
	bool good;
} subjects[] = {
	{ "/O=Example, Ltd/CN=gw.a.example", true },
	{ "/CN=gw.a.example/O=Example, Ltd", true },
	{ "/CN=gw.a.example+O=Example/C=DE", true },
	{ "/CN=gw.a.example/O=Example,CN=gateway", true },
	{ "/CN=gw.a.example/O=Example\\\\", true },
	{ "/CN=gateway/O=ACN=gw.a.example", false },
	{ "/CN=gateway/O=Example CN=gw.a.example", false },
	{ "/CN=gateway/O=Example,CN=gw.a.example", false },
	{ "/CN=gateway/O=Example\\+CN=gw.a.example", false },
	{ "/CN=gateway/O=Example\\\\,CN=gw.a.example", false },
	{ "/O=Example,CN=gw.a.example", false },
};

START_TEST(the_common_name_is_that_of_the_field)
{
	SMIME_AUTO(smime_cert) cert = NULL;
	SMIME_AUTO_BUF pem = { 0 };
	struct smime_diag diag = { 0 };

	ck_assert_msg(
	    run_program((const char *const[]){ "openssl", "req", "-x509", "-newkey", "ec",
			    "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "/dev/null",
			    "-multivalue-rdn", "-subj", subjects[_i].subject, NULL },
		smime_bytes(NULL, 0), &pem) == 0,
	    "%s", (char *)pem.data);
	ck_assert_msg(smime_cert_import_pem(smime_buf_bytes(&pem), &cert, &diag) == SMIME_OK, "%s",
	    diag.text);
	ck_assert_msg((smime_cert_check_fqdn(cert, &diag) == SMIME_OK) == subjects[_i].good,
	    "%s: %s", smime_cert_subject(cert), diag.text);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("fqdn");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, a_name_is_fully_qualified_or_not, 0, ROWS(names));
	tcase_add_test(tc, a_name_has_an_end);
	tcase_add_loop_test(tc, only_fully_qualified_names_pass, 0, ROWS(hosts));
	tcase_add_loop_test(tc, the_common_name_is_that_of_the_field, 0, ROWS(subjects));
	return suite;
}
