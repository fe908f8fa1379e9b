/* support_failing.c - see support_failing.h. The linker gives calls of f() to __wrap_f(), and
 * f() itself the name __real_f(). */
#include "support_failing.h"

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
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
FAILS(int, inflateInit_, Z_MEM_ERROR, (z_streamp stream, const char *version, int size), (stream, version, size))
/* clang-format on */
