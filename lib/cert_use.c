/* cert_use.c - may this certificate be used for ...?  RFC 8550 s4.4, RFC 5280 s4.2.1.3. */
#include "cert_internal.h"

/* RSA below this, or with a small exponent (R-VER-ALG), and other curves than those of 256 bits and
 * more protect nothing (RFC 8551 s2.7).
 */
#define RSA_MIN 2048

bool
smime_cert_is_weak(const struct smime_cert *cert)
{
	switch (cert->key_type) {
	case SMIME_KEY_RSA:
	case SMIME_KEY_RSA_PSS:
		return cert->key_bits < RSA_MIN || cert->weak_exponent;
	case SMIME_KEY_EC:
		return cert->key_bits < 256;
	case SMIME_KEY_EDDSA:
	case SMIME_KEY_ECDH:
		return false;
	case SMIME_KEY_OTHER:
		break;
	}
	return true;
}

static enum smime_status
refuse(const struct smime_cert *cert, struct smime_diag *diag, const char *token, const char *why)
{
	return smime_fail(diag, SMIME_E_NOKEY, token, "certificate of %s (serial %s) %s",
	    cert->subject[0] ? cert->subject : "an empty subject", cert->serial_hex, why);
}

/* What both uses ask for: valid now, for mail. */
static enum smime_status
usable(const struct smime_cert *cert, int64_t now, struct smime_diag *diag)
{
	if (now > cert->not_after)
		return refuse(cert, diag, "expired", "has expired");
	if (now < cert->not_before)
		return refuse(cert, diag, "not-yet-valid", "is not valid yet");
	/* "If the extended key usage extension is present, the emailProtection OID or the
	 * anyExtendedKeyUsage OID MUST be present" (RFC 8550 s4.4.4) */
	if (cert->has_purpose && !cert->may_mail)
		return refuse(cert, diag, "purpose", "is not for mail (extendedKeyUsage)");
	return SMIME_OK;
}

/* Last, so that whoever lets weak keys pass knows that all else was in order. */
static enum smime_status
strong(const struct smime_cert *cert, struct smime_diag *diag)
{
	if (smime_cert_is_weak(cert) || cert->key_bits > SMIME_RSA_MAX)
		return refuse(cert, diag, "weak-key",
		    "has a key that is too weak, too large or of no known kind");
	return SMIME_OK;
}

enum smime_status
smime_cert_may_sign(const struct smime_cert *cert, int64_t now, struct smime_diag *diag)
{
	SMIME_TRY(usable(cert, now, diag));
	if (cert->key_type == SMIME_KEY_ECDH)
		return refuse(cert, diag, "key-type", "has a key that cannot sign");
	/* "either the digitalSignature or the nonRepudiation bit" (RFC 8550 s4.4.2) */
	if (cert->key_usage >= 0 &&
	    !(cert->key_usage & (GNUTLS_KEY_DIGITAL_SIGNATURE | GNUTLS_KEY_NON_REPUDIATION)))
		return refuse(cert, diag, "key-usage", "may not sign (keyUsage)");
	return strong(cert, diag);
}

enum smime_status
smime_cert_may_encrypt(const struct smime_cert *cert, int64_t now, struct smime_diag *diag)
{
	bool agrees = cert->key_type == SMIME_KEY_EC || cert->key_type == SMIME_KEY_ECDH;
	int need = agrees ? GNUTLS_KEY_KEY_AGREEMENT : GNUTLS_KEY_KEY_ENCIPHERMENT;

	SMIME_TRY(usable(cert, now, diag));
	if (!agrees && cert->key_type != SMIME_KEY_RSA)
		return refuse(cert, diag, "key-type", "has a key that cannot encrypt");
	if (cert->key_usage < 0 || !(cert->key_usage & need))
		return refuse(cert, diag, "key-usage",
		    agrees ? "lacks keyUsage keyAgreement" : "lacks keyUsage keyEncipherment");
	return strong(cert, diag);
}
