/* test_cert_signature.c - certificates and lists signed by RSASSA-PSS, as CAs on openssl make them.
 */
#include "smime/trust.h"
#include "support.h"
#include "support_dir.h"
#include "support_run.h"

#include <time.h>

#define OK(call) ck_assert_int_eq(call, SMIME_OK)

/* A CA, two certificates, and a list that revokes the second. $1: the folder; $2: digest; $3: salt;
 * $4: what else openssl is told of the signatures. */
static const char make[] =
    "cd \"$1\" && exec 2>err && "
    "pss=\"-$2 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:$3 $4\" && "
    "openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -subj /CN=CA -days 30 -out ca.pem "
    "-addext keyUsage=critical,keyCertSign,cRLSign && "
    "printf 'extendedKeyUsage=emailProtection\\nsubjectAltName=email:a@a.example\\n' >ext && "
    "for n in 1 2; do openssl req -new -newkey rsa:2048 -nodes -keyout $n.key -subj /CN=$n -out "
    "csr && "
    "openssl x509 -req -in csr -CA ca.pem -CAkey ca.key -set_serial $n -days 30 -extfile ext $pss "
    "-out $n.pem || exit; done; "
    "printf '[ca]\\ndefault_ca=c\\n[c]\\ndatabase=index\\ndefault_crl_days=30\\n' >cnf && : >index "
    "&& "
    "ca='openssl ca -config cnf -cert ca.pem -keyfile ca.key -md '$2 && $ca -revoke 2.pem && "
    "$ca -gencrl -out crl.pem -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:$3 $4";

static const struct {
	const char *digest, *salt, *more;
	bool good;
} rows[] = {
	{ "sha256", "32", "", true },
	{ "sha256", "max", "", true },
	{ "sha384", "20", "", true },
	{ "sha512", "0", "", true },
	{ "sha256", "max", "-sigopt rsa_mgf1_md:sha1", false },
	{ "sha1", "max", "", false },
};

static void
read_file(const char *name, struct smime_buf *out)
{
	char path[DIR_PATH_SIZE];

	smime_buf_reset(out);
	ck_assert_int_eq(run_program((const char *[]){ "cat", dir_file(name, path), NULL },
			     smime_bytes(NULL, 0), out),
	    0);
}

static struct smime_cert *
read_cert(const char *name)
{
	SMIME_AUTO_BUF pem = { 0 };
	struct smime_cert *cert;

	read_file(name, &pem);
	OK(smime_cert_import_pem(smime_buf_bytes(&pem), &cert, NULL));
	return cert;
}

static enum smime_status
check(const struct smime_trust *trust, const struct smime_cert *cert, struct smime_diag *diag)
{
	struct smime_trust_result result;

	return smime_trust_check(trust, cert, NULL, (int64_t)time(NULL) + 60, &result, diag);
}

START_TEST(r_ver_alg_a_salt_may_have_any_length)
{
	char folder[DIR_PATH_SIZE];
	struct smime_trust *trust = NULL;
	struct smime_cert *ca, *one, *two;
	struct smime_diag diag = { 0 };
	SMIME_AUTO_BUF said = { 0 };

	dir_make();
	ck_assert_int_eq(
	    run_program((const char *[]){ "sh", "-c", make, "sh", dir_file(".", folder),
			    rows[_i].digest, rows[_i].salt, rows[_i].more, NULL },
		smime_bytes(NULL, 0), &said),
	    0);
	ca = read_cert("ca.pem");
	one = read_cert("1.pem");
	two = read_cert("2.pem");
	OK(smime_trust_new(&trust));
	OK(smime_trust_add_anchor(trust, ca, false, NULL));
	ck_assert_msg((check(trust, one, &diag) == SMIME_OK) == rows[_i].good, "%s", diag.text);
	ck_assert_msg((check(trust, two, &diag) == SMIME_OK) == rows[_i].good, "%s", diag.text);
	read_file("crl.pem", &said);
	OK(smime_trust_add_crl(trust, smime_buf_bytes(&said), NULL));
	ck_assert_msg((check(trust, one, &diag) == SMIME_OK) == rows[_i].good, "%s", diag.text);
	ck_assert_int_eq(check(trust, two, &diag), SMIME_E_UNTRUSTED);
	ck_assert(!rows[_i].good || strcmp(diag.token, "revoked") == 0);
	ck_assert(smime_trust_is_revoked(trust, two) == rows[_i].good);
	smime_cert_free(&two);
	smime_cert_free(&one);
	smime_cert_free(&ca);
	smime_trust_free(&trust);
	dir_remove();
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("cert_signature");
	TCase *tc = tcase_create("all");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, r_ver_alg_a_salt_may_have_any_length, 0, ROWS(rows));
	suite_add_tcase(suite, tc);
	return suite;
}
