/* test_kept.c - a certificate kept as octets is found and opened like the one it was made from. */
#include "smime/kept.h"
#include "support.h"
#include "support_pki.h"

static struct pki_cert *ca, *cert, *bare;
static struct smime_kept *kept, *kept_bare;

static void
setup(void)
{
	ca = pki_make(&(struct pki_spec){ .name = "CA", .ca = true });
	cert =
	    pki_make(&(struct pki_spec){ .name = "x", .mailboxes = "a@b.example", .issuer = ca });
	/* Without a subject key identifier. */
	bare = pki_make(&(struct pki_spec){ .name = "bare", .version_1 = true });
	ck_assert_int_eq(smime_kept_new(cert->cert, &kept), SMIME_OK);
	ck_assert_int_eq(smime_kept_new(bare->cert, &kept_bare), SMIME_OK);
}

static void
teardown(void)
{
	smime_kept_free(&kept);
	smime_kept_free(&kept_bare);
	pki_free(&cert);
	pki_free(&bare);
	pki_free(&ca);
}

START_TEST(it_opens_again)
{
	SMIME_AUTO(smime_cert) again = NULL;
	SMIME_AUTO(smime_kept) other = smime_kept_ref(kept);

	smime_kept_free(&kept);
	ck_assert_int_eq(smime_kept_open(other, &again, NULL), SMIME_OK);
	ck_assert(smime_bytes_equal(smime_cert_der(again), smime_cert_der(cert->cert)));
	ck_assert_mem_eq(smime_kept_fingerprint(other), smime_cert_fingerprint(cert->cert), 32);
	ck_assert(smime_bytes_equal(smime_kept_der(other), smime_cert_der(cert->cert)));
}
END_TEST

START_TEST(it_is_found_like_the_certificate)
{
	const struct smime_cert_id ids[] = {
		{ .issuer = smime_cert_issuer_der(cert->cert),
		    .serial = smime_cert_serial(cert->cert) },
		{ .ski = smime_cert_ski(cert->cert) },
		{ .issuer = smime_cert_issuer_der(bare->cert),
		    .serial = smime_cert_serial(bare->cert) },
		{ .issuer = smime_cert_issuer_der(cert->cert),
		    .serial = smime_cert_serial(bare->cert) },
		{ .issuer = smime_cert_issuer_der(cert->cert) },
		{ .serial = smime_cert_serial(cert->cert) },
		{ .ski = { NULL, 0 } },
	};

	ck_assert(smime_kept_matches(kept, &ids[0]) && smime_kept_matches(kept, &ids[1]));
	ck_assert(smime_kept_matches(kept_bare, &ids[2]));
	for (int i = 0; i < ROWS(ids); i++) {
		ck_assert_int_eq(
		    smime_kept_matches(kept, &ids[i]), smime_cert_id_matches(&ids[i], cert->cert));
		ck_assert_int_eq(smime_kept_matches(kept_bare, &ids[i]),
		    smime_cert_id_matches(&ids[i], bare->cert));
	}
}
END_TEST

START_TEST(freeing_nothing_is_nothing)
{
	struct smime_kept *none = NULL;

	smime_kept_free(&none);
	ck_assert_ptr_null(none);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("kept");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, it_opens_again);
	tcase_add_test(tc, it_is_found_like_the_certificate);
	tcase_add_test(tc, freeing_nothing_is_nothing);
	return suite;
}
