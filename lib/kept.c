/* kept.c - certificates as octets, with what finds them.  One block of memory each. */
#include "smime/kept.h"

#include <stdatomic.h>
#include <stdlib.h>

struct smime_kept {
	atomic_uint references;
	uint8_t fingerprint[32];
	size_t issuer, issuer_len, serial, serial_len; /* ranges of the DER */
	size_t der_len, ski_len;
	uint8_t octets[]; /* the DER, then the subject key identifier */
};

enum smime_status
smime_kept_new(const struct smime_cert *cert, struct smime_kept **out)
{
	struct smime_bytes der = smime_cert_der(cert), ski = smime_cert_ski(cert);
	struct smime_bytes issuer = smime_cert_issuer_der(cert), serial = smime_cert_serial(cert);
	struct smime_kept *k = malloc(sizeof *k + der.len + ski.len);

	*out = k;
	if (!k)
		return SMIME_E_SYSTEM;
	atomic_init(&k->references, 1);
	memcpy(k->fingerprint, smime_cert_fingerprint(cert), sizeof k->fingerprint);
	k->issuer = (size_t)(issuer.data - der.data);
	k->issuer_len = issuer.len;
	k->serial = (size_t)(serial.data - der.data);
	k->serial_len = serial.len;
	k->der_len = der.len;
	k->ski_len = ski.len;
	memcpy(k->octets, der.data, der.len);
	if (ski.len > 0)
		memcpy(k->octets + der.len, ski.data, ski.len);
	return SMIME_OK;
}

struct smime_kept *
smime_kept_ref(struct smime_kept *kept)
{
	(void)atomic_fetch_add(&kept->references, 1);
	return kept;
}

void
smime_kept_free(struct smime_kept **kept)
{
	struct smime_kept *k = *kept;

	*kept = NULL;
	if (k && atomic_fetch_sub(&k->references, 1) == 1)
		free(k);
}

struct smime_bytes
smime_kept_der(const struct smime_kept *kept)
{
	return smime_bytes(kept->octets, kept->der_len);
}

const uint8_t *
smime_kept_fingerprint(const struct smime_kept *kept)
{
	return kept->fingerprint;
}

bool
smime_kept_matches(const struct smime_kept *kept, const struct smime_cert_id *id)
{
	if (id->ski.len > 0)
		return smime_bytes_equal(
		    id->ski, smime_bytes(kept->octets + kept->der_len, kept->ski_len));
	return id->serial.len > 0 &&
	       smime_bytes_equal(
		   id->serial, smime_bytes(kept->octets + kept->serial, kept->serial_len)) &&
	       smime_bytes_equal(
		   id->issuer, smime_bytes(kept->octets + kept->issuer, kept->issuer_len));
}

enum smime_status
smime_kept_open(const struct smime_kept *kept, struct smime_cert **out, struct smime_diag *diag)
{
	return smime_cert_import(smime_kept_der(kept), out, diag);
}
