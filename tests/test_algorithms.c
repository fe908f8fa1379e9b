/* test_algorithms.c - `auto`: which cipher and key transport those get who are known to read this
 * or that, and what the explanation says. */
#include "algorithms.h"
#include "keystore.h"
#include "policy/db.h"
#include "support.h"
#include "support_db.h"

#include <stdio.h>

static struct pki_cert *rsa, *ec, *announcing;
static struct policy_harvested *harvested;
static struct policy_keystore *keystore;
static struct policy_trace *trace;

static void
make_certificates(void)
{
	rsa = pki_make(
	    &(struct pki_spec){ .name = "rsa", .mailboxes = "rsa@b.example", .key = "rsa-2048" });
	ec = pki_make(&(struct pki_spec){ .name = "ec", .mailboxes = "ec@b.example" });
	announcing = pki_make(&(struct pki_spec){ .name = "a",
	    .mailboxes = "a@b.example",
	    .key = "rsa-2048",
	    .capabilities = "aes256-gcm rsa-oaep" });
}

static void
free_certificates(void)
{
	pki_free(&rsa);
	pki_free(&ec);
	pki_free(&announcing);
}

static void
setup(void)
{
	db_make();
	ck_assert_int_eq(policy_db_init(db_path(), NULL), SMIME_OK);
	ck_assert_int_eq(policy_harvested_open(db_path(), &harvested, NULL), SMIME_OK);
	ck_assert_int_eq(policy_keystore_new(harvested, &keystore), SMIME_OK);
	ck_assert_int_eq(policy_trace_new(&trace), SMIME_OK);
}

static void
teardown(void)
{
	policy_trace_free(&trace);
	policy_keystore_free(&keystore);
	policy_harvested_free(&harvested);
	db_remove();
}

/* Signed mail of that certificate announced these, so long after the beginning. */
static void
announce(const struct pki_cert *cert, const char *address, const char *names, int at)
{
	if (names)
		db_run("INSERT INTO harvested_key (fingerprint, address, certificate, "
		       "harvested_at, capabilities, capabilities_at) VALUES (%Q, %Q, 'x', 1, %Q, "
		       "%d)",
		    smime_cert_fingerprint_hex(cert->cert), address, names, at);
}

static void
assert_explained(const char *why)
{
	struct smime_bytes text = policy_trace_text(trace);

	ck_assert_msg(memmem(text.data, text.len, why, strlen(why)), "%.*s", (int)text.len,
	    (const char *)text.data);
}

static const struct {
	const char *rsa, *ec;           /* what they announced; NULL: nothing was harvested */
	const char *cipher, *transport; /* for the RSA certificate */
	const char *why;
} choices[] = {
	{ NULL, NULL, "aes256-cbc", "rsa-pkcs1", "announces no cipher" },
	{ "aes256-gcm aes128-cbc", NULL, "aes128-cbc", "rsa-pkcs1", "not aes256-gcm: " },
	{ "aes256-gcm rsa-oaep", "aes256-gcm", "aes256-gcm", "rsa-oaep", "cipher aes256-gcm" },
	{ "aes256-gcm aes256-cbc", NULL, "aes256-cbc", "rsa-pkcs1", "not aes256-gcm: " },
	{ "aes256-gcm aes256-cbc", "aes256-cbc aes128-cbc", "aes256-cbc", "rsa-pkcs1",
	    "announces aes256-cbc aes128-cbc" },
	/* 128 bits only when there is no 256. */
	{ "aes128-cbc", NULL, "aes128-cbc", "rsa-pkcs1", "not aes256-cbc: " },
	{ "aes128-gcm aes128-cbc", "aes128-gcm", "aes128-gcm", "rsa-pkcs1", "not aes256-cbc: " },
	{ "aes128-gcm aes256-cbc", "aes128-gcm aes256-cbc", "aes256-cbc", "rsa-pkcs1", "" },
	{ "aes128-gcm", NULL, "aes256-cbc", "rsa-pkcs1", "not aes128-cbc: " },
	/* Nothing in common, and nothing that we write: what all must be able to read. */
	{ "aes256-gcm", "aes128-cbc", "aes256-cbc", "rsa-pkcs1", "" },
	{ "3des-cbc", "3des-cbc", "aes256-cbc", "rsa-pkcs1", "announces 3des-cbc" },
	/* Known of one does not depend on what is known of the other. */
	{ "rsa-oaep", NULL, "aes256-cbc", "rsa-oaep", "key transport rsa-oaep to " },
};

START_TEST(the_best_that_all_read_is_chosen)
{
	struct smime_certs to = pki_list((struct pki_cert *[]){ rsa, ec, NULL });
	const struct policy_profile profile = { .name = NULL };
	struct policy_algorithms chosen;

	announce(rsa, "rsa@b.example", choices[_i].rsa, 1);
	announce(ec, "ec@b.example", choices[_i].ec, 1);
	ck_assert_int_eq(
	    policy_algorithms_choose(&profile, keystore, &to, trace, &chosen, NULL), SMIME_OK);
	ck_assert_str_eq(chosen.cipher->name, choices[_i].cipher);
	ck_assert_str_eq(chosen.transports[0]->name, choices[_i].transport);
	assert_explained(choices[_i].why);
	policy_algorithms_reset(&chosen);
	smime_certs_reset(&to);
}
END_TEST

START_TEST(what_the_profile_names_is_not_chosen)
{
	struct smime_certs to = pki_list((struct pki_cert *[]){ rsa, announcing, NULL });
	const struct policy_profile profile = { .name = NULL,
		.cipher = smime_alg_by_name(smime_content_algs, "aes128-cbc"),
		.transport = smime_alg_by_name(smime_key_transport_algs, "rsa-oaep") };
	struct policy_algorithms chosen;

	announce(rsa, "rsa@b.example", "aes256-gcm", 1);
	ck_assert_int_eq(
	    policy_algorithms_choose(&profile, keystore, &to, trace, &chosen, NULL), SMIME_OK);
	ck_assert_str_eq(chosen.cipher->name, "aes128-cbc");
	ck_assert_str_eq(chosen.transports[0]->name, "rsa-oaep");
	ck_assert_str_eq(chosen.transports[1]->name, "rsa-oaep");
	assert_explained("aes128-cbc, as the profile says");
	policy_algorithms_reset(&chosen);
	smime_certs_reset(&to);
}
END_TEST

/* By the certificate's own extension, until its owner's mail says otherwise. */
START_TEST(the_certificate_speaks_until_mail_does)
{
	struct smime_certs to = pki_list((struct pki_cert *[]){ announcing, NULL });
	const struct policy_profile profile = { .name = NULL };
	static const char *const ciphers[] = { "aes256-gcm", "aes128-cbc", "aes256-cbc" };

	for (int i = 0; i < ROWS(ciphers); i++) {
		struct policy_algorithms chosen;

		if (i == 1)
			announce(announcing, "a@b.example", "aes128-cbc", 1);
		if (i == 2) /* the newest counts, whichever address it came from */
			announce(announcing, "other@b.example", "aes256-cbc", 2);
		ck_assert_int_eq(
		    policy_algorithms_choose(&profile, keystore, &to, NULL, &chosen, NULL),
		    SMIME_OK);
		ck_assert_str_eq(chosen.cipher->name, ciphers[i]);
		ck_assert_str_eq(chosen.transports[0]->name, "rsa-oaep");
		policy_algorithms_reset(&chosen);
	}
	smime_certs_reset(&to);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("algorithms");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_add_unchecked_fixture(tc, make_certificates, free_certificates);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, the_best_that_all_read_is_chosen, 0, ROWS(choices));
	tcase_add_test(tc, what_the_profile_names_is_not_chosen);
	tcase_add_test(tc, the_certificate_speaks_until_mail_does);
	return suite;
}
