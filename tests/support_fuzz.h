/* support_fuzz.h - what fuzz targets share: fixed keys and certificates, seeds made with them,
 * and a mutator that knows DER. */
#ifndef TEST_SUPPORT_FUZZ_H
#define TEST_SUPPORT_FUZZ_H

#include "smime/keys.h"
#include "smime/seal.h"
#include "smime/trust.h"

#define FUZZ_NOW 1800000000 /* 2027-01-15, inside the certificate's validity */

enum fuzz_key {
	FUZZ_RSA,
	FUZZ_EC,
	FUZZ_X25519, /* agrees only */
};

/* fuzz@a.example; the caller owns what each of them returns. */
struct smime_cert *fuzz_cert(enum fuzz_key key);
struct smime_keyring *fuzz_keyring(void); /* all of them */
struct smime_trust *fuzz_trust(void);     /* trusts the RSA certificate */

/* A small message signed with the RSA key, encrypted to that reader; appended. */
void fuzz_seal(enum smime_mode mode, bool opaque, const char *cipher, enum fuzz_key reader,
    struct smime_buf *out);

/* From LLVMFuzzerInitialize: put a seed into the corpus of this run. */
void fuzz_seed(int argc, char *const *argv, const char *name, struct smime_bytes octets);
void fuzz_seed_messages(int argc, char *const *argv); /* one of each mode */
/* The CMS object alone, for each reader. */
void fuzz_seed_cms(int argc, char *const *argv, enum smime_mode mode, const char *cipher);

/*
 * From LLVMFuzzerCustomMutator: half of the time an element of the DER is dropped, repeated,
 * emptied, given another tag, replaced by another or changed inside, with the lengths around it
 * right, so that what lies deep is reached; otherwise octets change as libFuzzer likes.
 */
size_t fuzz_mutate_der(uint8_t *data, size_t size, size_t max, unsigned seed);

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max); /* libFuzzer's own */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A promise that must hold for every input. Not assert(): release builds drop that. */
#define FUZZ_HOLDS(condition)     \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

#endif
