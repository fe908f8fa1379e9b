/*
 * algorithms.c - `auto`: cipher and key transport by what the readers' certificates and signed mail
 * announce.  DESIGN section 5, RFC 8551 s2.7.
 *
 * Memory: one set of capabilities for each certificate. What nobody has announced is not guessed
 * at: a message that its reader cannot open is lost.
 */
#include "algorithms.h"

#include <stdlib.h>

/* In order of preference: 256 bits before 128, and authenticated before not. */
static const char *const preferred[] = { "aes256-gcm", "aes256-cbc", "aes128-gcm", "aes128-cbc" };
#define FALLBACK 1

/* What is known of those who are to read. */
struct readers {
	const struct smime_certs *certs;
	struct smime_caps *caps; /* one for each certificate */
};

/* RFC 8551 s2.7.1.2: of those who said nothing only what they must be able to read is expected. */
static bool
reads(const struct smime_caps *caps, const struct smime_alg *cipher)
{
	return caps->ciphers ? smime_caps_hold(caps, cipher) : !smime_alg_is_aead(cipher);
}

/* The first certificate whose owner does not; NULL: all do. */
static const struct smime_cert *
who_does_not(const struct readers *readers, const struct smime_alg *cipher, size_t *at)
{
	for (*at = 0; *at < readers->certs->count; (*at)++)
		if (!reads(&readers->caps[*at], cipher))
			return readers->certs->item[*at];
	return NULL;
}

static void
explain(struct policy_trace *trace, const struct readers *readers, const struct smime_cert *cert,
    size_t at, const char *cipher)
{
	SMIME_AUTO_BUF names = { 0 };

	if (trace && smime_caps_print(&readers->caps[at], &names) == SMIME_OK &&
	    smime_buf_terminate(&names) == SMIME_OK)
		policy_trace_line(trace, 2, "not %s: the owner of %s announces %s", cipher,
		    smime_cert_fingerprint_hex(cert),
		    readers->caps[at].ciphers ? (const char *)names.data : "no cipher");
}

static const struct smime_alg *
choose_cipher(const struct readers *readers, struct policy_trace *trace)
{
	for (size_t i = 0; i < sizeof preferred / sizeof *preferred; i++) {
		const struct smime_alg *row = smime_alg_by_name(smime_content_algs, preferred[i]);
		size_t at;
		const struct smime_cert *cert = who_does_not(readers, row, &at);

		if (!cert)
			return row;
		explain(trace, readers, cert, at, preferred[i]);
	}
	return smime_alg_by_name(smime_content_algs, preferred[FALLBACK]);
}

static void
choose_transports(const struct policy_profile *profile, const struct readers *readers,
    struct policy_trace *trace, const struct smime_alg **out)
{
	const struct smime_alg *oaep = smime_alg_by_name(smime_key_transport_algs, "rsa-oaep");
	const struct smime_alg *pkcs1 = smime_alg_by_name(smime_key_transport_algs, "rsa-pkcs1");

	for (size_t i = 0; i < readers->certs->count; i++) {
		const struct smime_cert *cert = readers->certs->item[i];

		out[i] = profile->transport                         ? profile->transport
			 : smime_caps_hold(&readers->caps[i], oaep) ? oaep
								    : pkcs1;
		if (smime_cert_key_type(cert) == SMIME_KEY_RSA)
			policy_trace_line(trace, 2, "key transport %s to %s", out[i]->name,
			    smime_cert_fingerprint_hex(cert));
	}
}

/* Nothing is asked of the database when the profile leaves nothing to choose. */
static enum smime_status
ask(const struct policy_profile *profile, const struct policy_keystore *keystore,
    struct readers *readers, struct smime_diag *diag)
{
	if (profile->cipher && profile->transport)
		return SMIME_OK;
	for (size_t i = 0; i < readers->certs->count; i++)
		SMIME_TRY(policy_keystore_caps(
		    keystore, readers->certs->item[i], &readers->caps[i], diag));
	return SMIME_OK;
}

enum smime_status
policy_algorithms_choose(const struct policy_profile *profile,
    const struct policy_keystore *keystore, const struct smime_certs *to,
    struct policy_trace *trace, struct policy_algorithms *out, struct smime_diag *diag)
{
	struct readers readers = { .certs = to,
		.caps = calloc(to->count + 1, sizeof *readers.caps) };
	enum smime_status status = SMIME_E_SYSTEM;

	*out = (struct policy_algorithms){ .transports =
					       calloc(to->count + 1, sizeof *out->transports) };
	if (readers.caps && out->transports)
		status = ask(profile, keystore, &readers, diag);
	if (status == SMIME_OK) {
		out->cipher = profile->cipher ? profile->cipher : choose_cipher(&readers, trace);
		policy_trace_line(trace, 2, "content cipher %s%s", out->cipher->name,
		    profile->cipher ? ", as the profile says" : "");
		choose_transports(profile, &readers, trace, out->transports);
	}
	free(readers.caps);
	return status;
}

void
policy_algorithms_reset(struct policy_algorithms *algorithms)
{
	free(algorithms->transports);
	*algorithms = (struct policy_algorithms){ 0 };
}
