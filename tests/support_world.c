/* support_world.c - see support_world.h. */
#include "support_world.h"
#include "support.h"

#include "cms.h"
#include <stdlib.h>

#define OK(call) ck_assert_int_eq(call, SMIME_OK)

struct world world;

void
world_start(void)
{
	world.root = pki_make(&(struct pki_spec){ .name = "Root", .ca = true });
	world.alice = pki_make(&(struct pki_spec){
	    .name = "Alice", .mailboxes = "alice@a.example", .issuer = world.root });
	world.bob = pki_make(&(struct pki_spec){
	    .name = "Bob", .mailboxes = "bob@b.example", .key = "rsa-2048", .issuer = world.root });
	world.ring = pki_keyring((struct pki_cert *[]){ world.alice, world.bob, NULL });
	OK(smime_trust_new(&world.trust));
	OK(smime_trust_add_anchor(world.trust, world.root->cert, false, NULL));
	smime_trust_seal(world.trust);
}

void
world_stop(void)
{
	smime_trust_free(&world.trust);
	smime_keyring_free(&world.ring);
	pki_free(&world.bob);
	pki_free(&world.alice);
	pki_free(&world.root);
}

/* ---- making ---- */

void
world_put(struct smime_buf *out, const char *text)
{
	OK(smime_buf_append(out, text, strlen(text)));
}

/* An entity sealed: its MIME fields, blank line and body, appended. */
void
world_seal(enum smime_mode mode, bool opaque, const char *cipher, const char *entity,
    struct smime_buf *out)
{
	struct smime_certs recipients = pki_list((struct pki_cert *[]){ world.bob, NULL });
	const struct smime_seal how = { .mode = mode,
		.opaque = opaque,
		.now = PKI_NOW,
		.signer = world.alice->cert,
		.keys = smime_keyring_keys(world.ring),
		.recipients = &recipients,
		.cipher = cipher ? smime_alg_by_name(smime_content_algs, cipher) : NULL };
	SMIME_AUTO(smime_mime) mime = NULL;
	SMIME_AUTO(smime_spool) sealed = NULL;
	struct smime_bytes view;
	struct smime_diag diag = { 0 };

	OK(smime_mime_scan(smime_bytes_str(entity), NULL, &mime, NULL));
	ck_assert_msg(smime_seal_message(&how, mime, &sealed, &diag) == SMIME_OK, "%s", diag.text);
	OK(smime_spool_view(sealed, &view, NULL));
	OK(smime_buf_append(out, view.data, view.len));
	smime_certs_reset(&recipients);
}

void
world_encrypt(
    struct pki_cert *const *to, const char *cipher, const char *transport, struct smime_buf *der)
{
	struct smime_certs list = pki_list(to);
	const struct smime_cms_recipients recipients = { .certs = &list,
		.cipher = smime_alg_by_name(smime_content_algs, cipher),
		.transport = smime_alg_by_name(smime_key_transport_algs, transport) };
	SMIME_AUTO(smime_spool) content = NULL;
	SMIME_AUTO(smime_stage) collect = NULL;

	OK(smime_spool_new(NULL, &content));
	OK(smime_spool_write(content, WORLD_TEXT, strlen(WORLD_TEXT)));
	OK(smime_stage_buf_new(der, 1 << 20, &collect));
	OK(smime_cms_encrypt(&recipients, content, collect, NULL));
	smime_certs_reset(&list);
}

void
world_put_base64(struct smime_buf *out, struct smime_bytes in)
{
	SMIME_AUTO(smime_stage) collect = NULL;
	SMIME_AUTO(smime_stage) base64 = NULL;

	OK(smime_stage_buf_new(out, 1 << 22, &collect));
	OK(smime_stage_base64_new(collect, &base64));
	OK(smime_push_bytes(base64, in));
	OK(smime_finish(base64));
}

/* A message whose root is that CMS object. */
void
world_put_object(struct smime_bytes der, struct smime_buf *out)
{
	world_put(out, WORLD_FIELDS
	    "Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n");
	world_put_base64(out, der);
}

/* The CMS object of a sealed entity. */
void
world_object_of(struct smime_bytes entity, struct smime_buf *der)
{
	SMIME_AUTO(smime_mime) mime = NULL;
	SMIME_AUTO(smime_stage) collect = NULL;

	OK(smime_mime_scan(entity, NULL, &mime, NULL));
	OK(smime_stage_buf_new(der, 1 << 22, &collect));
	OK(smime_part_decode(mime, 0, collect, NULL));
}

/* ---- opening ---- */

struct smime_opened *
world_open(struct smime_bytes message, bool remove_signature)
{
	const struct smime_open how = { .keys = smime_keyring_keys(world.ring),
		.trust = world.trust,
		.now = PKI_NOW,
		.weak_verifies = world.weak_verifies,
		.remove_signature = remove_signature };
	SMIME_AUTO(smime_mime) mime = NULL;
	struct smime_opened *opened = NULL;

	OK(smime_mime_scan(message, NULL, &mime, NULL));
	OK(smime_open_message(&how, mime, &opened, NULL));
	return opened;
}

bool
world_shows(const struct smime_opened *opened, const char *text)
{
	struct smime_bytes view;

	if (!opened->entity)
		return false;
	OK(smime_spool_view(opened->entity, &view, NULL));
	return memmem(view.data, view.len, text, strlen(text)) != NULL;
}
