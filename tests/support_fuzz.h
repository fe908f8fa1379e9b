/* support_fuzz.h - what fuzz targets share: a fixed key and certificate, and seeds made with them.
 */
#ifndef TEST_SUPPORT_FUZZ_H
#define TEST_SUPPORT_FUZZ_H

#include "smime/keys.h"
#include "smime/seal.h"
#include "smime/trust.h"

#define FUZZ_NOW 1800000000 /* 2027-01-15, inside the certificate's validity */

/* fuzz@a.example and a.example; the caller owns what each of them returns. */
struct smime_cert *fuzz_cert(void);
struct smime_keyring *fuzz_keyring(void);
struct smime_trust *fuzz_trust(void); /* trusts that certificate */

/* A small message sealed with it, appended. */
void fuzz_seal(enum smime_mode mode, bool opaque, const char *cipher, struct smime_buf *out);

/* From LLVMFuzzerInitialize: put a seed into the corpus of this run. */
void fuzz_seed(int argc, char *const *argv, const char *name, struct smime_bytes octets);
void fuzz_seed_messages(int argc, char *const *argv); /* one of each mode */
/* The CMS object alone. */
void fuzz_seed_cms(int argc, char *const *argv, enum smime_mode mode, const char *cipher);

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A promise that must hold for every input. Not assert(): release builds drop that. */
#define FUZZ_HOLDS(condition)     \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

#endif
