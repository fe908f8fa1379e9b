/* test_signer.c - certificates that overlap: the newest valid one signs, every key decrypts. */
#include "policy/db.h"
#include "smime/crl.h"
#include "support.h"
#include "support_site.h"

#include <stdio.h>

static struct pki_cert *ours;

static void
setup(void)
{
	ours = pki_make(&(struct pki_spec){ .name = "gateway",
	    .domains = "a.example",
	    .mailboxes = "boss@a.example",
	    .key = "rsa-2048",
	    .usage = "sign repudiate encipher" });
	site_make();
	db_add_own("gateway", ours);
	site_message("user@a.example", "", 0);
	site_recipients("x@b.example");
}

static void
teardown(void)
{
	pki_free(&ours);
	site_remove();
}

#define PLAIN(from, to)                                                       \
	"From: " from "\r\nTo: " to "\r\nSubject: x\r\nMIME-Version: 1.0\r\n" \
	"Content-Type: text/plain\r\n\r\nhello canary\r\n"

/* All mail is signed with the profile. */
static void
sign_all(void)
{
	db_run("INSERT INTO sending_profile (name, mode, signing_certificate)"
	       " VALUES ('p', 'sign', 'gateway')");
	db_seal_all("p");
	site_octets(
	    PLAIN("user@a.example", "x@b.example"), strlen(PLAIN("user@a.example", "x@b.example")));
}

/* The same names, valid from so many days before PKI_NOW for so many days. */
static struct pki_cert *
renewed(int64_t since, int64_t days, const char *key)
{
	return pki_make(&(struct pki_spec){ .name = "renewed",
	    .domains = "a.example",
	    .mailboxes = "boss@a.example",
	    .key = key,
	    .usage = "sign repudiate encipher agree",
	    .from = PKI_NOW - since * PKI_DAY,
	    .to = PKI_NOW + (days - since) * PKI_DAY });
}

static bool
signed_by(const struct pki_cert *cert)
{
	char word[100];

	(void)snprintf(word, sizeof word, "signer=%s", smime_cert_fingerprint_hex(cert->cert));
	return strstr(site.outcome->record, word);
}

static void
sign_one(void)
{
	site_run(false);
	ck_assert_uint_eq(site.outcome->copy_count, 1);
	ck_assert(site.outcome->copies[0].entity);
}

START_TEST(the_newest_valid_certificate_signs)
{
	struct pki_cert *newer = renewed(10, 100, "p-256"), *future = renewed(-10, 100, "p-256"),
			*expired = renewed(5, 2, "p-256");

	sign_all();
	db_add_own("zfuture", future);
	db_add_own("zexpired", expired);
	sign_one();
	ck_assert(signed_by(ours));
	db_add_own("znewer", newer);
	sign_one();
	ck_assert(signed_by(newer));
	/* A scheme of RSA's stays with RSA. */
	db_run("UPDATE sending_profile SET signature_scheme = 'rsa-pss'");
	sign_one();
	ck_assert(signed_by(ours));
	pki_free(&newer);
	pki_free(&future);
	pki_free(&expired);
}
END_TEST

START_TEST(an_expired_certificate_gives_way)
{
	struct pki_cert *expired = renewed(20, 5, "p-256"), *older = renewed(30, 100, "p-256");

	db_run("DELETE FROM certificate");
	db_add_own("gateway", expired);
	sign_all();
	site_run(false);
	ck_assert_uint_eq(site.outcome->copy_count, 0);
	db_add_own("zolder", older);
	sign_one();
	ck_assert(signed_by(older));
	pki_free(&expired);
	pki_free(&older);
}
END_TEST

/* Nobody would believe what it signs. */
START_TEST(a_revoked_certificate_gives_way)
{
	struct pki_cert *ca = pki_make(&(struct pki_spec){ .name = "CA", .ca = true });
	struct pki_cert *revoked = pki_make(&(struct pki_spec){ .name = "gateway",
	    .domains = "a.example",
	    .mailboxes = "boss@a.example",
	    .issuer = ca });
	SMIME_AUTO_BUF der = { 0 };
	SMIME_AUTO_BUF pem = { 0 };
	SMIME_AUTO(smime_crl) crl = NULL;
	struct pki_cert *older = renewed(300, 600, "p-256");

	db_run("DELETE FROM certificate");
	db_add_anchor("ca", ca);
	db_add_own("gateway", revoked);
	sign_all();
	sign_one();
	ck_assert(signed_by(revoked));
	pki_crl(ca, revoked, PKI_NOW - PKI_DAY, PKI_NOW + PKI_DAY, &der);
	ck_assert_int_eq(smime_crl_import(smime_buf_bytes(&der), &crl, NULL), SMIME_OK);
	ck_assert_int_eq(smime_crl_pem(crl, &pem), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&pem), SMIME_OK);
	db_run("INSERT INTO revocation_list (name, crl) VALUES ('ca', %Q)", (char *)pem.data);
	site_run(false);
	ck_assert_uint_eq(site.outcome->copy_count, 0);
	ck_assert_str_eq(site.outcome->code, "550");
	ck_assert_ptr_nonnull(strstr(site.outcome->text, "has been revoked"));
	db_add_own("older", older);
	sign_one();
	ck_assert(signed_by(older));
	pki_free(&older);
	pki_free(&revoked);
	pki_free(&ca);
}
END_TEST

START_TEST(one_that_names_less_does_not_sign_instead)
{
	struct pki_cert *domain = pki_make(
	    &(struct pki_spec){ .name = "d", .domains = "a.example", .from = PKI_NOW - PKI_DAY });

	db_add_own("zdomain", domain);
	sign_all();
	sign_one();
	ck_assert(signed_by(ours));
	pki_free(&domain);
}
END_TEST

/* Mail to the old key, and to the expired one, is still read. */
START_TEST(every_key_decrypts)
{
	struct pki_cert *certs[3] = { ours, renewed(10, 100, "rsa-2048"), renewed(5, 20, "p-256") };

	db_add_own("b", certs[1]);
	db_add_own("c", certs[2]);
	db_run("UPDATE mail_flow_policy SET smime_open = 1");
	for (size_t i = 0; i < 3; i++) {
		struct smime_certs list = { .item = &certs[i]->cert, .count = 1 };
		SMIME_AUTO(smime_mime) mime = NULL;
		SMIME_AUTO(smime_spool) sealed = NULL;
		SMIME_AUTO_BUF octets = { 0 };
		struct smime_bytes view;
		const struct smime_seal how = {
			.mode = SMIME_MODE_ENCRYPT, .now = PKI_NOW, .recipients = &list
		};

		ck_assert_int_eq(
		    smime_mime_scan(
			smime_bytes_str(PLAIN("f@b.example", "x@a.example")), NULL, &mime, NULL),
		    SMIME_OK);
		ck_assert_int_eq(smime_seal_message(&how, mime, &sealed, NULL), SMIME_OK);
		ck_assert_int_eq(smime_spool_view(sealed, &view, NULL), SMIME_OK);
		ck_assert_int_eq(smime_buf_appendf(&octets, "From: f@b.example\r\n"), SMIME_OK);
		ck_assert_int_eq(smime_buf_append(&octets, view.data, view.len), SMIME_OK);
		site_octets(octets.data, octets.len);
		site_run(false);
		ck_assert_msg(site.outcome->opened->layers[0].ok, "%s",
		    site.outcome->opened->layers[0].reason);
		ck_assert_int_eq(
		    smime_spool_view(site.outcome->opened->entity, &view, NULL), SMIME_OK);
		ck_assert_ptr_nonnull(memmem(view.data, view.len, "hello canary", 12));
	}
	pki_free(&certs[1]);
	pki_free(&certs[2]);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("signer");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_newest_valid_certificate_signs);
	tcase_add_test(tc, an_expired_certificate_gives_way);
	tcase_add_test(tc, a_revoked_certificate_gives_way);
	tcase_add_test(tc, one_that_names_less_does_not_sign_instead);
	tcase_add_test(tc, every_key_decrypts);
	return suite;
}
