/* support_captured.c - see support_captured.h. */
#include "support_captured.h"

#include "cms.h"
#include "policy/seen.h"
#include "support.h"

#include <gnutls/crypto.h>
#include <stdio.h>

#define OK(call) ck_assert_int_eq(call, SMIME_OK)

struct captured captured;

static const char *const key_names[KEYS] = { "rsa-2048", "p-256", "x25519" };

void
captured_certificates(void)
{
	world_start();
	for (int i = 0; i < KEYS; i++)
		captured.own[i] = pki_make(&(struct pki_spec){ .name = key_names[i],
		    .mailboxes = "bob@b.example",
		    .key = key_names[i],
		    .issuer = world.root });
}

void
captured_free(void)
{
	for (int i = 0; i < KEYS; i++)
		pki_free(&captured.own[i]);
	world_stop();
}

static void
tell(void *arg, bool alert, const char *text)
{
	(void)arg;
	(void)alert;
	(void)text;
}

static void
open_all(void)
{
	OK(policy_seen_keys_open(db_path(), &captured.seen, NULL));
	OK(policy_harvester_new(db_path(), tell, NULL, &captured.harvester, NULL));
}

static void
close_all(void)
{
	policy_harvester_free(&captured.harvester);
	policy_seen_keys_free(&captured.seen);
}

void
captured_write(void)
{
	policy_harvester_free(&captured.harvester);
	OK(policy_harvester_new(db_path(), tell, NULL, &captured.harvester, NULL));
}

void
captured_restart(void)
{
	close_all();
	open_all();
}

void
captured_start(void)
{
	site_make();
	for (int i = 0; i < KEYS; i++)
		db_add_own(key_names[i], captured.own[i]);
	db_run("UPDATE mail_flow_policy SET smime_open = 1");
	site_compile();
	open_all();
	captured.now = PKI_NOW;
}

void
captured_stop(void)
{
	close_all();
	site_remove();
}

/* ---- making and arriving ---- */

const char *
captured_arrive(const struct smime_buf *der)
{
	const struct policy_process process = {
		.snapshot = site.snapshot, .now = captured.now, .seen = captured.seen
	};
	static char verdict[64];
	const struct smime_opened *opened;
	SMIME_AUTO_BUF message = { 0 };

	world_put_object(smime_buf_bytes(der), &message);
	site_message("alice@a.example", message.data, message.len);
	site_recipients("bob@b.example");
	policy_outcome_free(&site.outcome);
	OK(policy_process(&process, site.message, &site.outcome, NULL));
	opened = site.outcome->opened;
	ck_assert_uint_eq(opened->layer_count, 1);
	(void)snprintf(
	    verdict, sizeof verdict, "%s", opened->layers[0].ok ? "ok" : opened->layers[0].token);
	policy_harvester_push(captured.harvester, &site.outcome->after);
	return verdict;
}

void
captured_refused(const struct smime_buf *der)
{
	const struct smime_layer *layer;

	ck_assert_str_eq(captured_arrive(der), "replayed-key");
	layer = &site.outcome->opened->layers[0];
	ck_assert_int_eq(layer->status, SMIME_E_UNTRUSTED);
	ck_assert_ptr_nonnull(strstr(layer->reason, "came before"));
	ck_assert_str_ne(layer->fingerprint, "");
	ck_assert(site.outcome->opened->gateway_message);
	ck_assert(!site.outcome->opened->gateway_verified);
	ck_assert_ptr_null(site.outcome->opened->entity);
	ck_assert_int_eq(site.outcome->reply, POLICY_REPLY_ACCEPT);
	ck_assert_uint_eq(site.outcome->copy_count, 1);
	ck_assert_ptr_null(site.outcome->copies[0].entity);
	ck_assert(!site.outcome->copies[0].decrypted);
	ck_assert_ptr_nonnull(strstr(site.outcome->record, "encrypted:replayed-key:"));
}

void
captured_rows(const char *count)
{
	captured_restart();
	ck_assert_str_eq(db_query("SELECT count(*) FROM seen_key"), count);
}

/* ---- editing ---- */

struct smime_bytes
captured_element(const struct smime_buf *der, const int *path)
{
	size_t at = der_find(smime_buf_bytes(der), path);

	ck_assert_uint_ne(at, SIZE_MAX);
	return der_at(smime_buf_bytes(der), at);
}

struct smime_bytes
captured_content(struct smime_bytes whole)
{
	struct smime_tlv tlv;

	OK(smime_ber_read(&whole, &tlv));
	return tlv.content;
}

void
captured_edit(
    struct smime_buf *der, const int *path, enum der_edit_kind kind, struct smime_bytes with)
{
	struct der_edit e = {
		.kind = kind, .at = der_find(smime_buf_bytes(der), path), .with = with
	};
	SMIME_AUTO_BUF out = { 0 };

	ck_assert_uint_ne(e.at, SIZE_MAX);
	ck_assert(der_edit(smime_buf_bytes(der), &e, &out));
	smime_buf_reset(der);
	*der = out;
	out = (struct smime_buf){ 0 };
}

void
captured_put(struct smime_buf *der, const int *path, uint8_t tag, struct smime_bytes content)
{
	SMIME_AUTO_BUF with = { 0 };

	OK(smime_der_tlv(&with, tag, content));
	captured_edit(der, path, DER_PUT, smime_buf_bytes(&with));
}

void
captured_put_oid(struct smime_buf *der, const int *path, const char *oid)
{
	SMIME_AUTO_BUF with = { 0 };

	OK(smime_der_oid(&with, oid));
	captured_edit(der, path, DER_PUT, smime_buf_bytes(&with));
}

void
captured_other_ciphertext(struct smime_buf *der)
{
	uint8_t octets[96];

	ck_assert_int_eq(gnutls_rnd(GNUTLS_RND_NONCE, octets, sizeof octets), 0);
	captured_put(
	    der, PATH(ENVELOPED, 2, 2), SMIME_BER_CONTEXT | 0, smime_bytes(octets, sizeof octets));
}

void
captured_splice(struct smime_buf *der)
{
	struct smime_bytes old = captured_content(captured_element(der, PATH(ENVELOPED, 2, 2)));
	SMIME_AUTO_BUF octets = { 0 };

	OK(smime_buf_append(&octets, old.data, 32));
	OK(smime_buf_append(&octets, old.data, old.len));
	captured_put(der, PATH(ENVELOPED, 2, 2), SMIME_BER_CONTEXT | 0, smime_buf_bytes(&octets));
}
