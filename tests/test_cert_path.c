/* test_cert_path.c - what a sender cannot make us compute on the way to a trust anchor.  R-LIM. */
#include "ber.h"
#include "der.h"
#include "smime/trust.h"
#include "support.h"
#include "support_pki.h"

#define OK(call) ck_assert_int_eq(call, SMIME_OK)

static struct pki_cert *root, *sub, *leaf;
static struct smime_trust *trust;
static struct smime_trust_result result;
static struct smime_diag diag;

static void
setup(void)
{
	root = pki_make(&(struct pki_spec){ .name = "root", .ca = true });
	sub = pki_make(&(struct pki_spec){ .name = "sub", .ca = true, .issuer = root });
	leaf = pki_make(&(struct pki_spec){
	    .name = "leaf", .mailboxes = "a@a.example b@a.example", .issuer = sub });
	OK(smime_trust_new(&trust));
	OK(smime_trust_add_anchor(trust, root->cert, false, NULL));
	smime_trust_seal(trust);
	diag = (struct smime_diag){ 0 };
}

static void
teardown(void)
{
	smime_trust_free(&trust);
	pki_free(&leaf);
	pki_free(&sub);
	pki_free(&root);
}

static enum smime_status
check(const struct pki_cert *cert, const struct smime_certs *extra)
{
	return smime_trust_check(trust, cert->cert, extra, PKI_NOW, &result, &diag);
}

/* keyUsage and the key of whoever is in between. */
static const struct {
	const char *usage, *key, *purpose, *token; /* NULL: it is trusted */
} between[] = {
	{ NULL, NULL, NULL, NULL },
	{ "-", NULL, NULL, NULL },
	{ "certsign", "rsa-2048", "any", NULL },
	{ "sign agree", NULL, NULL, "key-usage" },
	{ NULL, "rsa-1024", NULL, "weak-chain" },
	{ NULL, NULL, "server", "purpose" },
};

START_TEST(a_ca_between_is_one_in_every_way)
{
	struct pki_cert *ca = pki_make(&(struct pki_spec){ .name = "between",
	    .ca = true,
	    .issuer = root,
	    .usage = between[_i].usage,
	    .key = between[_i].key,
	    .purpose = between[_i].purpose });
	struct pki_cert *below = pki_make(
	    &(struct pki_spec){ .name = "leaf", .mailboxes = "a@a.example", .issuer = ca });
	struct smime_certs extra = pki_list((struct pki_cert *[]){ ca, NULL });

	ck_assert_int_eq(check(below, &extra), between[_i].token ? SMIME_E_UNTRUSTED : SMIME_OK);
	ck_assert_str_eq(diag.token, between[_i].token ? between[_i].token : "");
	smime_certs_reset(&extra);
	pki_free(&below);
	pki_free(&ca);
}
END_TEST

/* An anchor is what an administrator took for a CA's; it is held to what it says of itself. */
START_TEST(an_anchor_that_may_not_sign_certifies_nobody)
{
	struct pki_cert *anchor =
	    pki_make(&(struct pki_spec){ .name = "anchor", .ca = true, .usage = "sign agree" });
	struct pki_cert *below = pki_make(
	    &(struct pki_spec){ .name = "leaf", .mailboxes = "a@a.example", .issuer = anchor });
	struct smime_certs extra = { 0 };

	OK(smime_trust_add_anchor(trust, anchor->cert, false, NULL));
	ck_assert_int_eq(check(below, &extra), SMIME_E_UNTRUSTED);
	ck_assert_str_eq(diag.token, "key-usage");
	pki_free(&below);
	pki_free(&anchor);
}
END_TEST

/* Each of _i certificates of the issuer's own key leads to eight CAs that did not sign it; behind
 * them stands the one that leads to the anchor. */
START_TEST(r_lim_dead_ends_are_tried_up_to_64)
{
	struct pki_cert *mid = pki_make(&(struct pki_spec){ .name = "mid", .ca = true });
	struct smime_certs extra = { 0 };

	for (int i = 0; i < _i + 8; i++) {
		struct pki_spec dead = {
			.name = "sub", .ca = true, .issuer = mid, .same_key = sub
		};
		struct pki_spec wrong = { .name = "mid", .ca = true };
		struct pki_cert *one = pki_make(i < _i ? &dead : &wrong);

		OK(smime_certs_add(&extra, one->cert));
		pki_free(&one);
	}
	OK(smime_certs_add(&extra, sub->cert));
	ck_assert_int_eq(check(leaf, &extra), _i <= 6 ? SMIME_OK : SMIME_E_UNTRUSTED);
	ck_assert_str_eq(diag.token, _i <= 6 ? "" : "no-anchor");
	smime_certs_reset(&extra);
	pki_free(&mid);
}
END_TEST

/* Other CAs of the issuer's name stand before it: each is tried, and none of them is it. */
START_TEST(r_lim_namesakes_are_tried_up_to_64)
{
	struct smime_certs extra = { 0 };

	for (int i = 0; i < _i; i++) {
		struct pki_cert *namesake =
		    pki_make(&(struct pki_spec){ .name = "sub", .ca = true, .issuer = root });

		OK(smime_certs_add(&extra, namesake->cert));
		pki_free(&namesake);
	}
	OK(smime_certs_add(&extra, sub->cert));
	if (_i <= 60) {
		OK(check(leaf, &extra));
	} else {
		ck_assert_int_eq(check(leaf, &extra), SMIME_E_UNTRUSTED);
		ck_assert_str_eq(diag.token, "no-anchor");
	}
	smime_certs_reset(&extra);
}
END_TEST

/* nameConstraints that exclude so many names; nobody's is among them. */
static struct pki_cert *
constrained(size_t entries, const struct pki_cert *same_key)
{
	SMIME_AUTO_BUF der = { 0 };

	for (size_t i = 0; i < entries; i++) {
		size_t mark = der.len;

		OK(smime_der_tlv(&der, 0x81, smime_bytes_str("b.c")));
		OK(smime_der_wrap(&der, mark, SMIME_BER_SEQUENCE));
	}
	OK(smime_der_wrap(&der, 0, SMIME_BER_CONTEXT_CONS | 1));
	OK(smime_der_wrap(&der, 0, SMIME_BER_SEQUENCE));
	return pki_make(&(struct pki_spec){ .name = "sub",
	    .ca = true,
	    .issuer = root,
	    .same_key = same_key,
	    .extension = "2.5.29.30",
	    .extension_value = smime_buf_bytes(&der) });
}

START_TEST(r_lim_many_constraints_bind_ordinary_names)
{
	struct pki_cert *ca = constrained(250, sub);
	struct smime_certs extra = pki_list((struct pki_cert *[]){ ca, NULL });

	OK(check(leaf, &extra));
	smime_certs_reset(&extra);
	pki_free(&ca);
}
END_TEST

/* Entries times names: more than can be compared in a moment. */
START_TEST(r_lim_constraints_times_names)
{
	SMIME_AUTO_BUF names = { 0 };
	struct pki_cert *ca = constrained(250, sub), *many;
	struct smime_certs extra = pki_list((struct pki_cert *[]){ ca, NULL });

	for (int i = 0; i < 256; i++)
		OK(smime_buf_appendf(&names, "p%d@a.example ", i));
	OK(smime_buf_terminate(&names));
	many = pki_make(
	    &(struct pki_spec){ .name = "many", .mailboxes = (char *)names.data, .issuer = ca });
	/* One such certificate is compared; with a hundred of it there would be no end. */
	OK(check(many, &extra));
	for (int i = 0; i < 9; i++) {
		struct pki_cert *other = constrained(250, NULL);

		OK(smime_certs_add(&extra, other->cert));
		pki_free(&other);
	}
	/* The right one last. */
	OK(smime_certs_add(&extra, extra.item[0]));
	smime_cert_free(&extra.item[0]);
	extra.item[0] = smime_cert_ref(extra.item[1]);
	ck_assert_int_eq(check(many, &extra), SMIME_E_UNTRUSTED);
	ck_assert_str_eq(diag.token, "constraint");
	ck_assert_ptr_nonnull(strstr(diag.text, "nameConstraints"));
	pki_free(&many);
	smime_certs_reset(&extra);
	pki_free(&ca);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("cert_path");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, an_anchor_that_may_not_sign_certifies_nobody);
	tcase_add_loop_test(tc, r_lim_dead_ends_are_tried_up_to_64, 5, 9);
	tcase_add_loop_test(tc, a_ca_between_is_one_in_every_way, 0, ROWS(between));
	tcase_add_loop_test(tc, r_lim_namesakes_are_tried_up_to_64, 0, 1);
	tcase_add_loop_test(tc, r_lim_namesakes_are_tried_up_to_64, 60, 61);
	tcase_add_loop_test(tc, r_lim_namesakes_are_tried_up_to_64, 70, 71);
	tcase_add_test(tc, r_lim_many_constraints_bind_ordinary_names);
	tcase_add_test(tc, r_lim_constraints_times_names);
	return suite;
}
