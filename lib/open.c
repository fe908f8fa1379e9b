/* open.c - take layers off, one after the other, and write down what each of them was worth.
 * DESIGN section 6, RFC 8551 s3, R-DEC-ROOT, R-VER-ROOT.
 *
 * Only the root is looked at, or the root below an opened layer: a CMS object beside other parts
 * stays what it is. What was decrypted is delivered only as a whole MIME entity, alone; which of
 * its fields rise to the message's header is the caller's to say (R-HDR-INNER). Memory: two spools.
 */
#include "mime_internal.h"
#include "open_layer.h"

#include <stdlib.h>

#define MIB    1048576
#define GROWTH 16

/* One entity in hand: the message itself, then what came out of it. */
struct entity {
	struct smime_spool *spool; /* NULL: the message as received */
	struct smime_mime *scanned;
	const struct smime_mime *mime;
};

static void
entity_reset(struct entity *e)
{
	smime_mime_free(&e->scanned);
	smime_spool_free(&e->spool);
	e->mime = NULL;
}

/* Scan what a layer held. SMIME_E_LIMIT and SMIME_E_SYNTAX speak of its content. */
static enum smime_status
entity_from(struct smime_spool **spool, struct entity *out, struct smime_diag *diag)
{
	*out = (struct entity){ .spool = *spool };
	*spool = NULL;
	SMIME_TRY(smime_mime_scan_spool(out->spool, NULL, &out->scanned, diag));
	out->mime = out->scanned;
	return SMIME_OK;
}

struct opening {
	const struct smime_open *open;
	struct smime_opened *out;
	struct entity now;     /* what the next layer is taken from */
	struct entity deliver; /* retain: the entity whose signature stays on; spool NULL: none */
	bool kept;             /* a signed layer stays on */
	const char *from;
	struct smime_spool_conf plain_conf; /* with the limit on what may come out */
	struct smime_diag *diag;
};

static struct smime_layer *
add_layer(struct opening *o, enum smime_layer_type type)
{
	struct smime_layer *layer = &o->out->layers[o->out->layer_count++];

	*layer = (struct smime_layer){ .type = type };
	return layer;
}

/* What an encrypted or compressed layer holds is checked as an entity before it is anything. */
static enum smime_status
open_container(struct opening *o, const struct smime_layer_form *form, bool *go_on)
{
	struct smime_layer *layer = add_layer(o,
	    form->form == SMIME_FORM_COMPRESSED ? SMIME_LAYER_COMPRESSED : SMIME_LAYER_ENCRYPTED);
	SMIME_AUTO(smime_spool) plain = NULL;
	SMIME_AUTO(smime_stage) release = NULL;
	struct entity next = { 0 };
	enum smime_status status;

	*go_on = false;
	SMIME_TRY(smime_spool_new(&o->plain_conf, &plain));
	SMIME_TRY(smime_stage_release_new(form->der, smime_spool_stage(plain), &release));
	SMIME_TRY(smime_layer_decrypt(o->open, form, o->plain_conf.size_max, release, layer));
	if (!layer->ok)
		return SMIME_OK;
	status = entity_from(&plain, &next, o->diag);
	if (status != SMIME_OK || !smime_is_entity(next.mime, layer)) {
		entity_reset(&next);
		smime_layer_not_entity(layer);
		return status == SMIME_E_SYSTEM ? status : SMIME_OK;
	}
	entity_reset(&o->now);
	o->now = next;
	*go_on = true;
	/* A signature around something encrypted was the outer one of a triple wrap: it goes with
	 * that layer. One around something compressed stays on it. */
	if (layer->type == SMIME_LAYER_ENCRYPTED) {
		o->kept = false;
		entity_reset(&o->deliver);
	}
	return SMIME_OK;
}

/* A signature is taken off only where nothing is lost: what begins with no header of a MIME entity
 * (openssl signs any text) could only be delivered without its first lines. */
static bool
removes(const struct opening *o, const struct entity *content)
{
	return o->open->remove_signature &&
	       !(smime_mime_part(content->mime, 0)->flags & SMIME_MIME_BAD_HEADER);
}

/* retain: the signed octets stay as they are, and what is inside is only looked at. */
static enum smime_status
step_into_signed(struct opening *o, struct smime_spool **content)
{
	struct entity next = { 0 };
	enum smime_status status = entity_from(content, &next, o->diag);

	if (status != SMIME_OK) {
		entity_reset(&next);
		return status;
	}
	if (!removes(o, &next) && !o->kept) {
		o->kept = true;
		o->deliver = o->now;
		o->now = (struct entity){ 0 };
	}
	entity_reset(&o->now);
	o->now = next;
	return SMIME_OK;
}

static enum smime_status
open_signed(struct opening *o, const struct smime_layer_form *form, bool *go_on)
{
	struct smime_layer *layer = add_layer(o, SMIME_LAYER_SIGNED);
	SMIME_AUTO(smime_spool) content = NULL;
	SMIME_AUTO(smime_stage) release = NULL;

	*go_on = false;
	SMIME_TRY(smime_spool_new(o->open->spool, &content));
	SMIME_TRY(smime_stage_release_new(
	    form->detached ? o->now.mime->spool : form->der, smime_spool_stage(content), &release));
	SMIME_TRY(smime_layer_verify(
	    o->open, o->now.mime, form, o->from, release, layer, &o->out->certs));
	/* A signature that did not verify is evidence: it is never taken off. What is inside of it
	 * could be anything, and is not opened. */
	*go_on = layer->ok;
	return layer->ok ? step_into_signed(o, &content) : SMIME_OK;
}

static enum smime_status
open_layers(struct opening *o)
{
	bool go_on = true;

	while (go_on) {
		struct smime_layer_form form;
		SMIME_AUTO(smime_spool) der = NULL;

		SMIME_TRY(smime_spool_new(o->open->spool, &der));
		SMIME_TRY(smime_layer_form(o->now.mime, der, &form));
		if (form.form == SMIME_FORM_NONE || form.form == SMIME_FORM_CERTS_ONLY)
			break;
		if (o->out->layer_count == SMIME_LAYERS_MAX) {
			struct smime_layer *last = &o->out->layers[SMIME_LAYERS_MAX - 1];

			smime_layer_fail(
			    last, SMIME_E_LIMIT, "limit", "layers nested over five deep");
			break;
		}
		if (form.form == SMIME_FORM_SIGNED)
			SMIME_TRY(open_signed(o, &form, &go_on));
		else
			SMIME_TRY(open_container(o, &form, &go_on));
	}
	return SMIME_OK;
}

/* Without one From address no signature is believed; that none could be read for want of memory is
 * another matter. */
static enum smime_status
find_from(struct opening *o, const struct smime_mime *mime, struct smime_buf *from)
{
	enum smime_status status = smime_mime_from(mime, from, NULL);

	if (status == SMIME_OK)
		status = smime_buf_terminate(from);
	if (status == SMIME_OK)
		o->from = (const char *)from->data;
	return status == SMIME_E_SYSTEM ? status : SMIME_OK;
}

/* DESIGN section 6: certs-only and compressed-only are no gateway messages. */
static void
judge(struct smime_opened *out, bool weak_verifies)
{
	smime_layers_mark(out->layers, out->layer_count);
	out->gateway_verified = true;
	for (size_t i = 0; i < out->layer_count; i++) {
		out->gateway_message =
		    out->gateway_message || out->layers[i].type != SMIME_LAYER_COMPRESSED;
		out->gateway_verified = out->gateway_verified && out->layers[i].ok &&
					(!out->layers[i].weak || weak_verifies);
	}
	out->gateway_verified = out->gateway_verified && out->gateway_message;
}

enum smime_status
smime_open_message(const struct smime_open *open, const struct smime_mime *mime,
    struct smime_opened **out, struct smime_diag *diag)
{
	static const struct smime_spool_conf defaults = { 0 };
	struct smime_open with_spool = *open;
	SMIME_AUTO(smime_opened) opened = calloc(1, sizeof *opened);
	struct opening o = { .open = &with_spool, .out = opened, .diag = diag };
	SMIME_AUTO_BUF from = { 0 };
	enum smime_status status;

	*out = NULL;
	if (!opened)
		return SMIME_E_SYSTEM;
	if (!open->spool)
		with_spool.spool = &defaults;
	o.plain_conf = *with_spool.spool;
	o.plain_conf.size_max = open->plain_max
				    ? open->plain_max
				    : smime_mime_part(mime, 0)->whole.len * (uint64_t)GROWTH + MIB;
	o.now.mime = mime;
	status = find_from(&o, mime, &from);
	if (status == SMIME_OK)
		status = open_layers(&o);
	if (status == SMIME_OK) {
		judge(opened, open->weak_verifies);
		opened->entity = o.kept ? o.deliver.spool : o.now.spool;
		*(o.kept ? &o.deliver.spool : &o.now.spool) = NULL;
		*out = opened;
		opened = NULL;
	}
	entity_reset(&o.now);
	entity_reset(&o.deliver);
	return status;
}

void
smime_opened_free(struct smime_opened **opened)
{
	struct smime_opened *o = *opened;

	*opened = NULL;
	if (!o)
		return;
	for (size_t i = 0; i < o->layer_count; i++)
		smime_cert_free(&o->layers[i].cert);
	smime_certs_reset(&o->certs);
	smime_spool_free(&o->entity);
	free(o);
}
