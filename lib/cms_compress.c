/* cms_compress.c - read CompressedData.  RFC 3274. Compression protects nothing; it can only hurt:
 * what it may grow to is bounded in all and against what came in. */
#include "cms.h"

#include <stdlib.h>
#include <zlib.h>

#define OID_ZLIB  "1.2.840.113549.1.9.16.3.8"
#define RATIO_MAX 100
#define OUT_SIZE  65536

struct inflate_stage {
	struct smime_stage base;
	z_stream z;
	uint64_t in, out, max;
	bool ended;
	uint8_t buffer[OUT_SIZE];
};

static enum smime_status
inflate_some(struct inflate_stage *i)
{
	size_t made;
	int rc;

	i->z.next_out = i->buffer;
	i->z.avail_out = OUT_SIZE;
	rc = inflate(&i->z, Z_NO_FLUSH);
	if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
		return rc == Z_MEM_ERROR ? SMIME_E_SYSTEM : SMIME_E_SYNTAX;
	i->ended = rc == Z_STREAM_END;
	made = OUT_SIZE - i->z.avail_out;
	i->out += made;
	/* The first piece is free: a short text compresses well. */
	if (i->out > i->max || (i->out > OUT_SIZE && i->out / RATIO_MAX > i->in))
		return SMIME_E_LIMIT;
	return smime_push(i->base.next, i->buffer, made);
}

static enum smime_status
inflate_write(struct smime_stage *s, const uint8_t *data, size_t len)
{
	struct inflate_stage *i = smime_container_of(s, struct inflate_stage, base);

	if (i->ended)
		return SMIME_E_SYNTAX;
	i->z.next_in = (uint8_t *)(uintptr_t)data;
	i->z.avail_in = (unsigned)len; /* a push is 64 KiB at most */
	i->in += len;
	do {
		SMIME_TRY(inflate_some(i));
	} while (!i->ended && (i->z.avail_in > 0 || i->z.avail_out == 0));
	return i->z.avail_in == 0 ? SMIME_OK : SMIME_E_SYNTAX;
}

static enum smime_status
inflate_finish(struct smime_stage *s)
{
	return smime_container_of(s, struct inflate_stage, base)->ended ? SMIME_OK : SMIME_E_SYNTAX;
}

static void
inflate_free(struct smime_stage *s)
{
	struct inflate_stage *i = smime_container_of(s, struct inflate_stage, base);

	(void)inflateEnd(&i->z);
	explicit_bzero(i->buffer, sizeof i->buffer);
	free(i);
}

static const struct smime_stage_ops inflate_ops = {
	.name = "inflate", .write = inflate_write, .finish = inflate_finish, .free = inflate_free
};

static enum smime_status
inflate_new(uint64_t max, struct smime_stage *next, struct smime_stage **out)
{
	struct inflate_stage *i = calloc(1, sizeof *i);

	*out = NULL;
	if (!i)
		return SMIME_E_SYSTEM;
	if (inflateInit(&i->z) != Z_OK) {
		free(i);
		return SMIME_E_SYSTEM;
	}
	i->base = (struct smime_stage){ .ops = &inflate_ops, .next = next };
	i->max = max;
	*out = &i->base;
	return SMIME_OK;
}

/* CompressedData ::= SEQUENCE { version, compressionAlgorithm, encapContentInfo } */
static enum smime_status
read_compressed(struct smime_bytes in, struct smime_tlv *content)
{
	struct smime_tlv data, encap, wrapper;
	char type[SMIME_OID_SIZE];
	struct smime_algid alg;
	uint32_t version;

	SMIME_TRY(smime_ber_expect(&in, SMIME_BER_SEQUENCE, &data));
	SMIME_TRY(smime_ber_small(&data.content, &version));
	SMIME_TRY(smime_ber_algid(&data.content, &alg));
	SMIME_TRY(smime_ber_expect(&data.content, SMIME_BER_SEQUENCE, &encap));
	SMIME_TRY(smime_ber_oid(&encap.content, type));
	SMIME_TRY(smime_ber_expect(&encap.content, SMIME_BER_CONTEXT_CONS | 0, &wrapper));
	SMIME_TRY(smime_ber_expect(&wrapper.content, SMIME_BER_OCTET_STRING, content));
	return strcmp(alg.oid, OID_ZLIB) == 0 && strcmp(type, SMIME_OID_DATA) == 0
		   ? SMIME_OK
		   : SMIME_E_UNSUPPORTED;
}

enum smime_status
smime_cms_inflate(
    struct smime_bytes in, uint64_t max, struct smime_stage *plain, struct smime_diag *diag)
{
	SMIME_AUTO(smime_stage) stage = NULL;
	struct smime_tlv content;
	enum smime_status status;

	status = read_compressed(in, &content);
	if (status != SMIME_OK)
		return smime_fail(diag, status,
		    status == SMIME_E_SYNTAX ? "malformed" : "algorithm",
		    "CompressedData is malformed or of an unknown kind");
	SMIME_TRY(inflate_new(max, plain, &stage));
	status = smime_ber_push_octets(&content, stage);
	if (status == SMIME_OK)
		status = smime_finish(stage);
	if (status == SMIME_E_LIMIT)
		return smime_fail(
		    diag, status, "compressed", "CompressedData grows beyond the limit");
	if (status == SMIME_E_SYNTAX)
		return smime_fail(diag, status, "malformed", "CompressedData is damaged");
	return status;
}
