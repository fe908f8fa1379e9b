/* support_fuzz.c - fixed keys and certificates for fuzz targets, and the seeds made with them.
 * Fixed, so that what one run finds means the same to the next. Made for this purpose; worth
 * nothing. */
#include "support_fuzz.h"

#include "smime/seal.h"
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct {
	const char *key, *cert;
} pems[] = {
	[FUZZ_RSA] = { "-----BEGIN PRIVATE KEY-----\n"
		       "MIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAAoIBAQC5VTfkbndBCSqG\n"
		       "GnyFpYY36cKw5G3e05WofRnKofT01n3o4j5HrBnKnUBaSekwu1sbp0+MHovvd3km\n"
		       "0XiP1r84SXFH85GqIQ5aUX7OrejlSZd6mB049kiU8BEyXIhJ+o9GRm/v/8Xto1PM\n"
		       "ydSAL1eVM0mOGzywP2pxPyMgQ1JOUIihDGnm9i3+ePW6GzU9hMOEQ1tYeVuSaWho\n"
		       "zIwGDBLejYOjMVAXgWNqZrvS6wluRxz49Aihmaxz5Uv34cmFt9aVTfPAskTfo29G\n"
		       "lcE2+bNAc7NTcOteeR+FUkcs1JSwXrKIiKWPjxuTmOmcflQ/YiWloS6U1huzcPRn\n"
		       "e4f40bmzAgMBAAECggEAM+BrNzlGj0FKEmSKk3xMMA1yTkJ6kKNIInP2Cra/0uLR\n"
		       "NqVRio1dYM4Yi81hhR8Edx6jkRSh1eNq2ZdLuHODbfV8zIecr/L1yglCxgZ/CONL\n"
		       "D+lRULb7hRkXrzGggpisjx67SYIePJD5rXqXTVQzH1POVIVCPRFbMZzbL7Y4bSv6\n"
		       "Jn70AYehuvLo47FfWM8ow5jsclWUHUqPOZ/3gtxIC8ERA3W8nNEjtlZnrWn8KACO\n"
		       "0cBvcC85iqVNZPozgYFpXQqJFk3j3Zy7Ega1lWXW+EHYsez0+t3rkBy2lqh4LTbA\n"
		       "dYDuYC/bhs46J1HpTEphbv0J2PqLNRd7gsEyWGJ6tQKBgQDxP68Yncb30SRYlGPX\n"
		       "lpl7BDAD9FhQG4dsuXFvsXW45hUeNKrkne506wx2HnIE/qXt0V7abIg1XmGwjYTa\n"
		       "nXt6+PFBw0IKYEXpB0n+/WAFpA+lDFK1LvSOWLrt8V2v51Gphr9pAhjP9fu1Z0n5\n"
		       "4GTHesu1yjZWNFfxw7CrASAmvwKBgQDEqkWNSUXw3+7yKuWenFO48LKnEHtM40w6\n"
		       "+A1xAzmLS2WqKREecRmDuh+AAUzrCbLFKTnT2JsvbRzXRaqp4A1fa9PZc0v8EbYk\n"
		       "2cvbu8ZfECTv9qTC7PXQYi6bAS/dRmIMJnnFTB0pMzWoSwBjsLVgjGph5doi4Bji\n"
		       "HvxIrBK+DQKBgDHqc1gsjRaJd3O8gEwDJQ6G90haLkuk5ohgdlAd77WqJYRycUmM\n"
		       "Q+J9H77w3baa2cozH+Uhv60LMjtNjMeO/hWbnI92zxtGgDCPCYhw9IU2ROZpflNu\n"
		       "u7sYMNU6s5/JxOPGtaQMgwXEZ6hJDs1c2H1NswiSJlv/yJKFYvB+8yARAoGABC4e\n"
		       "Vld1Xh5UZN9WjB2EhgzPr09hX4wBRcuZ9Yn9AiHzIj/HNl9vDGa7XqwoZ2KIYzpy\n"
		       "GTekbMij8UtwyjWR8zJGiXuy5MO3nGbot13xZHniXxtd+yqwOuKrXO4Uh16EnP+A\n"
		       "XRo2EHcfL9mQQ44w/MFfTX9mOJGM1dmUwTKvH00CgYAnQXlQP2GRVNwx2+pNjIqA\n"
		       "hX0ZLjo7F5G7mlaBhXpKoEXjF+s/8/2pzVnJeiArCcPlSpgOTZRfu0JLuczaAAYT\n"
		       "1+ojkdryP28pn62CoyN6liDgjKdJoZ6ndNV2w5H7qufPXoiDYn+wLrqiEch0p6aR\n"
		       "BElEWxB00RCCNfqUj91K1w==\n"
		       "-----END PRIVATE KEY-----\n",
	    "-----BEGIN CERTIFICATE-----\n"
	    "MIIDaTCCAlGgAwIBAgIUOmI+hqZEf6iCx1Y/u1Vt1Pu168owDQYJKoZIhvcNAQEL\n"
	    "BQAwHjENMAsGA1UECgwERnV6ejENMAsGA1UEAwwEZnV6ejAgFw0yNjExMjQxMjUz\n"
	    "MTJaGA8yMTAwMTAyNzEyNTMxMlowHjENMAsGA1UECgwERnV6ejENMAsGA1UEAwwE\n"
	    "ZnV6ejCCASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEBALlVN+Rud0EJKoYa\n"
	    "fIWlhjfpwrDkbd7Tlah9Gcqh9PTWfejiPkesGcqdQFpJ6TC7WxunT4wei+93eSbR\n"
	    "eI/WvzhJcUfzkaohDlpRfs6t6OVJl3qYHTj2SJTwETJciEn6j0ZGb+//xe2jU8zJ\n"
	    "1IAvV5UzSY4bPLA/anE/IyBDUk5QiKEMaeb2Lf549bobNT2Ew4RDW1h5W5JpaGjM\n"
	    "jAYMEt6Ng6MxUBeBY2pmu9LrCW5HHPj0CKGZrHPlS/fhyYW31pVN88CyRN+jb0aV\n"
	    "wTb5s0Bzs1Nw6155H4VSRyzUlLBesoiIpY+PG5OY6Zx+VD9iJaWhLpTWG7Nw9Gd7\n"
	    "h/jRubMCAwEAAaOBnDCBmTAdBgNVHQ4EFgQUbxKoy6qhf4d+SjVBFrAVxHrbDnEw\n"
	    "HwYDVR0jBBgwFoAUbxKoy6qhf4d+SjVBFrAVxHrbDnEwDAYDVR0TAQH/BAIwADAk\n"
	    "BgNVHREEHTAbgQ5mdXp6QGEuZXhhbXBsZYIJYS5leGFtcGxlMA4GA1UdDwEB/wQE\n"
	    "AwIF4DATBgNVHSUEDDAKBggrBgEFBQcDBDANBgkqhkiG9w0BAQsFAAOCAQEAgJzi\n"
	    "mX9UMe1fasuAR83Dj4lkWvg5OPaz0Xq8osxl/NIARryNSvpONawD68NX2T54BpKF\n"
	    "skZtNWP0OQ3rUWmjciMn5n46x1srnnLOtSg448CyPK6gT5402H7sP4gqnkWplZCi\n"
	    "iuAMM90TMpuaU89RvnPR1P3fyKumsBw/8xzO7x+++Wfp+nMAeXGrLPkvwF7yx3D0\n"
	    "SOF6XUG2iB4knW5wgCwiwP5elKq44BxsCkdvuDqG+S618RBeCK6JTmW4hXxQe/9r\n"
	    "i/Uue4CDvvB9HBjAKGS6y3Coo+oddPKCuKxMedJ8oSKf0mjs+j1o4HBXjytPLpsn\n"
	    "pjQM9l/GMD9HMrzeAQ==\n"
	    "-----END CERTIFICATE-----\n" },
	[FUZZ_EC] = { "-----BEGIN PRIVATE KEY-----\n"
		      "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgu4nOc88cgjLXvzle\n"
		      "xm3gjAGFptwlmyKMl0P9mTqxbeahRANCAASXRkP3rM2NXOvEf850mIu2ZqzcWC4j\n"
		      "9g6gsg3+TWQmunOtSD63lfbu9pSoVtnfaWZllqvXXnPImYzuiFjMaVTR\n"
		      "-----END PRIVATE KEY-----\n",
	    "-----BEGIN CERTIFICATE-----\n"
	    "MIIBujCCAWCgAwIBAgIUS9ZnPVjeN/TC5Iu6oUrLLe7Os6YwCgYIKoZIzj0EAwIw\n"
	    "HjENMAsGA1UECgwERnV6ejENMAsGA1UEAwwERnV6ejAgFw0yNjExMjQxNjI1Mjha\n"
	    "GA8yMTAwMTAyNzE2MjUyOFowHjENMAsGA1UECgwERnV6ejENMAsGA1UEAwwERnV6\n"
	    "ejBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABJdGQ/eszY1c68R/znSYi7ZmrNxY\n"
	    "LiP2DqCyDf5NZCa6c61IPreV9u72lKhW2d9pZmWWq9dec8iZjO6IWMxpVNGjejB4\n"
	    "MCQGA1UdEQQdMBuBDmZ1enpAYS5leGFtcGxlgglhLmV4YW1wbGUwDgYDVR0PAQH/\n"
	    "BAQDAgPIMBMGA1UdJQQMMAoGCCsGAQUFBwMEMAwGA1UdEwEB/wQCMAAwHQYDVR0O\n"
	    "BBYEFI68c7gZKOR8gtPqwT1NOzGAEJEvMAoGCCqGSM49BAMCA0gAMEUCIGnZSQ9l\n"
	    "nm+laM68Dj50NpBaSKXZGakjxDtdHcULBUniAiEA94tOEOLznKhftkkXN/P860qH\n"
	    "D/3hzwXLmqJqgrOfnm4=\n"
	    "-----END CERTIFICATE-----\n" },
	[FUZZ_X25519] = { "-----BEGIN PRIVATE KEY-----\n"
			  "MC4CAQAwBQYDK2VuBCIEIDCVMHH6d4q0zsYLIZVryyvMHFP63vEZz8GFFTgeOddA\n"
			  "-----END PRIVATE KEY-----\n",
	    "-----BEGIN CERTIFICATE-----\n"
	    "MIIBlTCCATugAwIBAgIUN+Ol5Rlsv/jGz9AE+AqZjFtOCmMwCgYIKoZIzj0EAwIw\n"
	    "HjENMAsGA1UECgwERnV6ejENMAsGA1UEAwwERnV6ejAgFw0yNjExMjQxNjI1Mjha\n"
	    "GA8yMTAwMTAyNzE2MjUyOFowHjENMAsGA1UECgwERnV6ejENMAsGA1UEAwwERnV6\n"
	    "ejAqMAUGAytlbgMhALHz6cfPtRZwu6ORWkUXFllUTHHPnnjV8Qsu4RqAd9Jgo4GD\n"
	    "MIGAMBkGA1UdEQQSMBCBDmZ1enpAYS5leGFtcGxlMA4GA1UdDwEB/wQEAwIDCDAT\n"
	    "BgNVHSUEDDAKBggrBgEFBQcDBDAdBgNVHQ4EFgQUTK3oQ7SDNzuC4Is89FVppf9Q\n"
	    "c+owHwYDVR0jBBgwFoAUjrxzuBko5HyC0+rBPU07MYAQkS8wCgYIKoZIzj0EAwID\n"
	    "SAAwRQIgDfp20cyHimLQOQaMQgtQUZkcFVfPywXPQJDi5sSGLy4CIQCbfgyUooux\n"
	    "CI+F2y9G53ZQo/hoMTRocE7A3Js5u9np3g==\n"
	    "-----END CERTIFICATE-----\n" },
};

struct smime_cert *
fuzz_cert(enum fuzz_key key)
{
	struct smime_cert *cert;
	enum smime_status status =
	    smime_cert_import_pem(smime_bytes_str(pems[key].cert), &cert, NULL);

	assert(status == SMIME_OK);
	return status == SMIME_OK ? cert : NULL;
}

struct smime_keyring *
fuzz_keyring(void)
{
	struct smime_keyring *ring;

	if (smime_keyring_new(&ring) != SMIME_OK)
		abort();
	for (enum fuzz_key i = FUZZ_RSA; i <= FUZZ_X25519; i++) {
		SMIME_AUTO(smime_privkey) key = NULL;
		SMIME_AUTO(smime_cert) cert = fuzz_cert(i);

		if (smime_privkey_import(smime_bytes_str(pems[i].key), NULL, &key, NULL) !=
			SMIME_OK ||
		    smime_keyring_add(ring, cert, &key, NULL) != SMIME_OK)
			abort();
	}
	return ring;
}

struct smime_trust *
fuzz_trust(void)
{
	SMIME_AUTO(smime_cert) cert = fuzz_cert(FUZZ_RSA);
	struct smime_trust *trust;

	if (smime_trust_new(&trust) != SMIME_OK ||
	    smime_trust_add_peer(trust, cert, NULL) != SMIME_OK)
		abort();
	smime_trust_seal(trust);
	return trust;
}

void
fuzz_seal(enum smime_mode mode, bool opaque, const char *cipher, enum fuzz_key reader,
    struct smime_buf *out)
{
	static const char header[] = "From: fuzz@a.example\r\nTo: fuzz@a.example\r\n";
	static const char text[] = "From: fuzz@a.example\r\nContent-Type: text/plain\r\n\r\n"
				   "hello\r\n";
	struct smime_certs certs = { 0 };
	struct smime_keyring *ring = fuzz_keyring();
	SMIME_AUTO(smime_cert) signer = fuzz_cert(FUZZ_RSA);
	SMIME_AUTO(smime_cert) recipient = fuzz_cert(reader);
	SMIME_AUTO(smime_mime) mime = NULL;
	SMIME_AUTO(smime_spool) sealed = NULL;
	struct smime_diag diag = { 0 };
	struct smime_bytes view;
	struct smime_seal seal = { .mode = mode,
		.opaque = opaque,
		.now = FUZZ_NOW,
		.signer = signer,
		.keys = smime_keyring_keys(ring),
		.recipients = &certs,
		.cipher = smime_alg_by_name(smime_content_algs, cipher) };

	if (smime_certs_add(&certs, recipient) != SMIME_OK ||
	    smime_mime_scan(smime_bytes_str(text), NULL, &mime, NULL) != SMIME_OK ||
	    smime_seal_message(&seal, mime, &sealed, &diag) != SMIME_OK ||
	    smime_spool_view(sealed, &view, NULL) != SMIME_OK ||
	    smime_buf_append(out, header, strlen(header)) != SMIME_OK ||
	    smime_buf_append(out, view.data, view.len) != SMIME_OK) {
		(void)fprintf(stderr, "cannot make a seed: %s\n", diag.text);
		abort();
	}
	smime_certs_reset(&certs);
	smime_keyring_free(&ring);
}

/* The last argument that is no option is the corpus, which tests/fuzz/run has made for this run. */
void
fuzz_seed(int argc, char *const *argv, const char *name, struct smime_bytes octets)
{
	char path[512];
	int fd;

	if (argc < 2 || argv[argc - 1][0] == '-')
		return;
	(void)snprintf(path, sizeof path, "%s/%s", argv[argc - 1], name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return; /* one input to be looked at, not a corpus */
	if (write(fd, octets.data, octets.len) != (ssize_t)octets.len)
		abort();
	(void)close(fd);
}

void
fuzz_seed_messages(int argc, char *const *argv)
{
	static const struct {
		const char *name, *cipher;
		enum smime_mode mode;
		bool opaque;
		enum fuzz_key reader;
	} seeds[] = {
		{ "detached", "aes256-cbc", SMIME_MODE_SIGN, false, FUZZ_RSA },
		{ "opaque", "aes256-cbc", SMIME_MODE_SIGN, true, FUZZ_RSA },
		{ "cbc", "aes256-cbc", SMIME_MODE_ENCRYPT, false, FUZZ_RSA },
		{ "gcm", "aes128-gcm", SMIME_MODE_ENCRYPT, false, FUZZ_EC },
		{ "both", "aes256-gcm", SMIME_MODE_SIGN_ENCRYPT, true, FUZZ_X25519 },
		{ "triple", "aes128-cbc", SMIME_MODE_TRIPLE, false, FUZZ_EC },
	};

	for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
		SMIME_AUTO_BUF octets = { 0 };

		fuzz_seal(
		    seeds[i].mode, seeds[i].opaque, seeds[i].cipher, seeds[i].reader, &octets);
		fuzz_seed(argc, argv, seeds[i].name, smime_buf_bytes(&octets));
	}
}

void
fuzz_seed_cms(int argc, char *const *argv, enum smime_mode mode, const char *cipher)
{
	for (enum fuzz_key reader = FUZZ_RSA; reader <= FUZZ_X25519; reader++) {
		SMIME_AUTO_BUF message = { 0 };
		SMIME_AUTO_BUF der = { 0 };
		SMIME_AUTO(smime_mime) mime = NULL;
		SMIME_AUTO(smime_stage) collect = NULL;
		char name[32];

		fuzz_seal(mode, true, cipher, reader, &message);
		if (smime_mime_scan(smime_buf_bytes(&message), NULL, &mime, NULL) != SMIME_OK ||
		    smime_stage_buf_new(&der, 65536, &collect) != SMIME_OK ||
		    smime_part_decode(mime, 0, collect, NULL) != SMIME_OK)
			abort();
		(void)snprintf(name, sizeof name, "%s-%d", cipher, (int)reader);
		fuzz_seed(argc, argv, name, smime_buf_bytes(&der));
		if (mode == SMIME_MODE_SIGN)
			return; /* no reader in it */
	}
}
