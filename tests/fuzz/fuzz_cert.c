/* fuzz_cert.c - lib/cert*.c, lib/trust.c: any octets as a certificate, its names and uses, as
 * anchor and as issuer of itself; and as a revocation list. */
#include "smime/trust.h"
#include "support_fuzz.h"

#include <stdlib.h>

/* Names are shown to people and stand in logs: no control characters. */
static void
check_text(const char *text)
{
	for (; *text; text++)
		FUZZ_HOLDS((unsigned char)*text >= ' ' && *text != 0x7f);
}

static void
check_names(const struct smime_cert *cert)
{
	static const char *const addresses[] = { "fuzz@a.example", "Fuzz@A.EXAMPLE", "a.example",
		"@", "", "\xc3\xa9@xn--9ca.example", "fuzz@b.a.example" };

	check_text(smime_cert_subject(cert));
	check_text(smime_cert_issuer(cert));
	check_text(smime_cert_key_name(cert));
	for (size_t i = 0; i < smime_cert_mailbox_count(cert); i++) {
		struct smime_bytes mailbox = smime_cert_mailbox(cert, i);

		FUZZ_HOLDS(!memchr(mailbox.data, 0, mailbox.len));
		FUZZ_HOLDS(memchr(mailbox.data, '@', mailbox.len));
		FUZZ_HOLDS(smime_cert_covers(cert, mailbox) == SMIME_COVER_MAILBOX);
	}
	for (size_t i = 0; i < smime_cert_domain_count(cert); i++)
		FUZZ_HOLDS(smime_cert_domain(cert, i).len > 0);
	for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
		(void)smime_cert_covers(cert, smime_bytes_str(addresses[i]));
}

/* Believed by nobody's word but its own: nothing may verify below an empty trust. */
static void
check_trust(const struct smime_cert *cert, struct smime_bytes octets)
{
	struct smime_trust_result result = { 0 };
	struct smime_diag diag = { 0 };
	struct smime_certs extra = { 0 };

	FUZZ_HOLDS(smime_certs_add(&extra, cert) == SMIME_OK);
	for (int anchored = 0; anchored < 2; anchored++) {
		SMIME_AUTO(smime_trust) trust = NULL;
		enum smime_status status;

		if (smime_trust_new(&trust) != SMIME_OK)
			break;
		if (anchored && smime_trust_add_anchor(trust, cert, true, &diag) != SMIME_OK)
			FUZZ_HOLDS(diag.text[0]);
		(void)!smime_trust_add_crl(trust, octets, NULL);
		smime_trust_seal(trust);
		status = smime_trust_check(trust, cert, &extra, FUZZ_NOW, &result, &diag);
		FUZZ_HOLDS(anchored || status != SMIME_OK);
		FUZZ_HOLDS(status == SMIME_OK || diag.text[0]);
	}
	smime_certs_reset(&extra);
}

static void
check_uses(const struct smime_cert *cert)
{
	SMIME_AUTO_BUF pem = { 0 };
	SMIME_AUTO(smime_cert) again = NULL;
	struct smime_diag diag = { 0 };

	if (smime_cert_may_sign(cert, FUZZ_NOW, &diag) != SMIME_OK)
		FUZZ_HOLDS(diag.token[0] && diag.text[0]);
	if (smime_cert_may_encrypt(cert, FUZZ_NOW, &diag) != SMIME_OK)
		FUZZ_HOLDS(diag.token[0] && diag.text[0]);
	FUZZ_HOLDS(smime_cert_pem(cert, &pem) == SMIME_OK);
	FUZZ_HOLDS(smime_cert_import_pem(smime_buf_bytes(&pem), &again, NULL) == SMIME_OK);
	FUZZ_HOLDS(memcmp(smime_cert_fingerprint(cert), smime_cert_fingerprint(again), 32) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t size)
{
	struct smime_bytes in = smime_bytes(octets, size);
	SMIME_AUTO(smime_cert) cert = NULL;
	struct smime_certs many = { 0 };

	(void)!smime_certs_add_pem(&many, in, NULL);
	smime_certs_reset(&many);
	if (smime_cert_import(in, &cert, NULL) != SMIME_OK)
		return 0;
	check_names(cert);
	check_uses(cert);
	check_trust(cert, in);
	return 0;
}

size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	return fuzz_mutate_der(data, size, max, seed);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char *const names[] = { "rsa", "ec", "x25519" };

	for (enum fuzz_key key = FUZZ_RSA; key <= FUZZ_X25519; key++) {
		SMIME_AUTO(smime_cert) cert = fuzz_cert(key);

		fuzz_seed(*argc, *argv, names[key], smime_cert_der(cert));
	}
	return 0;
}
