/*
 * test_indistinguishable.c - seventeen ways for a decryption to fail, told to a whole gateway: the
 * answer to the MTA, what it has to do, the line in the log and the record are the same for all.
 * R-DEC-MMA, R-DEC-OAEP, RFC 3218.
 */
#include "cms.h"
#include "der.h"
#include "kt_rsa.h"
#include "policy/db.h"
#include "policy/process.h"
#include "support.h"
#include "support_db.h"
#include "support_der.h"
#include "support_gateway.h"
#include "support_world.h"

#include <gnutls/crypto.h>
#include <stdio.h>
#include <stdlib.h>

#define OK(call) ck_assert_int_eq(call, SMIME_OK)

static struct pki_cert *stranger;
static struct policy_store *store;
static struct policy_snapshot *snapshot;
static struct smime_buf record; /* of the last message, as smimectl open --json says it */

static void
setup(void)
{
	struct smime_diag diag = { 0 };
	bool problem;

	world_start();
	stranger = pki_make(&(struct pki_spec){ .name = "stranger", .key = "rsa-2048" });
	db_make();
	OK(policy_db_init(db_path(), NULL));
	db_add_own("bob", world.bob);
	db_run("UPDATE mail_flow_policy SET smime_open = 1");
	ck_assert_msg(
	    policy_store_open(db_path(), NULL, &store, &diag) == SMIME_OK, "%s", diag.text);
	OK(policy_store_current(store, &snapshot, &problem, &diag));
}

static void
teardown(void)
{
	smime_buf_reset(&record);
	policy_snapshot_free(&snapshot);
	policy_store_free(&store);
	db_remove();
	pki_free(&stranger);
	world_stop();
}

/* Policy by the tables; what it made becomes the gateway's. */
static void
judge(const struct policy_message *message, struct policy_outcome *out)
{
	const struct policy_process process = { .snapshot = snapshot, .now = PKI_NOW };
	struct policy_outcome *made = NULL;

	OK(policy_process(&process, (struct policy_message *)(uintptr_t)message, &made, NULL));
	ck_assert_ptr_nonnull(made->opened);
	smime_buf_reset(&record);
	OK(policy_record_opened(made->opened, &record));
	OK(smime_buf_terminate(&record));
	free(out->record);
	*out = *made;
	free(made);
}

/* ---- seventeen causes ---- */

enum {
	KEY_FIRST_OCTET,
	KEY_MIDDLE,
	KEY_LAST_OCTET,
	KEY_ZERO,
	KEY_ONES, /* larger than the modulus */
	KEY_SHORT,
	KEY_LONG,
	KEY_EMPTY,
	KEY_FOR_ANOTHER,
	KEY_OF_ANOTHER_LENGTH,
	KEY_WRONG,
	PADDING,
	BLOCK_BEFORE_LAST,
	IV,
	BLOCK_MISSING,
	OCTET_MISSING,
	CONTENT_EMPTY,
	CAUSES
};

#define AT(...)   der_find(smime_buf_bytes(der), (const int[]){ __VA_ARGS__, DER_END })
#define ENVELOPED 0, 1, 0

static void
replace(struct smime_buf *der, size_t at, uint8_t tag, struct smime_bytes content)
{
	SMIME_AUTO_BUF element = { 0 };
	SMIME_AUTO_BUF out = { 0 };

	ck_assert_uint_ne(at, SIZE_MAX);
	OK(smime_der_tlv(&element, tag, content));
	ck_assert(der_edit(smime_buf_bytes(der),
	    &(struct der_edit){ .kind = DER_PUT, .at = at, .with = smime_buf_bytes(&element) },
	    &out));
	smime_buf_reset(der);
	*der = out;
	out = (struct smime_buf){ 0 };
}

/* Another key, or one for somebody else, in the encrypted key's place. */
static void
put_key(struct smime_buf *der, size_t at, const struct pki_cert *reader, const char *transport,
    size_t len)
{
	SMIME_AUTO_BUF wrapped = { 0 };
	uint8_t cek[32];

	ck_assert_int_eq(gnutls_rnd(GNUTLS_RND_NONCE, cek, sizeof cek), 0);
	OK(smime_kt_wrap(reader->cert, smime_alg_by_name(smime_key_transport_algs, transport),
	    smime_bytes(cek, len), &wrapped, NULL));
	replace(der, at, SMIME_BER_OCTET_STRING, smime_buf_bytes(&wrapped));
}

static void
spoil_key(struct smime_buf *der, int cause, const char *transport)
{
	size_t at = AT(ENVELOPED, 1, 0, -1);
	struct smime_bytes element = der_at(smime_buf_bytes(der), at);
	uint8_t *octets = der->data + (element.data - der->data) + 4;
	uint8_t fixed[257];

	ck_assert_uint_eq(element.len, 260);
	memset(fixed, cause == KEY_ONES ? 0xff : 0, sizeof fixed);
	switch (cause) {
	case KEY_FIRST_OCTET:
		octets[0] ^= 1;
		break;
	case KEY_MIDDLE:
		octets[128] ^= 1;
		break;
	case KEY_LAST_OCTET:
		octets[255] ^= 1;
		break;
	case KEY_ZERO:
	case KEY_ONES:
		memcpy(octets, fixed, 256);
		break;
	case KEY_SHORT:
	case KEY_LONG:
	case KEY_EMPTY:
		replace(der, at, SMIME_BER_OCTET_STRING,
		    smime_bytes(fixed, cause == KEY_SHORT  ? 255
				       : cause == KEY_LONG ? 257
							   : 0));
		break;
	case KEY_FOR_ANOTHER:
		put_key(der, at, stranger, transport, 32);
		break;
	case KEY_OF_ANOTHER_LENGTH:
		put_key(der, at, world.bob, transport, 16);
		break;
	default:
		put_key(der, at, world.bob, transport, 32);
		break;
	}
}

static void
spoil_content(struct smime_buf *der, int cause)
{
	size_t at = AT(ENVELOPED, 2, 2);
	struct smime_bytes element = der_at(smime_buf_bytes(der), at);
	size_t end = (size_t)(element.data - der->data) + element.len;
	size_t len = strlen(WORLD_TEXT) / 16 * 16 + 16;
	struct smime_bytes content = smime_bytes(der->data + end - len, len);
	SMIME_AUTO_BUF cut = { 0 };

	ck_assert_uint_ne(at, SIZE_MAX);
	switch (cause) {
	case PADDING:
		der->data[end - 1] ^= 0x80;
		break;
	case BLOCK_BEFORE_LAST:
		der->data[end - 17] ^= 0x80;
		break;
	case IV: /* the header of the entity becomes noise */
		der->data[end - len - (len > 127 ? 3 : 2) - 1] ^= 0x80;
		break;
	default:
		OK(smime_buf_append(&cut, content.data,
		    cause == BLOCK_MISSING   ? len - 16
		    : cause == OCTET_MISSING ? len - 1
					     : 0));
		replace(der, at, SMIME_BER_CONTEXT | 0, smime_buf_bytes(&cut));
		break;
	}
}

/* ---- the gateway ---- */

/* All that anybody outside or at the log could see, in one text. */
static void
observe(struct smime_bytes der, struct smime_buf *out)
{
	static const char *const recipients[] = { "<bob@b.example>", NULL };
	SMIME_AUTO_BUF message = { 0 };
	struct test_gateway t;
	char *line, *ms, *sent, *body;

	world_put_object(der, &message);
	OK(smime_buf_terminate(&message));
	test_gateway_init(&t, FAKE_POSTFIX, (const char *)message.data, recipients);
	OK(smime_buf_appendf(out, "answer %d\n", (int)test_gateway_run(&t, judge)));
	OK(smime_buf_appendf(out, "reply %s %s %s, quarantine %s, requests %u\n", t.mta.code,
	    t.mta.xcode, t.mta.text, t.mta.quarantine, t.mta.request_count));
	sent = fake_mta_sends(&t.mta);
	body = strstr(sent, "\r\n\r\n");
	ck_assert_ptr_nonnull(body);
	OK(smime_buf_appendf(out, "header %.*s\n", (int)(body - sent), sent));
	free(sent);
	/* Behind the time, and before the milliseconds. */
	line = strstr(test_gateway_log(&t), "4QUEUE1");
	ck_assert_ptr_nonnull(line);
	ms = strstr(line, " ms=");
	ck_assert_ptr_nonnull(ms);
	OK(smime_buf_appendf(out, "log %.*s\n", (int)(ms - line), line));
	OK(smime_buf_appendf(out, "record %s\n", (const char *)record.data));
	OK(smime_buf_terminate(out));
	test_gateway_reset(&t);
}

START_TEST(r_dec_mma_nobody_learns_why)
{
	const char *transport = _i ? "rsa-oaep" : "rsa-pkcs1";
	SMIME_AUTO_BUF good = { 0 };
	SMIME_AUTO_BUF seen = { 0 };
	SMIME_AUTO_BUF first = { 0 };

	world_encrypt((struct pki_cert *[]){ world.bob, NULL }, "aes256-cbc", transport, &good);
	observe(smime_buf_bytes(&good), &seen);
	ck_assert_msg(
	    strstr((const char *)seen.data, "encrypted:ok") != NULL, "%s", (const char *)seen.data);
	for (int cause = 0; cause < CAUSES; cause++) {
		SMIME_AUTO_BUF der = { 0 };
		SMIME_AUTO_BUF now = { 0 };

		OK(smime_buf_append(&der, good.data, good.len));
		if (cause < PADDING)
			spoil_key(&der, cause, transport);
		else
			spoil_content(&der, cause);
		observe(smime_buf_bytes(&der), &now);
		if (cause == 0) {
			OK(smime_buf_append(&first, now.data, now.len + 1));
			ck_assert_ptr_nonnull(
			    strstr((const char *)first.data, "encrypted:decrypt-failed"));
		}
		ck_assert_msg(strcmp((const char *)now.data, (const char *)first.data) == 0,
		    "%s, cause %d:\n%s\nnot\n%s", transport, cause, (const char *)now.data,
		    (const char *)first.data);
	}
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("indistinguishable");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_unchecked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, r_dec_mma_nobody_learns_why, 0, 2);
	return suite;
}
