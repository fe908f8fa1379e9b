/* cert_signature.c - who signed a certificate, a revocation list?  RFC 5280 s4.1.1, s5.1.1.
 * GnuTLS does the arithmetic, and gives several answers to what is one question here. */
#include "pss.h"
#include "trust_internal.h"

#define BAD_SIGNATURE (GNUTLS_CERT_INVALID | GNUTLS_CERT_SIGNATURE_FAILURE)

bool
smime_cert_signed_by(const struct smime_cert *child, const struct smime_cert *issuer, bool *weak)
{
	unsigned flags = GNUTLS_VERIFY_DISABLE_TIME_CHECKS |
			 GNUTLS_VERIFY_DISABLE_TRUSTED_TIME_CHECKS |
			 GNUTLS_VERIFY_ALLOW_SIGN_WITH_SHA1 | GNUTLS_VERIFY_DO_NOT_ALLOW_SAME;
	gnutls_x509_crt_t list[1] = { issuer->crt };
	unsigned status = 0;
	int alg = gnutls_x509_crt_get_signature_algorithm(child->crt);

	*weak = alg == GNUTLS_SIGN_RSA_SHA1 || alg == GNUTLS_SIGN_ECDSA_SHA1 ||
		gnutls_sign_is_secure2((gnutls_sign_algorithm_t)alg, 0) == 0;
	if (gnutls_x509_crt_verify(child->crt, list, 1, flags, &status) < 0)
		return false;
	/* Any other answer than "yes" is no: of a certificate with an empty signature GnuTLS says
	 * that its issuer is no CA, and not that the signature failed. A weak algorithm is told
	 * apart, and a salt that GnuTLS does not expect. */
	return status == 0 || status == (GNUTLS_CERT_INVALID | GNUTLS_CERT_INSECURE_ALGORITHM) ||
	       (status == BAD_SIGNATURE && smime_pss_signed(child->der, issuer));
}

static bool
list_is_pss_signed(gnutls_x509_crl_t crl, const struct smime_cert *issuer)
{
	gnutls_datum_t der = { 0 };
	bool is = gnutls_x509_crl_export2(crl, GNUTLS_X509_FMT_DER, &der) >= 0 &&
		  smime_pss_signed(smime_bytes(der.data, der.size), issuer);

	gnutls_free(der.data);
	return is;
}

bool
smime_crl_signed_by(const struct smime_crl *list, const struct smime_cert *issuer)
{
	gnutls_x509_crl_t crl = smime_crl_handle(list);
	unsigned by_the_clock =
	    GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED | GNUTLS_CERT_REVOCATION_DATA_ISSUED_IN_FUTURE;
	unsigned status = 0;

	if (gnutls_x509_crl_check_issuer(crl, issuer->crt) != 1 ||
	    gnutls_x509_crl_verify(crl, &issuer->crt, 1, 0, &status) < 0)
		return false;
	if ((status & ~by_the_clock) == BAD_SIGNATURE)
		return list_is_pss_signed(crl, issuer);
	return (status & ~(by_the_clock | GNUTLS_CERT_INVALID)) == 0 &&
	       status != GNUTLS_CERT_INVALID;
}
