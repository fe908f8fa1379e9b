/* test_trust.c - whom a signature is believed from: chains, constraints, purposes, revocation,
 * time. */
#include "smime/trust.h"
#include "support.h"
#include "support_der.h"
#include "support_pki.h"
#include "trust_internal.h"

#include <stdlib.h>

static struct pki_cert *root, *sub, *leaf, *other_root;
static struct smime_trust *trust;
static struct smime_trust_result result;
static struct smime_diag diag;

static void
make_certificates(void)
{
	root = pki_make(&(struct pki_spec){ .name = "Root", .ca = true });
	other_root = pki_make(&(struct pki_spec){ .name = "Root", .ca = true });
	sub = pki_make(
	    &(struct pki_spec){ .name = "Sub", .ca = true, .issuer = root, .path_length = 1 });
	leaf = pki_make(
	    &(struct pki_spec){ .name = "leaf", .mailboxes = "a@a.example", .issuer = sub });
}

static void
free_certificates(void)
{
	pki_free(&root);
	pki_free(&other_root);
	pki_free(&sub);
	pki_free(&leaf);
}

static void
setup(void)
{
	ck_assert_int_eq(smime_trust_new(&trust), SMIME_OK);
	ck_assert_int_eq(smime_trust_add_anchor(trust, root->cert, false, NULL), SMIME_OK);
}

static void
teardown(void)
{
	smime_trust_free(&trust);
}

/* The certificate, with these along with it (NULL ends them). */
static enum smime_status
check_at(const struct pki_cert *cert, struct pki_cert *const *extra, int64_t now)
{
	struct smime_certs list = pki_list(extra);
	enum smime_status status;

	smime_trust_seal(trust);
	diag = (struct smime_diag){ 0 };
	status = smime_trust_check(trust, cert->cert, &list, now, &result, &diag);
	smime_certs_reset(&list);
	return status;
}

static void
untrusted(const struct pki_cert *cert, struct pki_cert *const *extra, const char *token)
{
	ck_assert_int_eq(check_at(cert, extra, PKI_NOW), SMIME_E_UNTRUSTED);
	ck_assert_str_eq(diag.token, token);
}

#define WITH(...) ((struct pki_cert *[]){ __VA_ARGS__, NULL })

START_TEST(a_chain_leads_to_an_anchor_in_any_order)
{
	ck_assert_msg(check_at(leaf, WITH(sub), PKI_NOW) == SMIME_OK, "%s", diag.text);
	ck_assert(!result.peer && !result.domain_signing);
	ck_assert_int_eq(check_at(leaf, WITH(root, other_root, sub, leaf), PKI_NOW), SMIME_OK);
	untrusted(leaf, WITH(NULL), "no-anchor");
}
END_TEST

START_TEST(the_same_name_is_not_the_same_key)
{
	struct pki_cert *forged = pki_make(
	    &(struct pki_spec){ .name = "leaf", .mailboxes = "a@a.example", .issuer = other_root });

	untrusted(forged, WITH(other_root), "no-anchor");
	pki_free(&forged);
}
END_TEST

START_TEST(what_is_no_ca_issues_nothing)
{
	struct pki_cert *forged = pki_make(
	    &(struct pki_spec){ .name = "f", .mailboxes = "ceo@a.example", .issuer = leaf });

	untrusted(forged, WITH(leaf, sub), "constraint");
	pki_free(&forged);
}
END_TEST

/* What GnuTLS does not call a failure of the signature is no signature either. */
static const struct {
	const char *octets; /* of the signature, instead of the CA's */
	size_t len;
} signatures[] = {
	{ "\x03\x00", 2 },
	{ "\x03\x01\x00", 3 },
	{ "\x03\x02\x00\x00", 4 },
	{ "\x03\x02\x07\x80", 4 },
	{ "\x03\x09\x00\x30\x06\x02\x01\x00\x02\x01\x00", 11 },
	{ "\x03\x09\x00\x30\x06\x02\x01\x01\x02\x01\x01", 11 },
};

/* The certificate with that signature; NULL when it does not even parse. */
static struct smime_cert *
resigned(const struct pki_cert *cert, int which)
{
	struct smime_bytes der = smime_cert_der(cert->cert);
	SMIME_AUTO_BUF forged = { 0 };
	struct smime_cert *out = NULL;

	ck_assert(der_edit(der,
	    &(struct der_edit){ .kind = DER_PUT,
		.at = der_find(der, (const int[]){ 0, -1, DER_END }),
		.with = smime_bytes(signatures[which].octets, signatures[which].len) },
	    &forged));
	(void)!smime_cert_import(smime_buf_bytes(&forged), &out, NULL);
	return out;
}

START_TEST(r_ver_alg_without_a_signature_nobody_is_certified)
{
	struct pki_cert *rsa_root =
	    pki_make(&(struct pki_spec){ .name = "R", .ca = true, .key = "rsa-2048" });
	struct pki_cert *by_rsa = pki_make(
	    &(struct pki_spec){ .name = "l", .mailboxes = "a@a.example", .issuer = rsa_root });
	struct pki_cert forged_leaf = { .cert = resigned(leaf, _i) };
	struct pki_cert forged_sub = { .cert = resigned(sub, _i) };
	struct pki_cert forged_by_rsa = { .cert = resigned(by_rsa, _i) };

	ck_assert_int_eq(smime_trust_add_anchor(trust, rsa_root->cert, false, NULL), SMIME_OK);
	ck_assert_int_eq(check_at(by_rsa, WITH(NULL), PKI_NOW), SMIME_OK);
	if (forged_leaf.cert)
		untrusted(&forged_leaf, WITH(sub), "no-anchor");
	if (forged_sub.cert)
		untrusted(leaf, WITH(&forged_sub), "no-anchor");
	if (forged_by_rsa.cert)
		untrusted(&forged_by_rsa, WITH(NULL), "no-anchor");
	smime_cert_free(&forged_leaf.cert);
	smime_cert_free(&forged_sub.cert);
	smime_cert_free(&forged_by_rsa.cert);
	pki_free(&by_rsa);
	pki_free(&rsa_root);
}
END_TEST

START_TEST(a_path_may_be_too_long)
{
	struct pki_cert *deeper =
	    pki_make(&(struct pki_spec){ .name = "Sub2", .ca = true, .issuer = sub });
	struct pki_cert *below = pki_make(
	    &(struct pki_spec){ .name = "b", .mailboxes = "b@a.example", .issuer = deeper });

	untrusted(below, WITH(deeper, sub), "constraint");
	pki_free(&below);
	pki_free(&deeper);
}
END_TEST

static const struct {
	const char *permitted, *excluded, *mailbox;
	bool good;
} names[] = {
	{ "a.example", NULL, "x@a.example", true },
	{ "a.example", NULL, "x@b.example", false },
	{ NULL, "a.example", "x@a.example", false },
	{ NULL, "a.example", "x@b.example", true },
	/* Domains have no case. */
	{ NULL, "A.Example", "x@a.example", false },
	{ NULL, "a.example", "x@A.EXAMPLE", false },
	{ NULL, ".a.example", "x@b.A.EXAMPLE", false },
	{ NULL, ".a.example", "x@a.example", true },
	{ ".a.example", NULL, "x@b.a.example", true },
	{ ".a.example", NULL, "x@a.example", false },
	{ "a.example", NULL, "x@b.a.example", false },
	{ NULL, "x@a.example", "x@a.example", false },
	{ NULL, "x@a.example", "x@A.example", false },
	{ NULL, "x@a.example", "y@a.example", true },
	{ "x@a.example", NULL, "x@a.example", true },
	{ "x@a.example", NULL, "y@a.example", false },
};

/* A CA below the root, with the name constraints of spec. */
static struct pki_cert *
bound_ca(struct pki_spec spec)
{
	spec.name = "NC";
	spec.ca = true;
	spec.issuer = root;
	return pki_make(&spec);
}

START_TEST(r_ver_nc_name_constraints_hold)
{
	struct pki_cert *ca = bound_ca(
	    (struct pki_spec){ .permitted = names[_i].permitted, .excluded = names[_i].excluded });
	struct pki_cert *cert = pki_make(
	    &(struct pki_spec){ .name = "x", .mailboxes = names[_i].mailbox, .issuer = ca });

	ck_assert_msg(
	    (check_at(cert, WITH(ca), PKI_NOW) == SMIME_OK) == names[_i].good, "%s", diag.text);
	ck_assert_str_eq(diag.token, names[_i].good ? "" : "constraint");
	pki_free(&cert);
	pki_free(&ca);
}
END_TEST

/* The other forms: otherName SmtpUTF8Mailbox, which the constraints on rfc822Name bind (RFC 9598
 * s6), and domains. */
static const struct {
	const char *permitted, *excluded, *permitted_domain, *excluded_domain;
	struct pki_name name[2];
	bool good;
} forms[] = {
#define UTF8_NAME(length, mailbox)                                                          \
	{                                                                                   \
		{ 0xa0, "\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x09\xa0" length mailbox, 0 }, \
		{                                                                           \
			0                                                                   \
		}                                                                           \
	}
	{ "a.example", NULL, NULL, NULL, UTF8_NAME("\x0f", "\x0c\x0d\xc3\xa9x@a.example"), true },
	{ "a.example", NULL, NULL, NULL, UTF8_NAME("\x0e", "\x0c\x0c\xc3\xa9@b.example"), false },
	{ NULL, "a.example", NULL, NULL, UTF8_NAME("\x0e", "\x0c\x0c\xc3\xa9@a.Example"), false },
	{ NULL, NULL, "a.example", NULL, { { 0x82, "b.a.example", 0 }, { 0 } }, true },
	{ NULL, NULL, "a.example", NULL, { { 0x82, "ba.example", 0 }, { 0 } }, false },
	{ NULL, NULL, NULL, "a.example", { { 0x82, "A.Example", 0 }, { 0 } }, false },
	{ NULL, NULL, NULL, "a.example", { { 0x82, "b.a.EXAMPLE", 0 }, { 0 } }, false },
	{ NULL, NULL, NULL, "b.a.example", { { 0x82, "*.a.example", 0 }, { 0 } }, false },
	{ NULL, NULL, NULL, "b.a.example", { { 0x82, "*.c.example", 0 }, { 0 } }, true },
};

START_TEST(r_ver_nc_of_other_names_hold)
{
	struct pki_cert *ca = bound_ca((struct pki_spec){ .permitted = forms[_i].permitted,
	    .excluded = forms[_i].excluded,
	    .permitted_domain = forms[_i].permitted_domain,
	    .excluded_domain = forms[_i].excluded_domain });
	struct pki_cert *cert =
	    pki_make(&(struct pki_spec){ .name = "x", .names = forms[_i].name, .issuer = ca });

	ck_assert_uint_eq(
	    smime_cert_mailbox_count(cert->cert) + smime_cert_domain_count(cert->cert), 1);
	ck_assert_msg(
	    (check_at(cert, WITH(ca), PKI_NOW) == SMIME_OK) == forms[_i].good, "%s", diag.text);
	ck_assert_str_eq(diag.token, forms[_i].good ? "" : "constraint");
	pki_free(&cert);
	pki_free(&ca);
}
END_TEST

/* What GnuTLS calls no constraints at all. */
static const struct {
	const char *octets;
	size_t len;
} unreadable[] = {
	/* permitted a.example, with a minimum of 1 */
	{ "\x30\x12\xa0\x10\x30\x0e\x81\x09"
	  "a.example"
	  "\x80\x01\x01",
	    20 },
	/* permitted: registeredID, then a.example */
	{ "\x30\x15\xa0\x13\x30\x04\x88\x02\x2a\x03\x30\x0b\x81\x09"
	  "a.example",
	    23 },
	{ "\x30\x02\xa0\x05", 4 },
	{ "\x04\x00", 2 },
};

/* An empty name, of which RFC 5280 says nothing, forbids all and allows none. */
static const char *const empty_names[] = { "\x30\x06\xa0\x04\x30\x02\x81\x00",
	"\x30\x06\xa1\x04\x30\x02\x81\x00" };

START_TEST(r_ver_nc_an_empty_name_lets_no_domain_speak)
{
	struct pki_cert *ca =
	    bound_ca((struct pki_spec){ .constraints = smime_bytes(empty_names[_i], 8) });
	struct pki_cert *cert =
	    pki_make(&(struct pki_spec){ .name = "x", .domains = "b.example", .issuer = ca });

	teardown();
	ck_assert_int_eq(smime_trust_new(&trust), SMIME_OK);
	ck_assert_int_eq(smime_trust_add_anchor(trust, root->cert, true, NULL), SMIME_OK);
	ck_assert_int_eq(check_at(cert, WITH(ca), PKI_NOW), SMIME_OK);
	ck_assert(!result.domain_signing);
	pki_free(&cert);
	pki_free(&ca);
}
END_TEST

START_TEST(r_ver_nc_an_empty_name_is_taken_for_the_worst)
{
	struct pki_cert *ca =
	    bound_ca((struct pki_spec){ .constraints = smime_bytes(empty_names[_i], 8) });
	struct pki_cert *cert =
	    pki_make(&(struct pki_spec){ .name = "x", .mailboxes = "x@b.example", .issuer = ca });

	untrusted(cert, WITH(ca), "constraint");
	pki_free(&cert);
	pki_free(&ca);
}
END_TEST

START_TEST(r_ver_nc_that_cannot_be_read_allow_nothing)
{
	struct pki_cert *ca = bound_ca((struct pki_spec){
	    .constraints = smime_bytes(unreadable[_i].octets, unreadable[_i].len) });
	struct pki_cert *cert =
	    pki_make(&(struct pki_spec){ .name = "x", .mailboxes = "x@b.example", .issuer = ca });

	untrusted(cert, WITH(ca), "constraint");
	pki_free(&cert);
	pki_free(&ca);
}
END_TEST

START_TEST(r_ver_time_is_ours_along_the_path)
{
	struct pki_cert *old = pki_make(&(struct pki_spec){
	    .name = "Old", .ca = true, .issuer = root, .to = PKI_NOW - PKI_DAY });
	struct pki_cert *cert =
	    pki_make(&(struct pki_spec){ .name = "x", .mailboxes = "x@a.example", .issuer = old });

	untrusted(cert, WITH(old), "expired");
	ck_assert_int_eq(
	    check_at(leaf, WITH(sub), PKI_NOW + 4000 * (int64_t)PKI_DAY), SMIME_E_UNTRUSTED);
	ck_assert_str_eq(diag.token, "expired");
	ck_assert_int_eq(
	    check_at(leaf, WITH(sub), PKI_NOW - 4000 * (int64_t)PKI_DAY), SMIME_E_UNTRUSTED);
	pki_free(&cert);
	pki_free(&old);
}
END_TEST

START_TEST(r_ver_eku_a_ca_for_servers_is_none_for_mail)
{
	struct pki_cert *ca = pki_make(
	    &(struct pki_spec){ .name = "TLS", .ca = true, .issuer = root, .purpose = "server" });
	struct pki_cert *cert =
	    pki_make(&(struct pki_spec){ .name = "x", .mailboxes = "x@a.example", .issuer = ca });

	untrusted(cert, WITH(ca), "purpose");
	pki_free(&cert);
	pki_free(&ca);
}
END_TEST

START_TEST(an_unknown_critical_extension_refuses)
{
	struct pki_cert *cert = pki_make(&(struct pki_spec){
	    .name = "x", .mailboxes = "x@a.example", .issuer = sub, .critical_extension = true });

	ck_assert_int_eq(check_at(cert, WITH(sub), PKI_NOW), SMIME_E_UNTRUSTED);
	pki_free(&cert);
}
END_TEST

START_TEST(r_ver_alg_sha1_in_the_chain_is_weak)
{
	struct pki_cert *cert = pki_make(&(struct pki_spec){
	    .name = "x", .mailboxes = "x@a.example", .issuer = sub, .sha1 = true });

	untrusted(cert, WITH(sub), "weak-chain");
	pki_free(&cert);
}
END_TEST

START_TEST(a_revoked_certificate_is_not_believed)
{
	SMIME_AUTO_BUF crl = { 0 };

	pki_crl(sub, leaf, PKI_NOW - PKI_DAY, PKI_NOW + PKI_DAY, &crl);
	ck_assert_int_eq(smime_trust_add_crl(trust, smime_buf_bytes(&crl), &diag), SMIME_OK);
	untrusted(leaf, WITH(sub), "revoked");
}
END_TEST

START_TEST(a_stale_list_is_told_and_still_counts)
{
	SMIME_AUTO_BUF crl = { 0 };
	SMIME_AUTO_BUF empty = { 0 };

	pki_crl(sub, NULL, PKI_NOW - 9 * PKI_DAY, PKI_NOW - PKI_DAY, &empty);
	ck_assert_int_eq(smime_trust_add_crl(trust, smime_buf_bytes(&empty), &diag), SMIME_OK);
	ck_assert_int_eq(check_at(leaf, WITH(sub), PKI_NOW), SMIME_OK);
	ck_assert(result.crl_stale);
	pki_crl(sub, leaf, PKI_NOW - 8 * PKI_DAY, PKI_NOW - PKI_DAY, &crl);
	ck_assert_int_eq(smime_trust_add_crl(trust, smime_buf_bytes(&crl), &diag), SMIME_OK);
	untrusted(leaf, WITH(sub), "revoked");
}
END_TEST

/* A list by somebody else says nothing, whatever name stands in it. */
START_TEST(a_forged_list_revokes_nothing)
{
	struct pki_cert *forger = pki_make(&(struct pki_spec){ .name = "Sub", .ca = true });
	SMIME_AUTO_BUF crl = { 0 };

	pki_crl(forger, leaf, PKI_NOW - PKI_DAY, PKI_NOW + PKI_DAY, &crl);
	(void)!smime_trust_add_crl(trust, smime_buf_bytes(&crl), &diag);
	ck_assert_msg(check_at(leaf, WITH(sub), PKI_NOW) == SMIME_OK, "%s", diag.text);
	pki_free(&forger);
}
END_TEST

static enum smime_crl_origin
origin_of(const struct pki_cert *ca)
{
	SMIME_AUTO(smime_crl) list = NULL;
	SMIME_AUTO_BUF der = { 0 };

	pki_crl(ca, leaf, PKI_NOW - PKI_DAY, PKI_NOW + PKI_DAY, &der);
	ck_assert_int_eq(smime_crl_import(smime_buf_bytes(&der), &list, &diag), SMIME_OK);
	return smime_trust_crl_origin(trust, list);
}

START_TEST(whose_a_list_is)
{
	struct pki_cert *forger = pki_make(&(struct pki_spec){ .name = "Sub", .ca = true });

	ck_assert_int_eq(origin_of(sub), SMIME_CRL_UNKNOWN);
	ck_assert_int_eq(smime_trust_add_intermediate(trust, sub->cert, &diag), SMIME_OK);
	ck_assert_int_eq(origin_of(sub), SMIME_CRL_GENUINE);
	ck_assert_int_eq(origin_of(forger), SMIME_CRL_FORGED);
	/* Two keys of one name: a CA that changes its own. */
	ck_assert_int_eq(smime_trust_add_anchor(trust, forger->cert, false, &diag), SMIME_OK);
	ck_assert_int_eq(origin_of(forger), SMIME_CRL_GENUINE);
	ck_assert_int_eq(origin_of(sub), SMIME_CRL_GENUINE);
	pki_free(&forger);
}
END_TEST

/* Of a CA that the message left out. */
START_TEST(an_intermediate_completes_the_chain)
{
	ck_assert_int_eq(smime_trust_add_intermediate(trust, sub->cert, &diag), SMIME_OK);
	ck_assert_msg(check_at(leaf, WITH(NULL), PKI_NOW) == SMIME_OK, "%s", diag.text);
	ck_assert_int_eq(smime_trust_add_intermediate(trust, leaf->cert, &diag), SMIME_E_UNTRUSTED);
	ck_assert_str_eq(diag.token, "not-ca");
}
END_TEST

START_TEST(an_intermediate_is_no_anchor)
{
	struct pki_cert *lost =
	    pki_make(&(struct pki_spec){ .name = "Sub", .ca = true, .issuer = other_root });
	struct pki_cert *below =
	    pki_make(&(struct pki_spec){ .name = "b", .mailboxes = "b@a.example", .issuer = lost });

	ck_assert_int_eq(smime_trust_add_intermediate(trust, lost->cert, &diag), SMIME_OK);
	untrusted(below, WITH(NULL), "no-anchor");
	pki_free(&below);
	pki_free(&lost);
}
END_TEST

START_TEST(revocation_beats_whoever_vouched)
{
	SMIME_AUTO_BUF crl = { 0 };

	ck_assert_int_eq(smime_trust_add_peer(trust, leaf->cert, NULL), SMIME_OK);
	ck_assert_int_eq(check_at(leaf, WITH(NULL), PKI_NOW), SMIME_OK);
	pki_crl(sub, leaf, PKI_NOW - 9 * PKI_DAY, PKI_NOW - PKI_DAY, &crl);
	ck_assert_int_eq(smime_trust_add_crl(trust, smime_buf_bytes(&crl), &diag), SMIME_OK);
	/* Whose list it is nobody knows without the CA. */
	ck_assert_int_eq(check_at(leaf, WITH(NULL), PKI_NOW), SMIME_OK);
	ck_assert(!smime_trust_is_revoked(trust, leaf->cert));
	ck_assert_int_eq(smime_trust_add_intermediate(trust, sub->cert, &diag), SMIME_OK);
	ck_assert(smime_trust_is_revoked(trust, leaf->cert));
	ck_assert(!smime_trust_is_revoked(trust, sub->cert));
	untrusted(leaf, WITH(NULL), "revoked");
}
END_TEST

START_TEST(a_peer_is_trusted_as_itself)
{
	struct pki_cert *peer =
	    pki_make(&(struct pki_spec){ .name = "peer", .mailboxes = "p@b.example" });
	struct pki_cert *twin =
	    pki_make(&(struct pki_spec){ .name = "peer", .mailboxes = "p@b.example" });

	ck_assert_int_eq(smime_trust_add_peer(trust, peer->cert, NULL), SMIME_OK);
	ck_assert(smime_trust_is_peer(trust, peer->cert));
	ck_assert(!smime_trust_is_peer(trust, twin->cert));
	ck_assert_int_eq(check_at(peer, WITH(NULL), PKI_NOW), SMIME_OK);
	ck_assert(result.peer && result.domain_signing);
	untrusted(twin, WITH(NULL), "no-anchor");
	pki_free(&peer);
	pki_free(&twin);
}
END_TEST

START_TEST(r_ver_domain_only_below_an_anchor_that_allows_it)
{
	ck_assert_int_eq(check_at(leaf, WITH(sub), PKI_NOW), SMIME_OK);
	ck_assert(!result.domain_signing);
	teardown();
	ck_assert_int_eq(smime_trust_new(&trust), SMIME_OK);
	ck_assert_int_eq(smime_trust_add_anchor(trust, root->cert, true, NULL), SMIME_OK);
	ck_assert_int_eq(check_at(leaf, WITH(sub), PKI_NOW), SMIME_OK);
	ck_assert(result.domain_signing);
}
END_TEST

/* Which mailboxes a CA may certify decides whose domain may speak; the certificate itself is good,
 * for RFC 5280 binds dNSName by constraints on dNSName only. */
static const struct {
	const char *domain, *permitted, *excluded;
	bool speaks;
} speakers[] = {
	{ "a.example", "a.example", NULL, true },
	{ "A.Example", "a.exAMPLE", NULL, true },
	{ "x.a.example", ".a.example", NULL, true },
	{ "*.a.example", ".a.example", NULL, true },
	{ "b.example", NULL, "a.example", true },
	{ "*.a.example", NULL, "x.y.a.example", true },
	{ "*.a.example", NULL, ".x.a.example", true },
	{ "b.example", "a.example", NULL, false },
	{ "x.a.example", "a.example", NULL, false },
	{ "a.example", ".a.example", NULL, false },
	{ "*.a.example", "a.example", NULL, false },
	{ "a.example", "boss@a.example", NULL, false },
	{ "a.example", NULL, "A.example", false },
	{ "a.example", NULL, "boss@a.example", false },
	{ "x.a.example", NULL, ".a.example", false },
	{ "*.a.example", NULL, "x.a.example", false },
	{ "*.a.example", NULL, "boss@x.a.example", false },
	{ "*.x.a.example", NULL, ".a.example", false },
};

START_TEST(r_ver_nc_of_mailboxes_bind_domains_that_speak)
{
	struct pki_cert *ca = bound_ca((struct pki_spec){
	    .permitted = speakers[_i].permitted, .excluded = speakers[_i].excluded });
	struct pki_cert *below =
	    pki_make(&(struct pki_spec){ .name = "below", .ca = true, .issuer = ca });
	struct pki_cert *cert = pki_make(
	    &(struct pki_spec){ .name = "x", .domains = speakers[_i].domain, .issuer = below });
	struct pki_cert *both[] = { below, ca, NULL };

	teardown();
	ck_assert_int_eq(smime_trust_new(&trust), SMIME_OK);
	ck_assert_int_eq(smime_trust_add_anchor(trust, root->cert, true, NULL), SMIME_OK);
	ck_assert_int_eq(check_at(cert, both, PKI_NOW), SMIME_OK);
	ck_assert(result.domain_signing == speakers[_i].speaks);
	/* The same when the anchor is the one that is bound. */
	teardown();
	ck_assert_int_eq(smime_trust_new(&trust), SMIME_OK);
	ck_assert_int_eq(smime_trust_add_anchor(trust, ca->cert, true, NULL), SMIME_OK);
	ck_assert_int_eq(check_at(cert, both, PKI_NOW), SMIME_OK);
	ck_assert(result.domain_signing == speakers[_i].speaks);
	pki_free(&cert);
	pki_free(&below);
	pki_free(&ca);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("trust");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 30);
	tcase_add_unchecked_fixture(tc, make_certificates, free_certificates);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_chain_leads_to_an_anchor_in_any_order);
	tcase_add_test(tc, the_same_name_is_not_the_same_key);
	tcase_add_test(tc, what_is_no_ca_issues_nothing);
	tcase_add_loop_test(
	    tc, r_ver_alg_without_a_signature_nobody_is_certified, 0, ROWS(signatures));
	tcase_add_test(tc, a_path_may_be_too_long);
	tcase_add_loop_test(tc, r_ver_nc_name_constraints_hold, 0, ROWS(names));
	tcase_add_loop_test(tc, r_ver_nc_of_other_names_hold, 0, ROWS(forms));
	tcase_add_loop_test(tc, r_ver_nc_of_mailboxes_bind_domains_that_speak, 0, ROWS(speakers));
	tcase_add_loop_test(tc, r_ver_nc_an_empty_name_lets_no_domain_speak, 0, ROWS(empty_names));
	tcase_add_loop_test(
	    tc, r_ver_nc_an_empty_name_is_taken_for_the_worst, 0, ROWS(empty_names));
	tcase_add_loop_test(tc, r_ver_nc_that_cannot_be_read_allow_nothing, 0, ROWS(unreadable));
	tcase_add_test(tc, r_ver_time_is_ours_along_the_path);
	tcase_add_test(tc, r_ver_eku_a_ca_for_servers_is_none_for_mail);
	tcase_add_test(tc, an_unknown_critical_extension_refuses);
	tcase_add_test(tc, r_ver_alg_sha1_in_the_chain_is_weak);
	tcase_add_test(tc, a_revoked_certificate_is_not_believed);
	tcase_add_test(tc, a_stale_list_is_told_and_still_counts);
	tcase_add_test(tc, a_forged_list_revokes_nothing);
	tcase_add_test(tc, whose_a_list_is);
	tcase_add_test(tc, an_intermediate_completes_the_chain);
	tcase_add_test(tc, an_intermediate_is_no_anchor);
	tcase_add_test(tc, revocation_beats_whoever_vouched);
	tcase_add_test(tc, a_peer_is_trusted_as_itself);
	tcase_add_test(tc, r_ver_domain_only_below_an_anchor_that_allows_it);
	return suite;
}
