/* support_der.c - edit DER anywhere and keep it well-formed. Recursive, to the reader's limit of
 * depth: a tool of tests, never of what ships. */
#include "support_der.h"

#include "ber.h"
#include "der.h"

struct walk {
	size_t next; /* number of the element that comes */
	const struct der_edit *edit;
	struct smime_buf *out; /* NULL: only count */
	struct smime_bytes found;
};

static bool
append(struct walk *walk, struct smime_bytes octets)
{
	return !walk->out || smime_buf_append(walk->out, octets.data, octets.len) == SMIME_OK;
}

static bool
put_edited(struct walk *walk, const struct smime_tlv *tlv)
{
	const struct der_edit *edit = walk->edit;

	walk->found = tlv->whole;
	if (!walk->out)
		return true;
	switch (edit->kind) {
	case DER_DROP:
		return true;
	case DER_REPEAT:
		for (size_t i = 0; i < edit->count; i++)
			if (!append(walk, tlv->whole))
				return false;
		return true;
	case DER_EMPTY:
		return smime_der_tlv(walk->out, tlv->tag, smime_bytes(NULL, 0)) == SMIME_OK;
	case DER_RETAG:
		return smime_der_tlv(walk->out, edit->tag, tlv->content) == SMIME_OK;
	case DER_PUT:
		return append(walk, edit->with);
	}
	return false;
}

static bool
walk_all(struct walk *walk, struct smime_bytes in, unsigned depth)
{
	struct smime_tlv tlv;

	while (in.len > 0) {
		size_t mark = walk->out ? walk->out->len : 0;

		if (smime_ber_read(&in, &tlv) != SMIME_OK)
			return false;
		if (walk->next++ == walk->edit->at) {
			if (!put_edited(walk, &tlv))
				return false;
		} else if (!(tlv.tag & SMIME_BER_CONSTRUCTED) || depth == SMIME_BER_DEPTH) {
			if (!append(walk, tlv.whole))
				return false;
		} else if (!walk_all(walk, tlv.content, depth + 1) ||
			   (walk->out && smime_der_wrap(walk->out, mark, tlv.tag) != SMIME_OK)) {
			return false;
		}
	}
	return true;
}

size_t
der_count(struct smime_bytes in)
{
	const struct der_edit none = { .at = SIZE_MAX };
	struct walk walk = { .edit = &none };

	return walk_all(&walk, in, 0) ? walk.next : 0;
}

struct smime_bytes
der_at(struct smime_bytes in, size_t at)
{
	const struct der_edit here = { .at = at };
	struct walk walk = { .edit = &here };

	return walk_all(&walk, in, 0) ? walk.found : smime_bytes(NULL, 0);
}

bool
der_edit(struct smime_bytes in, const struct der_edit *edit, struct smime_buf *out)
{
	struct walk walk = { .edit = edit, .out = out };

	return walk_all(&walk, in, 0);
}

static size_t
child_count(struct smime_bytes in)
{
	struct smime_tlv tlv;
	size_t count = 0;

	for (; in.len > 0 && smime_ber_read(&in, &tlv) == SMIME_OK; count++)
		;
	return count;
}

size_t
der_find(struct smime_bytes in, const int *path)
{
	size_t number = 0;

	for (;; path++, number++) {
		size_t want = *path < 0 ? child_count(in) - 1 : (size_t)*path;
		struct smime_tlv tlv;

		for (size_t i = 0;; i++) {
			if (smime_ber_read(&in, &tlv) != SMIME_OK)
				return SIZE_MAX;
			if (i == want)
				break;
			number +=
			    1 + (tlv.tag & SMIME_BER_CONSTRUCTED ? der_count(tlv.content) : 0);
		}
		if (path[1] == DER_END)
			return number;
		if (!(tlv.tag & SMIME_BER_CONSTRUCTED))
			return SIZE_MAX;
		in = tlv.content;
	}
}
