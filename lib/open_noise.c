/*
 * open_noise.c - does what was decrypted look like a MIME entity, or does part of it look like a
 * block cipher's answer to a ciphertext that was tampered with?  R-DEC-CBC (EFAIL).
 *
 * CBC protects no content: a changed block comes out as sixteen random octets. Those are not 7-bit,
 * hold control characters or are no UTF-8; so octets over 127 are believed only where they are
 * announced, or where they are clean UTF-8 text. One look at the octets of suspicious parts.
 */
#include "open_layer.h"

static bool
is_clean_text(struct smime_bytes in)
{
	while (in.len > 0) {
		uint8_t c = in.data[0];
		size_t len = smime_utf8(in, NULL);

		if (len == 0 || c == 0x7F || (c < ' ' && !(c >= '\t' && c <= '\r') && c != 0x1B))
			return false;
		in = smime_bytes_slice(in, len, in.len);
	}
	return true;
}

static bool
is_seven_bit(struct smime_bytes in)
{
	for (size_t i = 0; i < in.len; i++)
		if (in.data[i] > 127 || in.data[i] == 0)
			return false;
	return true;
}

/* flags of a part are those of its header and of its own octets together. */
static bool
is_noisy(const struct smime_part *part)
{
	bool encoded = part->encoding == SMIME_CTE_BASE64 || part->encoding == SMIME_CTE_QP;

	if (!(part->flags & (SMIME_MIME_EIGHT_BIT | SMIME_MIME_NUL)))
		return false;
	if (part->boundary.len > 0)
		return !is_clean_text(part->preamble) || !is_clean_text(part->epilogue);
	if (part->child_count > 0 || part->encoding == SMIME_CTE_8BIT ||
	    part->encoding == SMIME_CTE_BINARY || part->encoding == SMIME_CTE_UNKNOWN)
		return false;
	return encoded ? !is_seven_bit(part->body) : !is_clean_text(part->body);
}

bool
smime_is_entity(const struct smime_mime *mime, const struct smime_layer *layer)
{
	const struct smime_part *root = smime_mime_part(mime, 0);

	if ((root->flags & SMIME_MIME_BAD_HEADER) || root->header.len == 0 ||
	    !is_seven_bit(root->header))
		return false;
	/* What was authenticated is as its sender wrote it. */
	for (uint32_t i = 0; !layer->authenticated && i < smime_mime_part_count(mime); i++)
		if (is_noisy(smime_mime_part(mime, i)) ||
		    (i > 0 && smime_mime_part(mime, i)->flags & SMIME_MIME_BAD_HEADER))
			return false;
	return true;
}
