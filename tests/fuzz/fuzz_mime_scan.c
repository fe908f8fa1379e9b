/* fuzz_mime_scan.c - lib/mime_scan.c and what reads its parts: mime_value.c, mime_from.c,
 * mime_decode.c, mime_safe.c. */
#include "smime/mime.h"
#include "smime/words.h"
#include "support_fuzz.h"

#include <stdlib.h>

static bool
within(struct smime_bytes inner, struct smime_bytes outer)
{
	return inner.len == 0 ||
	       (inner.data >= outer.data && inner.data + inner.len <= outer.data + outer.len);
}

static void
check_part(const struct smime_mime *mime, uint32_t index, struct smime_bytes view)
{
	const struct smime_part *p = smime_mime_part(mime, index);

	/* A header that a delimiter ends has a line end that belongs to the delimiter. */
	size_t shared = p->header.len > p->whole.len ? p->header.len - p->whole.len : 0;

	FUZZ_HOLDS(within(p->whole, view));
	FUZZ_HOLDS(shared <= 2 && within(p->header, view) && p->header.data == p->whole.data);
	FUZZ_HOLDS(within(p->body, p->whole));
	FUZZ_HOLDS(within(p->preamble, p->body) && within(p->epilogue, p->body));
	FUZZ_HOLDS(p->header.len + p->body.len <= p->whole.len + shared);
	if (p->parent != SMIME_NO_PART) {
		const struct smime_part *up = smime_mime_part(mime, p->parent);

		FUZZ_HOLDS(p->parent < index && p->depth == up->depth + 1);
		FUZZ_HOLDS(within(p->whole, up->body));
	}
	for (uint32_t i = 0; i < p->field_count; i++) {
		const struct smime_field *f = smime_mime_field(mime, p->first_field + i);

		FUZZ_HOLDS(within(f->line, p->header) && within(f->name, f->line) &&
			   within(f->value, f->line));
	}
}

static void
read_values(const struct smime_mime *mime, uint32_t index)
{
	const struct smime_part *p = smime_mime_part(mime, index);
	SMIME_AUTO_BUF octets = { 0 };
	SMIME_AUTO(smime_stage) collect = NULL;

	for (uint32_t i = 0; i < p->field_count && i < 8; i++) {
		const struct smime_field *f = smime_mime_field(mime, p->first_field + i);
		SMIME_AUTO_BUF text = { 0 };
		char **addresses = NULL;
		struct smime_words *names = NULL;
		size_t count = 0;
		bool some;

		(void)!smime_value_text(f->value, &text);
		(void)!smime_words_param(f->value, "filename", &names, &count);
		smime_words_free(&names, &count);
		(void)!smime_value_param(f->value, "boundary", &text, &some);
		(void)!smime_value_addresses(f->value, &addresses, &count, &some);
		smime_addresses_free(&addresses);
	}
	if (p->child_count > 0 || smime_stage_buf_new(&octets, 1 << 21, &collect) != SMIME_OK)
		return;
	if (smime_part_decode(mime, index, collect, NULL) == SMIME_OK)
		FUZZ_HOLDS(octets.len <= p->body.len + 2);
}

/* What is safe stays as it is: making it safe again changes nothing, as long as everybody reads the
 * structure in one way. */
static void
check_safe(const struct smime_mime *mime)
{
	bool clear = !(smime_mime_flags_below(mime, 0) & SMIME_MIME_AMBIGUOUS);
	SMIME_AUTO(smime_spool) once = NULL;
	SMIME_AUTO(smime_spool) twice = NULL;
	SMIME_AUTO(smime_mime) again = NULL;
	struct smime_bytes first, second;

	if (smime_spool_new(NULL, &once) != SMIME_OK || smime_spool_new(NULL, &twice) != SMIME_OK ||
	    smime_mime_safe(mime, once, NULL) != SMIME_OK ||
	    smime_spool_view(once, &first, NULL) != SMIME_OK ||
	    smime_mime_scan(first, NULL, &again, NULL) != SMIME_OK ||
	    smime_mime_safe(again, twice, NULL) != SMIME_OK ||
	    smime_spool_view(twice, &second, NULL) != SMIME_OK)
		return;
	FUZZ_HOLDS(!clear || smime_bytes_equal(first, second));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smime_bytes view = smime_bytes(data, size);
	SMIME_AUTO(smime_mime) mime = NULL;
	SMIME_AUTO_BUF from = { 0 };

	if (smime_mime_scan(view, NULL, &mime, NULL) != SMIME_OK)
		return 0;
	FUZZ_HOLDS(smime_mime_part_count(mime) >= 1);
	for (uint32_t i = 0; i < smime_mime_part_count(mime); i++) {
		check_part(mime, i, view);
		if (i < 20)
			read_values(mime, i);
	}
	if (smime_mime_from(mime, &from, NULL) == SMIME_OK)
		FUZZ_HOLDS(from.len > 0 && memchr(from.data, '@', from.len));
	check_safe(mime);
	return 0;
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char nested[] =
	    "From: a@b.example\r\nContent-Type: multipart/mixed; boundary=\"a b\"\r\n\r\npre\r\n"
	    "--a b\r\nContent-Type: message/rfc822\r\n\r\nSubject: =?utf-8?q?x?=\r\n"
	    "Content-Type: multipart/alternative; boundary=a\r\n\r\n--a\r\n\r\nx \r\n--a--\r\n"
	    "--a b\r\nContent-Type: text/plain; name*=utf-8''x\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\n=41=\r\n"
	    "--a b\r\nContent-Transfer-Encoding: base64\r\n\r\nQUJD\r\n--a b--\r\nepi\r\n";

	fuzz_seed(*argc, *argv, "nested", smime_bytes_str(nested));
	fuzz_seed_messages(*argc, *argv);
	return 0;
}
