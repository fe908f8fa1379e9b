/* test_cms_compress.c - CompressedData: read, bounded, no protection.  RFC 3274, R-LIM. */
#include "cms.h"
#include "der.h"
#include "support.h"
#include "support_world.h"

#include <stdlib.h>
#include <zlib.h>

#define OK(call) ck_assert_int_eq(call, SMIME_OK)

static void
compress_entity(const char *text, size_t len, const char *more, struct smime_buf *out)
{
	uLongf size = compressBound(len);
	SMIME_AUTO_BUF zipped = { 0 };
	uint8_t *room;

	OK(smime_buf_extend(&zipped, size, &room));
	ck_assert_int_eq(compress(room, &size, (const Bytef *)text, len), Z_OK);
	OK(smime_der_tlv(out, SMIME_BER_OCTET_STRING, smime_bytes(room, size)));
	/* One more piece, behind the end of the stream. */
	if (more) {
		OK(smime_der_tlv(out, SMIME_BER_OCTET_STRING, smime_bytes_str(more)));
		OK(smime_der_wrap(out, 0, SMIME_BER_OCTET_STRING | SMIME_BER_CONSTRUCTED));
	}
	OK(smime_der_wrap(out, 0, SMIME_BER_CONTEXT_CONS | 0));
}

/* CompressedData around that content. */
static void
put_pieces(const char *oid, const char *type, const char *text, size_t len, const char *more,
    struct smime_buf *der)
{
	SMIME_AUTO_BUF content = { 0 };
	SMIME_AUTO_BUF encap = { 0 };
	SMIME_AUTO_BUF data = { 0 };

	compress_entity(text, len, more, &content);
	OK(smime_der_oid(&encap, type));
	OK(smime_buf_append(&encap, content.data, content.len));
	OK(smime_der_wrap(&encap, 0, SMIME_BER_SEQUENCE));
	OK(smime_der_small(&data, 0));
	OK(smime_der_algid(&data, oid, smime_bytes(NULL, 0)));
	OK(smime_buf_append(&data, encap.data, encap.len));
	OK(smime_der_wrap(&data, 0, SMIME_BER_SEQUENCE));
	OK(smime_der_wrap(&data, 0, SMIME_BER_CONTEXT_CONS | 0));
	OK(smime_der_oid(der, SMIME_OID_COMPRESSED));
	OK(smime_buf_append(der, data.data, data.len));
	OK(smime_der_wrap(der, 0, SMIME_BER_SEQUENCE));
}

static void
put_compressed(
    const char *oid, const char *type, const char *text, size_t len, struct smime_buf *der)
{
	put_pieces(oid, type, text, len, NULL, der);
}

#define ZLIB "1.2.840.113549.1.9.16.3.8"

START_TEST(compressed_data_is_inflated_and_is_no_protection)
{
	SMIME_AUTO_BUF der = { 0 };
	SMIME_AUTO_BUF message = { 0 };
	SMIME_AUTO(smime_opened) opened = NULL;

	put_compressed(ZLIB, SMIME_OID_DATA, WORLD_TEXT, strlen(WORLD_TEXT), &der);
	world_put_object(smime_buf_bytes(&der), &message);
	opened = world_open(smime_buf_bytes(&message), false);
	ck_assert_uint_eq(opened->layer_count, 1);
	ck_assert(opened->layers[0].ok);
	ck_assert(!opened->gateway_message && !opened->gateway_verified);
	ck_assert(world_shows(opened, "CANARY"));
}
END_TEST

START_TEST(compressed_data_that_is_wrong_stays)
{
	static const struct {
		const char *oid, *type;
		bool damaged;
		const char *token;
	} cases[] = {
		{ "1.2.3", SMIME_OID_DATA, false, "algorithm" },
		{ ZLIB, SMIME_OID_SIGNED, false, "algorithm" },
		{ ZLIB, SMIME_OID_DATA, true, "malformed" },
	};

	for (int i = 0; i < ROWS(cases); i++) {
		SMIME_AUTO_BUF der = { 0 };
		SMIME_AUTO_BUF message = { 0 };
		SMIME_AUTO(smime_opened) opened = NULL;

		put_compressed(cases[i].oid, cases[i].type, WORLD_TEXT, strlen(WORLD_TEXT), &der);
		der.data[der.len - 1] ^= (uint8_t)cases[i].damaged; /* Adler-32 */
		world_put_object(smime_buf_bytes(&der), &message);
		opened = world_open(smime_buf_bytes(&message), false);
		ck_assert(!opened->layers[0].ok);
		ck_assert_str_eq(opened->layers[0].token, cases[i].token);
		ck_assert_ptr_null(opened->entity);
	}
}
END_TEST

START_TEST(nothing_stands_behind_the_end)
{
	SMIME_AUTO_BUF der = { 0 };
	SMIME_AUTO_BUF message = { 0 };
	SMIME_AUTO(smime_opened) opened = NULL;

	put_pieces(ZLIB, SMIME_OID_DATA, WORLD_TEXT, strlen(WORLD_TEXT), _i ? "more" : "", &der);
	world_put_object(smime_buf_bytes(&der), &message);
	opened = world_open(smime_buf_bytes(&message), false);
	ck_assert_int_eq(opened->layers[0].ok, !_i);
	ck_assert_str_eq(opened->layers[0].token, _i ? "malformed" : "");
}
END_TEST

START_TEST(r_lim_a_bomb_is_not_inflated)
{
	size_t len = 8 << 20;
	char *zeros = calloc(1, len);
	SMIME_AUTO_BUF der = { 0 };
	SMIME_AUTO_BUF message = { 0 };
	SMIME_AUTO(smime_opened) opened = NULL;

	memset(zeros, 'a', len);
	put_compressed(ZLIB, SMIME_OID_DATA, zeros, len, &der);
	free(zeros);
	world_put_object(smime_buf_bytes(&der), &message);
	opened = world_open(smime_buf_bytes(&message), false);
	ck_assert_uint_eq(opened->layer_count, 1);
	ck_assert_str_eq(opened->layers[0].token, "compressed");
	ck_assert_int_eq(opened->layers[0].status, SMIME_E_LIMIT);
	ck_assert_ptr_null(opened->entity);
}
END_TEST
Suite *
test_suite(void)
{
	Suite *suite = suite_create("cms_compress");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_unchecked_fixture(tc, world_start, world_stop);
	tcase_add_test(tc, compressed_data_is_inflated_and_is_no_protection);
	tcase_add_test(tc, compressed_data_that_is_wrong_stays);
	tcase_add_loop_test(tc, nothing_stands_behind_the_end, 0, 2);
	tcase_add_test(tc, r_lim_a_bomb_is_not_inflated);
	return suite;
}
