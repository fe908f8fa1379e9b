/*
 * bench_limits.c - what a hostile message costs: each kind of list doubled up to its limit and far
 * over it, and the most that fits into 1 MiB.  limits.py says when that is too much.
 *
 * A line: kind, number of elements, octets of the message, milliseconds of processor to open it
 * (the best of three), how much that is against the line before, and the verdict. With --count,
 * under callgrind, instructions are counted instead.
 */
#include "cms.h"
#include "der.h"
#include "limits.h"
#include "smime/seal.h"
#include "support_der.h"

#include <stdio.h>
#include <stdlib.h>

/* Of a message's CMS object; base64 makes four thirds of it. */
#define OCTETS_MAX (1 << 20)

/* ---- lists inside a CMS object ---- */

static void
seal(enum smime_mode mode, struct smime_buf *der)
{
	struct smime_certs recipients =
	    pki_list((struct pki_cert *[]){ limits.stranger, limits.bob, NULL });
	const struct smime_seal how = { .mode = mode,
		.opaque = true,
		.now = PKI_NOW,
		.signer = limits.alice->cert,
		.keys = smime_keyring_keys(limits.ring),
		.recipients = &recipients };
	SMIME_AUTO(smime_mime) mime = NULL;
	SMIME_AUTO(smime_mime) outer = NULL;
	SMIME_AUTO(smime_spool) sealed = NULL;
	SMIME_AUTO(smime_stage) collect = NULL;
	struct smime_bytes view;

	limits_must(smime_mime_scan(smime_bytes_str(FIELDS TEXT), NULL, &mime, NULL));
	limits_must(smime_seal_message(&how, mime, &sealed, NULL));
	limits_must(smime_spool_view(sealed, &view, NULL));
	limits_must(smime_mime_scan(view, NULL, &outer, NULL));
	limits_must(smime_stage_buf_new(der, 1 << 24, &collect));
	limits_must(smime_part_decode(outer, 0, collect, NULL));
	smime_certs_reset(&recipients);
}

static const struct {
	const char *kind;
	enum smime_mode mode;
	int path[9];
	size_t limit;
} lists[] = {
	{ "SignerInfo", SMIME_MODE_SIGN, { 0, 1, 0, 4, 0, DER_END }, SMIME_SIGNERS_MAX },
	{ "certificate", SMIME_MODE_SIGN, { 0, 1, 0, 3, 0, DER_END }, SMIME_CERTS_MAX },
	{ "digest", SMIME_MODE_SIGN, { 0, 1, 0, 1, 0, DER_END }, 0 },
	{ "recipient", SMIME_MODE_ENCRYPT, { 0, 1, 0, 1, 0, DER_END }, SMIME_RECIPIENTS_MAX },
};

static void
list(size_t which)
{
	SMIME_AUTO_BUF der = { 0 };
	struct der_edit edit = { .kind = DER_REPEAT };

	seal(lists[which].mode, &der);
	edit.at = der_find(smime_buf_bytes(&der), lists[which].path);
	/* Eighths of the limit, then on to the million octets. */
	for (size_t n = lists[which].limit ? lists[which].limit / 8 : 64; n <= 65536; n *= 2) {
		SMIME_AUTO_BUF many = { 0 };
		SMIME_AUTO_BUF message = { 0 };

		/* There is one of the recipients that does not come from repeating. */
		edit.count = lists[which].mode == SMIME_MODE_ENCRYPT ? n - 1 : n;
		if (!der_edit(smime_buf_bytes(&der), &edit, &many))
			abort();
		if (many.len > OCTETS_MAX)
			break;
		limits_put_object(smime_buf_bytes(&many), &message);
		limits_line(lists[which].kind, n, lists[which].limit, smime_buf_bytes(&message));
	}
}

/* alice's signature (ECDSA with SHA-256) over a SET OF Attribute. */
static void
sign(struct smime_bytes set, struct smime_buf *out)
{
	struct smime_keys *keys = smime_keyring_keys(limits.ring);
	const struct smime_alg *sha256 = smime_alg_by_name(smime_digests, "sha256");
	SMIME_AUTO(smime_stage) digest = NULL;
	SMIME_AUTO_BUF value = { 0 };

	limits_must(smime_stage_digest_new(sha256, NULL, &digest));
	limits_must(smime_push_bytes(digest, set));
	limits_must(smime_finish(digest));
	limits_must(keys->ops->sign(keys, limits.alice->cert, smime_signature_alg("ecdsa", sha256),
	    smime_stage_digest_get(digest), &value, NULL));
	limits_must(smime_der_tlv(out, SMIME_BER_OCTET_STRING, smime_buf_bytes(&value)));
}

/* The element at that path is what stands in with. */
static void
put(struct smime_buf *der, const int *path, const struct smime_buf *with)
{
	const struct der_edit edit = { .kind = DER_PUT,
		.at = der_find(smime_buf_bytes(der), path),
		.with = smime_buf_bytes(with) };
	SMIME_AUTO_BUF out = { 0 };

	if (!der_edit(smime_buf_bytes(der), &edit, &out))
		abort();
	smime_buf_reset(der);
	limits_must(smime_buf_append(der, out.data, out.len));
}

/* Signed attributes that nobody knows beside those of the signer, who has signed them, too. */
static void
attributes(size_t count)
{
	static const int attrs[] = { 0, 1, 0, 4, 0, 3, DER_END };
	static const int signature[] = { 0, 1, 0, 4, 0, 5, DER_END };
	static const uint8_t value[130] = { 0x31, 0x7f, 0x04, 0x7d }; /* SET { OCTET STRING } */
	SMIME_AUTO_BUF der = { 0 };
	SMIME_AUTO_BUF set = { 0 };
	SMIME_AUTO_BUF signed_value = { 0 };
	SMIME_AUTO_BUF message = { 0 };
	struct smime_bytes whole;
	char oid[40];

	seal(SMIME_MODE_SIGN, &der);
	whole = der_at(smime_buf_bytes(&der), der_find(smime_buf_bytes(&der), attrs));
	/* A tag and three octets of length: the five that are there take over 255. */
	if (whole.len < 256 || whole.data[1] != 0x82)
		abort();
	limits_must(smime_buf_append(&set, whole.data + 4, whole.len - 4));
	for (size_t i = 5; i < count; i++) {
		size_t mark = set.len;

		(void)snprintf(oid, sizeof oid, "1.3.6.1.4.1.%zu", 1000000 + i);
		limits_must(smime_der_oid(&set, oid));
		limits_must(smime_buf_append(&set, value, 129));
		limits_must(smime_der_wrap(&set, mark, SMIME_BER_SEQUENCE));
	}
	limits_must(smime_der_wrap_set_of(&set, 0, SMIME_BER_SET));
	sign(smime_buf_bytes(&set), &signed_value);
	set.data[0] = SMIME_BER_CONTEXT_CONS | 0;
	put(&der, signature, &signed_value);
	put(&der, attrs, &set);
	limits_put_object(smime_buf_bytes(&der), &message);
	limits_line("attribute", count, SMIME_ATTRS_MAX, smime_buf_bytes(&message));
}

/* The content of an opaque signature in many pieces (X.690 s8.7.3.2). */
static void
pieces(size_t count)
{
	static const int content[] = { 0, 1, 0, 2, 1, 0, DER_END };
	SMIME_AUTO_BUF der = { 0 };
	SMIME_AUTO_BUF string = { 0 };
	SMIME_AUTO_BUF message = { 0 };

	seal(SMIME_MODE_SIGN, &der);
	for (size_t i = 0; i < count; i++)
		limits_must(smime_der_tlv(&string, SMIME_BER_OCTET_STRING, smime_bytes_str("a")));
	limits_must(smime_der_wrap(&string, 0, SMIME_BER_OCTET_STRING | SMIME_BER_CONSTRUCTED));
	put(&der, content, &string);
	limits_put_object(smime_buf_bytes(&der), &message);
	limits_line("pieces", count, 0, smime_buf_bytes(&message));
}

/* ---- MIME ---- */

static void
parts(size_t count)
{
	SMIME_AUTO_BUF message = { 0 };

	limits_put(&message, FIELDS "Content-Type: multipart/mixed; boundary=b\r\n\r\n");
	/* The multipart is one, too. */
	for (size_t i = 1; i < count; i++)
		limits_put(&message, "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n");
	limits_put(&message, "--b--\r\n");
	limits_line("part", count, 1000, smime_buf_bytes(&message));
}

static void
nesting(size_t depth)
{
	SMIME_AUTO_BUF message = { 0 };
	char text[100];

	limits_put(&message, FIELDS);
	for (size_t i = 0; i < depth; i++) {
		(void)snprintf(text, sizeof text,
		    "Content-Type: multipart/mixed; boundary=b%zu\r\n\r\n--b%zu\r\n", i, i);
		limits_put(&message, text);
	}
	limits_put(&message, TEXT);
	limits_line("nesting", depth, 50, smime_buf_bytes(&message));
}

static void
fields(size_t count)
{
	SMIME_AUTO_BUF message = { 0 };

	limits_put(&message, FIELDS);
	/* FIELDS and TEXT have four. */
	for (size_t i = 4; i < count; i++)
		limits_put(&message, "X: y\r\n");
	limits_put(&message, TEXT);
	limits_line("field", count, 10000, smime_buf_bytes(&message));
}

static void
parameters(size_t count)
{
	SMIME_AUTO_BUF message = { 0 };
	char text[40];

	limits_put(&message, FIELDS "Content-Type: multipart/signed");
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(text, sizeof text, ";\r\n boundary*%zu*=b", i);
		limits_put(&message, text);
	}
	limits_put(&message, "\r\n\r\nx\r\n");
	limits_line("parameter", count, 0, smime_buf_bytes(&message));
}

static void
addresses(size_t count)
{
	SMIME_AUTO_BUF message = { 0 };

	limits_put(&message, "From: alice@a.example");
	for (size_t i = 0; i < count; i++)
		limits_put(&message, ",\r\n a (b (c)) <@x,@y:a@b>");
	limits_put(&message, "\r\nContent-Type: application/pkcs7-mime\r\n\r\nMAA=\r\n");
	limits_line("address", count, 0, smime_buf_bytes(&message));
}

static void
layers(size_t count)
{
	SMIME_AUTO_BUF message = { 0 };

	limits_put(&message, FIELDS TEXT);
	for (size_t i = 0; i < count; i++) {
		const struct smime_seal how = { .mode = SMIME_MODE_SIGN,
			.opaque = true,
			.now = PKI_NOW,
			.signer = limits.alice->cert,
			.keys = smime_keyring_keys(limits.ring) };
		SMIME_AUTO(smime_mime) mime = NULL;
		SMIME_AUTO(smime_spool) sealed = NULL;
		struct smime_bytes view;

		limits_must(smime_mime_scan(smime_buf_bytes(&message), NULL, &mime, NULL));
		limits_must(smime_seal_message(&how, mime, &sealed, NULL));
		limits_must(smime_spool_view(sealed, &view, NULL));
		smime_buf_reset(&message);
		limits_put(&message, FIELDS);
		limits_must(smime_buf_append(&message, view.data, view.len));
	}
	limits_line("layer", count, SMIME_LAYERS_MAX, smime_buf_bytes(&message));
}

static void
doubled(void (*one)(size_t), size_t from, size_t to)
{
	for (size_t n = from; n <= to; n *= 2)
		one(n);
}

int
main(int argc, char **argv)
{
	limits_start(argc == 2 && strcmp(argv[1], "--count") == 0);
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		list(i);
	doubled(attributes, 8, 4096);
	doubled(pieces, 4096, 262144);
	doubled(parts, 125, 16000);
	doubled(nesting, 6, 12288);
	doubled(fields, 1250, 80000);
	doubled(parameters, 256, 32768);
	doubled(addresses, 256, 32768);
	doubled(layers, 1, 8);
	limits_certificates();
	limits_stop();
	return 0;
}
