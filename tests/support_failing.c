/* support_failing.c - see support_failing.h. The linker gives calls of f() to __wrap_f(), and
 * f() itself the name __real_f(). */
#include "support_failing.h"

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/pkcs12.h>
#include <gnutls/x509.h>
#include <sys/mman.h>
#include <zlib.h>

static struct {
	bool armed, on;
	const char *reached;
	size_t left;
} failing;

void
failing_from(size_t n, bool on)
{
	failing.left = n;
	failing.on = on;
	failing.reached = NULL;
	failing.armed = true;
}

const char *
failing_stop(void)
{
	failing.armed = false;
	return failing.reached;
}

static bool
now(const char *name)
{
	if (!failing.armed)
		return false;
	if (failing.reached)
		return failing.on;
	if (--failing.left == 0)
		failing.reached = name;
	return failing.reached != NULL;
}

/* clang-format off */
#define FAILS(type, name, failure, parameters, arguments) \
	type __real_##name parameters;                    \
	type __wrap_##name parameters;                    \
	type __wrap_##name parameters                     \
	{                                                 \
		return now(#name) ? failure : __real_##name arguments; \
	}
#define NO_MEMORY GNUTLS_E_MEMORY_ERROR

FAILS(void *, malloc, NULL, (size_t size), (size))
FAILS(void *, calloc, NULL, (size_t count, size_t size), (count, size))
FAILS(void *, realloc, NULL, (void *p, size_t size), (p, size))
FAILS(char *, strdup, NULL, (const char *s), (s))
FAILS(void *, mmap, MAP_FAILED, (void *at, size_t len, int prot, int flags, int fd, off_t from),
    (at, len, prot, flags, fd, from))
FAILS(ssize_t, write, -1, (int fd, const void *data, size_t len), (fd, data, len))
FAILS(int, gnutls_rnd, NO_MEMORY, (gnutls_rnd_level_t level, void *data, size_t len), (level, data, len))
FAILS(int, gnutls_hash_fast, NO_MEMORY, (gnutls_digest_algorithm_t alg, const void *in, size_t len, void *out),
    (alg, in, len, out))
FAILS(int, gnutls_hmac_fast, NO_MEMORY, (gnutls_mac_algorithm_t alg, const void *key, size_t key_len, const void *in,
    size_t len, void *out), (alg, key, key_len, in, len, out))
FAILS(int, gnutls_hash_init, NO_MEMORY, (gnutls_hash_hd_t *hash, gnutls_digest_algorithm_t alg), (hash, alg))
FAILS(int, gnutls_hash, NO_MEMORY, (gnutls_hash_hd_t hash, const void *in, size_t len), (hash, in, len))
FAILS(int, gnutls_hkdf_extract, NO_MEMORY, (gnutls_mac_algorithm_t mac, const gnutls_datum_t *key,
    const gnutls_datum_t *salt, void *out), (mac, key, salt, out))
FAILS(int, gnutls_hkdf_expand, NO_MEMORY, (gnutls_mac_algorithm_t mac, const gnutls_datum_t *key,
    const gnutls_datum_t *info, void *out, size_t len), (mac, key, info, out, len))
FAILS(int, gnutls_cipher_init, NO_MEMORY, (gnutls_cipher_hd_t *cipher, gnutls_cipher_algorithm_t alg,
    const gnutls_datum_t *key, const gnutls_datum_t *iv), (cipher, alg, key, iv))
FAILS(int, gnutls_cipher_encrypt2, NO_MEMORY, (gnutls_cipher_hd_t cipher, const void *in, size_t in_len, void *out,
    size_t len), (cipher, in, in_len, out, len))
FAILS(int, gnutls_cipher_decrypt2, NO_MEMORY, (gnutls_cipher_hd_t cipher, const void *in, size_t in_len, void *out,
    size_t len), (cipher, in, in_len, out, len))
FAILS(int, gnutls_cipher_tag, NO_MEMORY, (gnutls_cipher_hd_t cipher, void *tag, size_t len), (cipher, tag, len))
FAILS(int, gnutls_cipher_add_auth, NO_MEMORY, (gnutls_cipher_hd_t cipher, const void *in, size_t len), (cipher, in, len))
FAILS(int, gnutls_pubkey_init, NO_MEMORY, (gnutls_pubkey_t *key), (key))
FAILS(int, gnutls_pubkey_import_x509, NO_MEMORY, (gnutls_pubkey_t key, gnutls_x509_crt_t crt, unsigned flags),
    (key, crt, flags))
FAILS(int, gnutls_pubkey_encrypt_data, NO_MEMORY, (gnutls_pubkey_t key, unsigned flags, const gnutls_datum_t *in,
    gnutls_datum_t *out), (key, flags, in, out))
FAILS(int, gnutls_pubkey_verify_hash2, NO_MEMORY, (gnutls_pubkey_t key, gnutls_sign_algorithm_t alg, unsigned flags,
    const gnutls_datum_t *hash, const gnutls_datum_t *signature), (key, alg, flags, hash, signature))
FAILS(int, gnutls_privkey_init, NO_MEMORY, (gnutls_privkey_t *key), (key))
FAILS(int, gnutls_privkey_sign_hash2, NO_MEMORY, (gnutls_privkey_t key, gnutls_sign_algorithm_t alg, unsigned flags,
    const gnutls_datum_t *hash, gnutls_datum_t *signature), (key, alg, flags, hash, signature))
FAILS(int, gnutls_x509_spki_init, NO_MEMORY, (gnutls_x509_spki_t *spki), (spki))
FAILS(int, gnutls_x509_crt_init, NO_MEMORY, (gnutls_x509_crt_t *crt), (crt))
FAILS(int, gnutls_x509_crl_init, NO_MEMORY, (gnutls_x509_crl_t *crl), (crl))
FAILS(int, gnutls_x509_privkey_init, NO_MEMORY, (gnutls_x509_privkey_t *key), (key))
FAILS(int, gnutls_x509_name_constraints_init, NO_MEMORY, (gnutls_x509_name_constraints_t *nc), (nc))
FAILS(int, gnutls_x509_crt_import, NO_MEMORY, (gnutls_x509_crt_t crt, const gnutls_datum_t *in, gnutls_x509_crt_fmt_t format),
    (crt, in, format))
FAILS(int, gnutls_x509_crt_export2, NO_MEMORY, (gnutls_x509_crt_t crt, gnutls_x509_crt_fmt_t format, gnutls_datum_t *out),
    (crt, format, out))
FAILS(int, gnutls_x509_crt_get_extension_by_oid2, NO_MEMORY, (gnutls_x509_crt_t crt, const char *oid, unsigned nth,
    gnutls_datum_t *out, unsigned *critical), (crt, oid, nth, out, critical))
FAILS(int, gnutls_x509_crt_get_name_constraints, NO_MEMORY, (gnutls_x509_crt_t crt, gnutls_x509_name_constraints_t out,
    unsigned flags, unsigned *critical), (crt, out, flags, critical))
FAILS(int, gnutls_x509_crt_set_crq, NO_MEMORY, (gnutls_x509_crt_t crt, gnutls_x509_crq_t crq), (crt, crq))
FAILS(int, gnutls_x509_crt_set_serial, NO_MEMORY, (gnutls_x509_crt_t crt, const void *serial, size_t len), (crt, serial, len))
FAILS(int, gnutls_x509_crl_import, NO_MEMORY, (gnutls_x509_crl_t crl, const gnutls_datum_t *in, gnutls_x509_crt_fmt_t format),
    (crl, in, format))
FAILS(int, gnutls_x509_crl_iter_crt_serial, NO_MEMORY, (gnutls_x509_crl_t crl, gnutls_x509_crl_iter_t *at, void *serial,
    size_t *len, time_t *when), (crl, at, serial, len, when))
FAILS(int, gnutls_x509_crl_export2, NO_MEMORY, (gnutls_x509_crl_t crl, gnutls_x509_crt_fmt_t format, gnutls_datum_t *out),
    (crl, format, out))
FAILS(int, gnutls_x509_crq_init, NO_MEMORY, (gnutls_x509_crq_t *crq), (crq))
FAILS(int, gnutls_x509_crq_set_pubkey, NO_MEMORY, (gnutls_x509_crq_t crq, gnutls_pubkey_t key), (crq, key))
FAILS(int, gnutls_x509_crq_set_key_usage, NO_MEMORY, (gnutls_x509_crq_t crq, unsigned usage), (crq, usage))
FAILS(int, gnutls_x509_crq_set_dn_by_oid, NO_MEMORY, (gnutls_x509_crq_t crq, const char *oid, unsigned raw, const void *text,
    unsigned len), (crq, oid, raw, text, len))
FAILS(int, gnutls_x509_crq_set_extension_by_oid, NO_MEMORY, (gnutls_x509_crq_t crq, const char *oid, const void *der,
    size_t len, unsigned critical), (crq, oid, der, len, critical))
FAILS(int, gnutls_x509_crq_export2, NO_MEMORY, (gnutls_x509_crq_t crq, gnutls_x509_crt_fmt_t format, gnutls_datum_t *out),
    (crq, format, out))
FAILS(int, gnutls_x509_privkey_import2, NO_MEMORY, (gnutls_x509_privkey_t key, const gnutls_datum_t *in,
    gnutls_x509_crt_fmt_t format, const char *passphrase, unsigned flags), (key, in, format, passphrase, flags))
FAILS(int, gnutls_x509_privkey_export2_pkcs8, NO_MEMORY, (gnutls_x509_privkey_t key, gnutls_x509_crt_fmt_t format,
    const char *passphrase, unsigned flags, gnutls_datum_t *out), (key, format, passphrase, flags, out))
FAILS(int, gnutls_privkey_import_x509_raw, NO_MEMORY, (gnutls_privkey_t key, const gnutls_datum_t *in,
    gnutls_x509_crt_fmt_t format, const char *passphrase, unsigned flags), (key, in, format, passphrase, flags))
FAILS(int, gnutls_privkey_generate, NO_MEMORY, (gnutls_privkey_t key, gnutls_pk_algorithm_t pk, unsigned bits, unsigned flags),
    (key, pk, bits, flags))
FAILS(int, gnutls_privkey_export_x509, NO_MEMORY, (gnutls_privkey_t key, gnutls_x509_privkey_t *out), (key, out))
FAILS(int, gnutls_pubkey_import_privkey, NO_MEMORY, (gnutls_pubkey_t key, gnutls_privkey_t of, unsigned usage, unsigned flags),
    (key, of, usage, flags))
FAILS(int, gnutls_pubkey_export_rsa_raw2, NO_MEMORY, (gnutls_pubkey_t key, gnutls_datum_t *n, gnutls_datum_t *e, unsigned flags),
    (key, n, e, flags))
FAILS(int, gnutls_pkcs12_init, NO_MEMORY, (gnutls_pkcs12_t *file), (file))
FAILS(int, gnutls_pkcs12_import, NO_MEMORY, (gnutls_pkcs12_t file, const gnutls_datum_t *in, gnutls_x509_crt_fmt_t format,
    unsigned flags), (file, in, format, flags))
FAILS(int, gnutls_pkcs12_verify_mac, NO_MEMORY, (gnutls_pkcs12_t file, const char *passphrase), (file, passphrase))
FAILS(int, gnutls_pkcs12_simple_parse, NO_MEMORY, (gnutls_pkcs12_t file, const char *passphrase, gnutls_x509_privkey_t *key,
    gnutls_x509_crt_t **chain, unsigned *chain_len, gnutls_x509_crt_t **extra, unsigned *extra_len, gnutls_x509_crl_t *crl,
    unsigned flags), (file, passphrase, key, chain, chain_len, extra, extra_len, crl, flags))
FAILS(int, gnutls_pem_base64_encode2, NO_MEMORY, (const char *name, const gnutls_datum_t *in, gnutls_datum_t *out),
    (name, in, out))
FAILS(int, inflateInit_, Z_MEM_ERROR, (z_streamp stream, const char *version, int size), (stream, version, size))
/* clang-format on */
