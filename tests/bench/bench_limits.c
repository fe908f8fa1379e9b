/*
 * bench_limits.c - what a hostile message costs: each kind of list doubled up to its limit and far
 * over it, and the most that fits into 1 MiB.  Prints; asserts nothing.
 *
 * A line: kind, number of elements, octets of the message, milliseconds to open it (the best of
 * three), how much that is against the line before, and the verdict.
 */
#include "cms.h"
#include "der.h"
#include "smime/open.h"
#include "smime/seal.h"
#include "support_der.h"
#include "support_pki.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#define FIELDS "From: alice@a.example\r\nTo: bob@b.example\r\nSubject: s\r\n"
#define TEXT   "Content-Type: text/plain\r\n\r\nThe quick brown fox jumps over the lazy dog.\r\n"

static struct pki_cert *root, *alice, *bob, *stranger;
static struct smime_keyring *ring;
static struct smime_trust *trust;

static void
must(enum smime_status status)
{
	if (status != SMIME_OK)
		abort();
}

static void
put(struct smime_buf *out, const char *text)
{
	must(smime_buf_append(out, text, strlen(text)));
}

static double
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void
setup(void)
{
	root = pki_make(&(struct pki_spec){ .name = "Root", .ca = true });
	alice = pki_make(
	    &(struct pki_spec){ .name = "Alice", .mailboxes = "alice@a.example", .issuer = root });
	bob = pki_make(&(struct pki_spec){
	    .name = "Bob", .mailboxes = "bob@b.example", .key = "rsa-2048", .issuer = root });
	stranger = pki_make(&(struct pki_spec){
	    .name = "X", .mailboxes = "x@b.example", .key = "rsa-2048", .issuer = root });
	ring = pki_keyring((struct pki_cert *[]){ alice, bob, NULL });
	must(smime_trust_new(&trust));
	must(smime_trust_add_anchor(trust, root->cert, false, NULL));
	smime_trust_seal(trust);
}

static void
teardown(void)
{
	smime_trust_free(&trust);
	smime_keyring_free(&ring);
	pki_free(&stranger);
	pki_free(&bob);
	pki_free(&alice);
	pki_free(&root);
}

/* ---- one line of the table ---- */

/* The best of three; the verdict of the outermost layer. */
static double
open_once(struct smime_bytes message, const char **verdict)
{
	static char token[32];
	const struct smime_open how = { .keys = smime_keyring_keys(ring),
		.trust = trust,
		.now = PKI_NOW,
		.remove_signature = true };
	double best = 1e9;

	for (int i = 0; i < 3; i++) {
		SMIME_AUTO(smime_mime) mime = NULL;
		SMIME_AUTO(smime_opened) opened = NULL;
		struct smime_diag diag = { 0 };
		double start = now_ms(), took;
		enum smime_status status = smime_mime_scan(message, NULL, &mime, &diag);

		if (status == SMIME_OK)
			must(smime_open_message(&how, mime, &opened, NULL));
		took = now_ms() - start;
		best = took < best ? took : best;
		(void)snprintf(token, sizeof token, "%s",
		    status != SMIME_OK     ? diag.token[0] ? diag.token : "refused"
		    : !opened->layer_count ? "no layer"
		    : opened->layers[0].ok ? "ok"
					   : opened->layers[0].token);
	}
	*verdict = token;
	return best;
}

static void
line(const char *kind, size_t count, struct smime_bytes message)
{
	static double before;
	static const char *kind_before = "";
	const char *verdict;
	double ms = open_once(message, &verdict);

	if (strcmp(kind, kind_before) != 0)
		(void)printf("\n%-12s %8s %10s %9s %6s\n", kind, "number", "octets", "ms", "ratio");
	if (strcmp(kind, kind_before) == 0)
		(void)printf(
		    "%21zu %10zu %9.3f %6.2f  %s\n", count, message.len, ms, ms / before, verdict);
	else
		(void)printf("%21zu %10zu %9.3f %6s  %s\n", count, message.len, ms, "", verdict);
	before = ms;
	kind_before = kind;
}

/* ---- lists inside a CMS object ---- */

static void
seal(enum smime_mode mode, struct smime_buf *der)
{
	struct smime_certs recipients = pki_list((struct pki_cert *[]){ stranger, bob, NULL });
	const struct smime_seal how = { .mode = mode,
		.opaque = true,
		.now = PKI_NOW,
		.signer = alice->cert,
		.keys = smime_keyring_keys(ring),
		.recipients = &recipients };
	SMIME_AUTO(smime_mime) mime = NULL;
	SMIME_AUTO(smime_mime) outer = NULL;
	SMIME_AUTO(smime_spool) sealed = NULL;
	SMIME_AUTO(smime_stage) collect = NULL;
	struct smime_bytes view;

	must(smime_mime_scan(smime_bytes_str(FIELDS TEXT), NULL, &mime, NULL));
	must(smime_seal_message(&how, mime, &sealed, NULL));
	must(smime_spool_view(sealed, &view, NULL));
	must(smime_mime_scan(view, NULL, &outer, NULL));
	must(smime_stage_buf_new(der, 1 << 24, &collect));
	must(smime_part_decode(outer, 0, collect, NULL));
	smime_certs_reset(&recipients);
}

static void
put_message(struct smime_bytes der, struct smime_buf *out)
{
	SMIME_AUTO(smime_stage) collect = NULL;
	SMIME_AUTO(smime_stage) base64 = NULL;

	put(out, FIELDS
	    "Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n");
	must(smime_stage_buf_new(out, UINT32_MAX, &collect));
	must(smime_stage_base64_new(collect, &base64));
	must(smime_push_bytes(base64, der));
	must(smime_finish(base64));
}

static const struct {
	const char *kind;
	enum smime_mode mode;
	int path[9];
	size_t limit;
} lists[] = {
	{ "SignerInfo", SMIME_MODE_SIGN, { 0, 1, 0, 4, 0, DER_END }, SMIME_SIGNERS_MAX },
	{ "certificate", SMIME_MODE_SIGN, { 0, 1, 0, 3, 0, DER_END }, SMIME_CERTS_MAX },
	{ "attribute", SMIME_MODE_SIGN, { 0, 1, 0, 4, 0, 3, -1, DER_END }, SMIME_ATTRS_MAX },
	{ "digest", SMIME_MODE_SIGN, { 0, 1, 0, 1, 0, DER_END }, SMIME_SIGNERS_MAX },
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
	for (size_t n = lists[which].limit / 8; n <= 65536; n *= 2) {
		SMIME_AUTO_BUF many = { 0 };
		SMIME_AUTO_BUF message = { 0 };

		/* There is one of the recipients that does not come from repeating. */
		edit.count = lists[which].mode == SMIME_MODE_ENCRYPT ? n - 1 : n;
		if (!der_edit(smime_buf_bytes(&der), &edit, &many))
			abort();
		if (many.len > 4 << 20)
			break;
		put_message(smime_buf_bytes(&many), &message);
		line(lists[which].kind, n, smime_buf_bytes(&message));
	}
}

/* The content of an opaque signature in many pieces (X.690 s8.7.3.2). */
static void
pieces(size_t count)
{
	static const int content[] = { 0, 1, 0, 2, 1, 0, DER_END };
	SMIME_AUTO_BUF der = { 0 };
	SMIME_AUTO_BUF string = { 0 };
	SMIME_AUTO_BUF spoilt = { 0 };
	SMIME_AUTO_BUF message = { 0 };
	struct der_edit edit = { .kind = DER_PUT };

	seal(SMIME_MODE_SIGN, &der);
	for (size_t i = 0; i < count; i++)
		must(smime_der_tlv(&string, SMIME_BER_OCTET_STRING, smime_bytes_str("a")));
	must(smime_der_wrap(&string, 0, SMIME_BER_OCTET_STRING | SMIME_BER_CONSTRUCTED));
	edit.at = der_find(smime_buf_bytes(&der), content);
	edit.with = smime_buf_bytes(&string);
	if (!der_edit(smime_buf_bytes(&der), &edit, &spoilt))
		abort();
	put_message(smime_buf_bytes(&spoilt), &message);
	line("pieces", count, smime_buf_bytes(&message));
}

/* ---- MIME ---- */

static void
parts(size_t count)
{
	SMIME_AUTO_BUF message = { 0 };

	put(&message, FIELDS "Content-Type: multipart/mixed; boundary=b\r\n\r\n");
	for (size_t i = 0; i < count; i++)
		put(&message, "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n");
	put(&message, "--b--\r\n");
	line("part", count, smime_buf_bytes(&message));
}

static void
nesting(size_t depth)
{
	SMIME_AUTO_BUF message = { 0 };
	char text[100];

	put(&message, FIELDS);
	for (size_t i = 0; i < depth; i++) {
		(void)snprintf(text, sizeof text,
		    "Content-Type: multipart/mixed; boundary=b%zu\r\n\r\n--b%zu\r\n", i, i);
		put(&message, text);
	}
	put(&message, TEXT);
	line("nesting", depth, smime_buf_bytes(&message));
}

static void
fields(size_t count)
{
	SMIME_AUTO_BUF message = { 0 };

	put(&message, FIELDS);
	for (size_t i = 0; i < count; i++)
		put(&message, "X: y\r\n");
	put(&message, TEXT);
	line("field", count, smime_buf_bytes(&message));
}

static void
parameters(size_t count)
{
	SMIME_AUTO_BUF message = { 0 };
	char text[40];

	put(&message, FIELDS "Content-Type: multipart/signed");
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(text, sizeof text, ";\r\n boundary*%zu*=b", i);
		put(&message, text);
	}
	put(&message, "\r\n\r\nx\r\n");
	line("parameter", count, smime_buf_bytes(&message));
}

static void
addresses(size_t count)
{
	SMIME_AUTO_BUF message = { 0 };

	put(&message, "From: alice@a.example");
	for (size_t i = 0; i < count; i++)
		put(&message, ",\r\n a (b (c)) <@x,@y:a@b>");
	put(&message, "\r\nContent-Type: application/pkcs7-mime\r\n\r\nMAA=\r\n");
	line("address", count, smime_buf_bytes(&message));
}

static void
layers(size_t count)
{
	SMIME_AUTO_BUF message = { 0 };

	put(&message, FIELDS TEXT);
	for (size_t i = 0; i < count; i++) {
		const struct smime_seal how = { .mode = SMIME_MODE_SIGN,
			.opaque = true,
			.now = PKI_NOW,
			.signer = alice->cert,
			.keys = smime_keyring_keys(ring) };
		SMIME_AUTO(smime_mime) mime = NULL;
		SMIME_AUTO(smime_spool) sealed = NULL;
		struct smime_bytes view;

		must(smime_mime_scan(smime_buf_bytes(&message), NULL, &mime, NULL));
		must(smime_seal_message(&how, mime, &sealed, NULL));
		must(smime_spool_view(sealed, &view, NULL));
		smime_buf_reset(&message);
		put(&message, FIELDS);
		must(smime_buf_append(&message, view.data, view.len));
	}
	line("layer", count, smime_buf_bytes(&message));
}

static void
doubled(void (*one)(size_t), size_t from, size_t to)
{
	for (size_t n = from; n <= to; n *= 2)
		one(n);
}

int
main(void)
{
	struct rusage usage;

	setup();
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		list(i);
	doubled(pieces, 4096, 262144);
	doubled(parts, 125, 32000);
	doubled(nesting, 6, 24576);
	doubled(fields, 1024, 131072);
	doubled(parameters, 256, 65536);
	doubled(addresses, 256, 32768);
	doubled(layers, 1, 8);
	(void)getrusage(RUSAGE_SELF, &usage);
	(void)printf("\npeak resident memory: %ld MiB\n", usage.ru_maxrss / 1024);
	teardown();
	return 0;
}
