/* support_der.h - edit DER anywhere and keep it well-formed: the lengths around an edit are put
 * right. What benchmarks repeat and fuzz targets spoil. */
#ifndef TEST_SUPPORT_DER_H
#define TEST_SUPPORT_DER_H

#include "smime/bytes.h"
#include <stdbool.h>

enum der_edit_kind {
	DER_DROP,
	DER_REPEAT, /* `count` times instead of once */
	DER_EMPTY,  /* the element stays, without content */
	DER_RETAG,  /* `tag` instead of its own */
	DER_PUT,    /* the octets `with` instead of the element */
};

struct der_edit {
	enum der_edit_kind kind;
	size_t at; /* the element, counted from 0 as each begins */
	size_t count;
	uint8_t tag;
	struct smime_bytes with;
};

/* Elements in it, those inside others too; 0 for what is no BER. */
size_t der_count(struct smime_bytes in);

/* Number of the element at that path: child of child, -1 is the last one; DER_END ends the path.
 * SIZE_MAX when there is none. */
#define DER_END (-2)
size_t der_find(struct smime_bytes in, const int *path);

/* The octets of that element, identifier and length included. Empty when there is none. */
struct smime_bytes der_at(struct smime_bytes in, size_t at);

/* The edited octets are appended to out. False for what is no BER. */
bool der_edit(struct smime_bytes in, const struct der_edit *edit, struct smime_buf *out);

#endif
