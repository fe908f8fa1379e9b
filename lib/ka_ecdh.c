/* ka_ecdh.c - elliptic curve Diffie-Hellman on nettle, which GnuTLS 3.7 does not offer.  SEC 1
 * s3.3.1, RFC 5753, RFC 7748 s6.1. Every point is checked to be on the curve, every X25519 result
 * not to be zero. Nettle's scalar multiplication does not branch on the secret. */
#include "ka_ecdh.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <nettle/bignum.h>
#include <nettle/curve25519.h>
#include <nettle/ecc-curve.h>
#include <nettle/ecc.h>
#include <nettle/ecdsa.h>

struct curve {
	gnutls_ecc_curve_t id;
	const struct ecc_curve *(*get)(void); /* NULL: X25519 */
	size_t octets;
};

static const struct curve curves[] = {
	{ GNUTLS_ECC_CURVE_SECP256R1, nettle_get_secp_256r1, 32 },
	{ GNUTLS_ECC_CURVE_SECP384R1, nettle_get_secp_384r1, 48 },
	{ GNUTLS_ECC_CURVE_SECP521R1, nettle_get_secp_521r1, 66 },
	{ GNUTLS_ECC_CURVE_X25519, NULL, CURVE25519_SIZE },
};

static const struct curve *
find_curve(gnutls_ecc_curve_t id)
{
	for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
		if (curves[i].id == id)
			return &curves[i];
	return NULL;
}

/* A datum of GnuTLS', wiped when it goes. */
struct datum {
	gnutls_datum_t octets;
};

static void
datum_reset(struct datum *d)
{
	if (d->octets.data)
		explicit_bzero(d->octets.data, d->octets.size);
	gnutls_free(d->octets.data);
}
#define AUTO_DATUM __attribute__((cleanup(datum_reset))) struct datum

static struct smime_bytes
bytes_of(const struct datum *d)
{
	return smime_bytes(d->octets.data, d->octets.size);
}

/* ---- P curves ---- */

static bool
set_point(struct ecc_point *point, struct smime_bytes x, struct smime_bytes y)
{
	mpz_t mx, my;
	bool on_curve;

	nettle_mpz_init_set_str_256_u(mx, x.len, x.data);
	nettle_mpz_init_set_str_256_u(my, y.len, y.data);
	on_curve = ecc_point_set(point, mx, my);
	mpz_clears(mx, my, NULL);
	return on_curve;
}

static enum smime_status
append_coordinate(const struct curve *curve, const mpz_t value, struct smime_buf *out)
{
	uint8_t *room;

	SMIME_TRY(smime_buf_extend(out, curve->octets, &room));
	nettle_mpz_get_str_256(curve->octets, room, value);
	return SMIME_OK;
}

/* X alone is the secret, X and Y are a public key (RFC 5480 s2.2: uncompressed). */
static enum smime_status
append_point(
    const struct curve *curve, const struct ecc_point *point, bool whole, struct smime_buf *out)
{
	enum smime_status status = SMIME_OK;
	mpz_t x, y;

	mpz_inits(x, y, NULL);
	ecc_point_get(point, x, y);
	if (whole)
		status = smime_buf_append(out, "\x04", 1);
	if (status == SMIME_OK)
		status = append_coordinate(curve, x, out);
	if (status == SMIME_OK && whole)
		status = append_coordinate(curve, y, out);
	mpz_clears(x, y, NULL);
	return status;
}

static enum smime_status
multiply(const struct curve *curve, const struct ecc_scalar *scalar, struct smime_bytes x,
    struct smime_bytes y, struct smime_buf *secret)
{
	enum smime_status status = SMIME_E_UNTRUSTED;
	struct ecc_point peer, product;

	ecc_point_init(&peer, curve->get());
	ecc_point_init(&product, curve->get());
	if (set_point(&peer, x, y)) {
		ecc_point_mul(&product, scalar, &peer);
		status = append_point(curve, &product, false, secret);
	}
	ecc_point_clear(&peer);
	ecc_point_clear(&product);
	return status;
}

static void
random_octets(void *failed, size_t len, uint8_t *out)
{
	if (gnutls_rnd(GNUTLS_RND_KEY, out, len) < 0)
		*(bool *)failed = true;
}

static enum smime_status
ephemeral_p(const struct curve *curve, struct smime_bytes x, struct smime_bytes y,
    struct smime_buf *point, struct smime_buf *secret)
{
	enum smime_status status;
	struct ecc_scalar scalar;
	struct ecc_point public;
	bool failed = false;

	ecc_scalar_init(&scalar, curve->get());
	ecc_point_init(&public, curve->get());
	ecdsa_generate_keypair(&public, &scalar, &failed, random_octets);
	status = failed ? SMIME_E_SYSTEM : append_point(curve, &public, true, point);
	if (status == SMIME_OK)
		status = multiply(curve, &scalar, x, y, secret);
	ecc_scalar_clear(&scalar);
	ecc_point_clear(&public);
	return status;
}

static enum smime_status
derive_p(const struct curve *curve, struct smime_bytes k, struct smime_bytes point,
    struct smime_buf *secret)
{
	enum smime_status status = SMIME_E_UNTRUSTED;
	struct ecc_scalar scalar;
	mpz_t number;

	if (point.len != 1 + 2 * curve->octets || point.data[0] != 4)
		return SMIME_E_UNTRUSTED;
	ecc_scalar_init(&scalar, curve->get());
	nettle_mpz_init_set_str_256_u(number, k.len, k.data);
	if (ecc_scalar_set(&scalar, number))
		status = multiply(curve, &scalar, smime_bytes(point.data + 1, curve->octets),
		    smime_bytes(point.data + 1 + curve->octets, curve->octets), secret);
	/* mpz_clear does not wipe. */
	mpz_set_ui(number, 0);
	mpz_clear(number);
	ecc_scalar_clear(&scalar);
	return status;
}

/* ---- X25519 ---- */

/* "check ... the all-zero value" (RFC 7748 s6.1), in constant time. */
static enum smime_status
multiply_x(const uint8_t *scalar, const uint8_t *peer, struct smime_buf *secret)
{
	uint8_t *room, any = 0;

	SMIME_TRY(smime_buf_extend(secret, CURVE25519_SIZE, &room));
	curve25519_mul(room, scalar, peer);
	for (size_t i = 0; i < CURVE25519_SIZE; i++)
		any |= room[i];
	if (!any)
		secret->len -= CURVE25519_SIZE;
	return any ? SMIME_OK : SMIME_E_UNTRUSTED;
}

static enum smime_status
ephemeral_x(struct smime_bytes peer, struct smime_buf *point, struct smime_buf *secret)
{
	uint8_t scalar[CURVE25519_SIZE], *room;
	enum smime_status status;

	if (gnutls_rnd(GNUTLS_RND_KEY, scalar, sizeof scalar) < 0)
		return SMIME_E_SYSTEM;
	SMIME_TRY(smime_buf_extend(point, CURVE25519_SIZE, &room));
	curve25519_mul_g(room, scalar);
	status = multiply_x(scalar, peer.data, secret);
	explicit_bzero(scalar, sizeof scalar);
	return status;
}

/* ---- both ---- */

enum smime_status
smime_ka_ephemeral(const struct smime_cert *cert, struct smime_buf *point, struct smime_buf *secret,
    struct smime_diag *diag)
{
	gnutls_ecc_curve_t id = GNUTLS_ECC_CURVE_INVALID;
	const struct curve *curve = NULL;
	AUTO_DATUM x = { 0 };
	AUTO_DATUM y = { 0 };
	enum smime_status status;
	gnutls_pubkey_t key;

	SMIME_TRY(smime_cert_pubkey(cert, &key, diag));
	if (gnutls_pubkey_export_ecc_raw2(key, &id, &x.octets, &y.octets, 0) >= 0)
		curve = find_curve(id);
	gnutls_pubkey_deinit(key);
	if (!curve || (!curve->get && x.octets.size != curve->octets))
		return smime_fail(diag, SMIME_E_UNSUPPORTED, "key-type",
		    "certificate of %s: its key cannot be used for key agreement",
		    smime_cert_subject(cert));
	status = curve->get ? ephemeral_p(curve, bytes_of(&x), bytes_of(&y), point, secret)
			    : ephemeral_x(bytes_of(&x), point, secret);
	if (status == SMIME_E_UNTRUSTED)
		return smime_fail(diag, SMIME_E_NOKEY, "key-type",
		    "certificate of %s: its key is no point of its curve",
		    smime_cert_subject(cert));
	return status;
}

enum smime_status
smime_ka_derive(gnutls_privkey_t key, struct smime_bytes point, struct smime_buf *secret,
    struct smime_diag *diag)
{
	gnutls_ecc_curve_t id = GNUTLS_ECC_CURVE_INVALID;
	const struct curve *curve = NULL;
	AUTO_DATUM x = { 0 };
	AUTO_DATUM y = { 0 };
	AUTO_DATUM k = { 0 };

	if (gnutls_privkey_export_ecc_raw2(key, &id, &x.octets, &y.octets, &k.octets, 0) >= 0)
		curve = find_curve(id);
	if (!curve)
		return smime_fail(diag, SMIME_E_UNSUPPORTED, "key-type",
		    "the private key cannot be used for key agreement");
	if (curve->get)
		return derive_p(curve, bytes_of(&k), point, secret);
	if (point.len != CURVE25519_SIZE || k.octets.size != CURVE25519_SIZE)
		return SMIME_E_UNTRUSTED;
	return multiply_x(k.octets.data, point.data, secret);
}
