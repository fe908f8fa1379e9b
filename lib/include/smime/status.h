/* smime/status.h - how calls end: one status, one optional sentence. */
#ifndef SMIME_STATUS_H
#define SMIME_STATUS_H

#include <stddef.h>

/* Sorted by who must act. Zero is the only success. */
enum smime_status {
	SMIME_OK = 0,
	SMIME_E_SYNTAX,      /* input breaks its grammar: the sender's fault */
	SMIME_E_LIMIT,       /* input is larger or deeper than a set limit */
	SMIME_E_UNSUPPORTED, /* well formed, but an algorithm or version we do not do */
	SMIME_E_NOKEY,       /* no usable key or certificate */
	SMIME_E_UNTRUSTED,   /* signature or path did not verify */
	SMIME_E_SYSTEM,      /* memory, disk, database: trying later may help */
};

#define SMIME_MUST_USE __attribute__((warn_unused_result))

/* SMIME_AUTO(smime_cert) c = NULL;  calls smime_cert_free(&c) when c goes out of scope. */
#define SMIME_AUTO(type) __attribute__((cleanup(type##_free))) struct type *

/* The only macro that returns: hands a failure to the caller unchanged. */
#define SMIME_TRY(call)                                 \
	do {                                            \
		enum smime_status try_status_ = (call); \
		if (try_status_ != SMIME_OK)            \
			return try_status_;             \
	} while (0)

#define smime_container_of(ptr, type, member) \
	((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/*
 * What went wrong, in words. One per message, owned by whoever handles the message; every function
 * that takes one accepts NULL. Never holds key material, passphrases or message text.
 */
struct smime_diag {
	enum smime_status status;
	char token[32]; /* stable word for logs and scripts: "expired", "no-key"; "" when none */
	char text[256]; /* one sentence for a person, UTF-8, no line ends, cut when too long */
};

/* "ok", "syntax", "limit", "unsupported", "no-key", "untrusted", "system". */
const char *smime_status_name(enum smime_status status);

/*
 * Record a failure and return its status, so that `return smime_fail(...)` reads as one act.
 *
 * diag    may be NULL; an earlier failure in it is overwritten.
 * token   stable word, or NULL for the status' own name.
 */
enum smime_status smime_fail(struct smime_diag *diag, enum smime_status status, const char *token,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Put "context: " before the sentence: says where, when the caller knows and the callee could not.
 */
void smime_diag_context(struct smime_diag *diag, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
