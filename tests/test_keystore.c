/* test_keystore.c - which certificates encrypt to an address. */
#include "keystore.h"
#include "support.h"
#include "support_pki.h"

static struct pki_cert *ca, *mailbox, *mailbox2, *domain, *wildcard;
static struct policy_keystore *keystore;
static struct smime_trust *trust;
static struct smime_certs found;
static struct smime_diag diag;

static void
make_certificates(void)
{
	ca = pki_make(&(struct pki_spec){ .name = "CA", .ca = true });
	mailbox =
	    pki_make(&(struct pki_spec){ .name = "m", .mailboxes = "a@x.example", .issuer = ca });
	mailbox2 =
	    pki_make(&(struct pki_spec){ .name = "m2", .mailboxes = "a@x.example", .issuer = ca });
	domain = pki_make(&(struct pki_spec){ .name = "d", .domains = "x.example", .issuer = ca });
	wildcard =
	    pki_make(&(struct pki_spec){ .name = "w", .domains = "*.example", .issuer = ca });
}

static void
free_certificates(void)
{
	pki_free(&mailbox);
	pki_free(&mailbox2);
	pki_free(&domain);
	pki_free(&wildcard);
	pki_free(&ca);
}

static void
setup(void)
{
	struct pki_cert *const all[] = { domain, mailbox, wildcard, mailbox2 };

	ck_assert_int_eq(policy_keystore_new(NULL, &keystore), SMIME_OK);
	for (int i = 0; i < ROWS(all); i++)
		ck_assert_int_eq(policy_keystore_add(keystore, all[i]->cert), SMIME_OK);
	policy_keystore_sort(keystore);
	ck_assert_int_eq(smime_trust_new(&trust), SMIME_OK);
	ck_assert_int_eq(smime_trust_add_anchor(trust, ca->cert, false, NULL), SMIME_OK);
	policy_keystore_set_trust(keystore, trust);
}

static void
teardown(void)
{
	smime_certs_reset(&found);
	policy_keystore_free(&keystore);
	smime_trust_free(&trust);
}

static enum smime_status
find(const char *address)
{
	smime_certs_reset(&found);
	diag = (struct smime_diag){ 0 };
	return policy_keystore_find(keystore, address, PKI_NOW, &found, &diag);
}

static bool
is(size_t i, const struct pki_cert *cert)
{
	return smime_bytes_equal(smime_cert_der(found.item[i]), smime_cert_der(cert->cert));
}

START_TEST(the_best_rank_is_used_and_all_of_it)
{
	ck_assert_int_eq(find("a@x.example"), SMIME_OK);
	ck_assert_uint_eq(found.count, 2);
	ck_assert(is(0, mailbox) || is(1, mailbox));
	ck_assert_int_eq(find("b@x.example"), SMIME_OK);
	ck_assert_uint_eq(found.count, 1);
	ck_assert(is(0, domain));
	ck_assert_int_eq(find("b@y.test"), SMIME_E_NOKEY);
	ck_assert_str_eq(diag.token, "no-key");
}
END_TEST

/* Everybody delivers User@ and user@ alike; a domain may come in either spelling (RFC 5890). */
static const struct {
	const char *mailboxes, *domains, *address;
	bool found;
} spellings[] = {
	{ "User.Name@z.test", NULL, "user.name@z.test", true },
	{ "user.name@z.test", NULL, "User.Name@Z.test", true },
	{ "u@xn--mller-kva.test", NULL, "u@m\xc3\xbcller.test", true },
	{ "u@xn--mller-kva.test", NULL, "U@M\xc3\x9cLLER.test", true },
	{ "u@xn--mller-kva.test", NULL, "v@m\xc3\xbcller.test", false },
	{ NULL, "xn--mller-kva.test", "v@m\xc3\xbcller.test", true },
	{ NULL, "*.xn--mller-kva.test", "v@sub.m\xc3\xbcller.test", true },
	{ NULL, "*.xn--mller-kva.test", "v@m\xc3\xbcller.test", false },
};

START_TEST(an_address_may_be_spelled_otherwise)
{
	struct pki_cert *cert = pki_make(&(struct pki_spec){
	    .name = "s", .mailboxes = spellings[_i].mailboxes, .domains = spellings[_i].domains });

	ck_assert_int_eq(policy_keystore_add(keystore, cert->cert), SMIME_OK);
	policy_keystore_sort(keystore);
	ck_assert_int_eq(
	    find(spellings[_i].address), spellings[_i].found ? SMIME_OK : SMIME_E_NOKEY);
	ck_assert(!spellings[_i].found || (found.count == 1 && is(0, cert)));
	pki_free(&cert);
}
END_TEST

static void
revoke(const struct pki_cert *cert)
{
	SMIME_AUTO_BUF crl = { 0 };

	pki_crl(ca, cert, PKI_NOW - PKI_DAY, PKI_NOW + PKI_DAY, &crl);
	ck_assert_int_eq(smime_trust_add_crl(trust, smime_buf_bytes(&crl), &diag), SMIME_OK);
}

START_TEST(a_revoked_key_is_not_encrypted_to)
{
	revoke(mailbox);
	ck_assert_int_eq(find("a@x.example"), SMIME_OK);
	ck_assert_uint_eq(found.count, 1);
	ck_assert(is(0, mailbox2));
	/* The next rank serves when the best one is gone. */
	revoke(mailbox2);
	ck_assert_int_eq(find("a@x.example"), SMIME_OK);
	ck_assert(is(0, domain));
	revoke(domain);
	ck_assert_int_eq(find("a@x.example"), SMIME_E_NOKEY);
	ck_assert_ptr_nonnull(strstr(diag.text, "has been revoked"));
}
END_TEST

START_TEST(a_forged_list_takes_no_key_away)
{
	struct pki_cert *forger = pki_make(&(struct pki_spec){ .name = "CA", .ca = true });
	SMIME_AUTO_BUF crl = { 0 };

	pki_crl(forger, domain, PKI_NOW - PKI_DAY, PKI_NOW + PKI_DAY, &crl);
	ck_assert_int_eq(smime_trust_add_crl(trust, smime_buf_bytes(&crl), &diag), SMIME_OK);
	ck_assert_int_eq(find("b@x.example"), SMIME_OK);
	pki_free(&forger);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("keystore");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 30);
	tcase_add_unchecked_fixture(tc, make_certificates, free_certificates);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_best_rank_is_used_and_all_of_it);
	tcase_add_loop_test(tc, an_address_may_be_spelled_otherwise, 0, ROWS(spellings));
	tcase_add_test(tc, a_revoked_key_is_not_encrypted_to);
	tcase_add_test(tc, a_forged_list_takes_no_key_away);
	return suite;
}
