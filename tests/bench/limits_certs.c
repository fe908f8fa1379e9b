/*
 * limits_certs.c - certificates with much in them, and many of them: anybody may send those, and
 * what he signs with his own key is read before it is known that nobody trusts him.
 *
 * A certificate holds 16 KiB at most; a message 64 of them.
 */
#include "ber.h"
#include "cms.h"
#include "der.h"
#include "limits.h"
#include "smime/seal.h"
#include "support_der.h"

#include <stdio.h>
#include <stdlib.h>

#define CANDIDATES (SMIME_CERTS_MAX - 1)
#define LINKS_MAX  10
#define NAMES_MAX  256

/* Signed by that one; the certificates of the message are those. */
static void
line_of(const char *kind, size_t count, size_t limit, const struct pki_cert *signer,
    struct smime_bytes certificates)
{
	static const int of_signed_data[] = { 0, 1, 0, 3, DER_END };
	struct smime_keyring *ring =
	    pki_keyring((struct pki_cert *[]){ (void *)(uintptr_t)signer, NULL });
	const struct smime_seal how = { .mode = SMIME_MODE_SIGN,
		.opaque = true,
		.now = PKI_NOW,
		.signer = signer->cert,
		.keys = smime_keyring_keys(ring) };
	SMIME_AUTO(smime_mime) mime = NULL;
	SMIME_AUTO(smime_mime) entity = NULL;
	SMIME_AUTO(smime_spool) sealed = NULL;
	SMIME_AUTO(smime_stage) collect = NULL;
	SMIME_AUTO_BUF der = { 0 };
	SMIME_AUTO_BUF set = { 0 };
	SMIME_AUTO_BUF other = { 0 };
	SMIME_AUTO_BUF message = { 0 };
	struct der_edit edit = { .kind = DER_PUT };
	struct smime_bytes view;

	limits_must(smime_mime_scan(smime_bytes_str(FIELDS TEXT), NULL, &mime, NULL));
	limits_must(smime_seal_message(&how, mime, &sealed, NULL));
	limits_must(smime_spool_view(sealed, &view, NULL));
	limits_must(smime_mime_scan(view, NULL, &entity, NULL));
	limits_must(smime_stage_buf_new(&der, 1 << 20, &collect));
	limits_must(smime_part_decode(entity, 0, collect, NULL));
	limits_must(smime_der_tlv(&set, SMIME_BER_CONTEXT_CONS | 0, certificates));
	edit.at = der_find(smime_buf_bytes(&der), of_signed_data);
	edit.with = smime_buf_bytes(&set);
	if (!der_edit(smime_buf_bytes(&der), &edit, &other))
		abort();
	limits_put_object(smime_buf_bytes(&other), &message);
	limits_line(kind, count, limit, smime_buf_bytes(&message));
	smime_keyring_free(&ring);
}

static void
add_to(struct smime_buf *certificates, const struct pki_cert *cert)
{
	struct smime_bytes der = smime_cert_der(cert->cert);

	limits_must(smime_buf_append(certificates, der.data, der.len));
}

/* count mailboxes, the right one last. */
static void
name_mailboxes(size_t count, struct smime_buf *out)
{
	for (size_t i = 1; i < count; i++)
		limits_must(smime_buf_appendf(out, "person%zu@a.example ", i));
	limits_must(smime_buf_appendf(out, "alice@a.example"));
	limits_must(smime_buf_terminate(out));
}

static void
mailboxes(size_t count)
{
	SMIME_AUTO_BUF names = { 0 };
	SMIME_AUTO_BUF der = { 0 };
	struct pki_spec spec = { .name = "Many", .issuer = limits.root };
	struct pki_cert *signer = NULL;

	name_mailboxes(count, &names);
	spec.mailboxes = (char *)names.data;
	pki_make_der(&spec, &der);
	/* Over the limit nobody can be made of it; it stands where the signer's should. */
	if (count <= NAMES_MAX) {
		signer = pki_make(&spec);
		der.len = 0;
		add_to(&der, signer);
	}
	line_of("mailbox", count, NAMES_MAX, signer ? signer : limits.alice, smime_buf_bytes(&der));
	pki_free(&signer);
}

/* That many CAs between the signer and the root. */
static void
links(size_t count)
{
	struct pki_cert *ca[2 * LINKS_MAX], *signer;
	const struct pki_cert *above = limits.root;
	SMIME_AUTO_BUF certificates = { 0 };
	char name[20];

	for (size_t i = 0; i < count; i++) {
		(void)snprintf(name, sizeof name, "CA %zu", i);
		ca[i] = pki_make(&(struct pki_spec){ .name = name, .ca = true, .issuer = above });
		above = ca[i];
		add_to(&certificates, above);
	}
	signer = pki_make(
	    &(struct pki_spec){ .name = "Deep", .mailboxes = "alice@a.example", .issuer = above });
	add_to(&certificates, signer);
	line_of("link", count, LINKS_MAX, signer, smime_buf_bytes(&certificates));
	pki_free(&signer);
	for (size_t i = 0; i < count; i++)
		pki_free(&ca[i]);
}

/* CAs that all bear the name of the signer's, and whose keys did not sign: each is tried. What else
 * they have in them says spec. */
static void
candidates(const char *kind, size_t count, size_t number, struct pki_spec spec)
{
	struct pki_cert *right, *wrong, *signer;
	SMIME_AUTO_BUF names = { 0 };
	SMIME_AUTO_BUF namesake = { 0 };
	SMIME_AUTO_BUF certificates = { 0 };

	name_mailboxes(NAMES_MAX, &names);
	spec.name = "Namesake";
	spec.ca = true;
	right = pki_make(&(struct pki_spec){ .name = spec.name, .ca = true });
	wrong = pki_make(&(struct pki_spec){ .name = spec.name, .ca = true });
	spec.same_key = wrong;
	signer = pki_make(
	    &(struct pki_spec){ .name = "Many", .mailboxes = (char *)names.data, .issuer = right });
	add_to(&certificates, signer);
	/* One for all: whether they differ is not looked at. */
	pki_make_der(&spec, &namesake);
	for (size_t i = 0; i < number; i++)
		limits_must(smime_buf_append(&certificates, namesake.data, namesake.len));
	line_of(
	    kind, count, count == number ? CANDIDATES : 0, signer, smime_buf_bytes(&certificates));
	pki_free(&signer);
	pki_free(&wrong);
	pki_free(&right);
}

static void
namesakes(size_t count)
{
	candidates("namesake", count, count, (struct pki_spec){ 0 });
}

/* ---- one extension with much in it, in every certificate of the message ---- */

static void
constraints(size_t count)
{
	SMIME_AUTO_BUF der = { 0 };

	for (size_t i = 0; i < count; i++) {
		size_t mark = der.len;

		limits_must(smime_der_tlv(&der, 0x81, smime_bytes_str("b.c")));
		limits_must(smime_der_wrap(&der, mark, SMIME_BER_SEQUENCE));
	}
	limits_must(smime_der_wrap(&der, 0, SMIME_BER_CONTEXT_CONS | 1));
	limits_must(smime_der_wrap(&der, 0, SMIME_BER_SEQUENCE));
	candidates("constraint", count, CANDIDATES,
	    (struct pki_spec){
		.extension = "2.5.29.30", .extension_value = smime_buf_bytes(&der) });
}

static void
purposes(size_t count)
{
	SMIME_AUTO_BUF der = { 0 };

	for (size_t i = 0; i < count; i++)
		limits_must(smime_der_oid(&der, "1.2.3"));
	limits_must(smime_der_wrap(&der, 0, SMIME_BER_SEQUENCE));
	candidates("purpose", count, CANDIDATES,
	    (struct pki_spec){ .purpose = "-",
		.extension = "2.5.29.37",
		.extension_value = smime_buf_bytes(&der) });
}

static void
extensions(size_t count)
{
	candidates("extension", count, CANDIDATES,
	    (struct pki_spec){ .extension = "1.2",
		.extension_value = smime_bytes("\x05\x00", 2),
		.extension_count = (unsigned)count });
}

static void
doubled(void (*one)(size_t), size_t from, size_t to)
{
	for (size_t n = from; n <= to; n *= 2)
		one(n);
}

void
limits_certificates(void)
{
	doubled(mailboxes, NAMES_MAX / 8, NAMES_MAX * 2);
	doubled(links, 1, 16);
	doubled(namesakes, 7, 4 * CANDIDATES);
	doubled(constraints, 64, 1024);
	doubled(purposes, 128, 2048);
	doubled(extensions, 32, 1024);
}
