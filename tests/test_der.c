/* test_der.c - what is written is DER, and the reader reads it back. */
#include "ber.h"
#include "der.h"
#include "support.h"

static const char *const oids[] = { "1.2.840.113549.1.7.2", "2.16.840.1.101.3.4.2.1",
	"1.3.132.1.11.1", "2.5.29.17", "0.9.2342.19200300.100.1.25", "2.999.1",
	"1.3.6.1.4.1.4294967296" };

START_TEST(oids_come_back)
{
	SMIME_AUTO_BUF buf = { 0 };
	struct smime_bytes in;
	char text[SMIME_OID_SIZE];

	ck_assert_int_eq(smime_der_oid(&buf, oids[_i]), SMIME_OK);
	in = smime_buf_bytes(&buf);
	ck_assert_int_eq(smime_ber_oid(&in, text), SMIME_OK);
	ck_assert_str_eq(text, oids[_i]);
}
END_TEST

START_TEST(integers_come_back)
{
	static const uint32_t values[] = { 0, 1, 127, 128, 255, 256, 65535, 0x7fffffff };

	for (int i = 0; i < ROWS(values); i++) {
		SMIME_AUTO_BUF buf = { 0 };
		struct smime_bytes in;
		uint32_t value;

		ck_assert_int_eq(smime_der_small(&buf, values[i]), SMIME_OK);
		in = smime_buf_bytes(&buf);
		ck_assert_int_eq(smime_ber_small(&in, &value), SMIME_OK);
		ck_assert_uint_eq(value, values[i]);
	}
}
END_TEST

static const struct {
	int64_t seconds;
	const char *text;
} times[] = { { 0, "\x17\x0d"
		   "700101000000Z" },
	{ 1798761599, "\x17\x0d"
		      "261231235959Z" },
	{ 951782400, "\x17\x0d"
		     "000229000000Z" },
	{ 2524607999, "\x17\x0d"
		      "491231235959Z" },
	{ 2524608000, "\x18\x0f"
		      "20500101000000Z" },
	{ 4107542400, "\x18\x0f"
		      "21000301000000Z" } };

START_TEST(times_come_back)
{
	SMIME_AUTO_BUF buf = { 0 };
	struct smime_bytes in;
	int64_t seconds;

	ck_assert_int_eq(smime_der_time(&buf, times[_i].seconds), SMIME_OK);
	in = smime_buf_bytes(&buf);
	ck_assert(smime_bytes_equal(in, smime_bytes_str(times[_i].text)));
	ck_assert_int_eq(smime_ber_time(&in, &seconds), SMIME_OK);
	ck_assert_int_eq(seconds, times[_i].seconds);
}
END_TEST

START_TEST(times_have_an_end)
{
	SMIME_AUTO_BUF buf = { 0 };

	ck_assert_int_eq(smime_der_time(&buf, INT64_MAX), SMIME_E_SYSTEM);
	ck_assert_uint_eq(buf.len, 0);
}
END_TEST

START_TEST(lengths_are_minimal)
{
	static const struct {
		size_t len, header;
	} rows[] = { { 0, 2 }, { 127, 2 }, { 128, 3 }, { 255, 3 }, { 256, 4 }, { 65536, 5 } };

	for (int i = 0; i < ROWS(rows); i++) {
		SMIME_AUTO_BUF buf = { 0 };
		struct smime_bytes in;
		struct smime_tlv tlv;
		uint8_t *room;

		ck_assert_int_eq(smime_buf_extend(&buf, rows[i].len, &room), SMIME_OK);
		memset(room, 'x', rows[i].len);
		ck_assert_int_eq(smime_der_wrap(&buf, 0, SMIME_BER_OCTET_STRING), SMIME_OK);
		ck_assert_uint_eq(buf.len, rows[i].len + rows[i].header);
		in = smime_buf_bytes(&buf);
		ck_assert_int_eq(smime_ber_read(&in, &tlv), SMIME_OK);
		ck_assert_uint_eq(tlv.content.len, rows[i].len);
	}
}
END_TEST

START_TEST(sets_are_sorted)
{
	SMIME_AUTO_BUF buf = { 0 };

	ck_assert_int_eq(
	    smime_buf_append(&buf, "\x04\x02zz\x02\x01\x05\x04\x01z\x02\x01\x03", 13), SMIME_OK);
	ck_assert_int_eq(smime_der_wrap_set_of(&buf, 0, SMIME_BER_SET), SMIME_OK);
	ck_assert(smime_bytes_equal(smime_buf_bytes(&buf),
	    smime_bytes("\x31\x0d\x02\x01\x03\x02\x01\x05\x04\x01z\x04\x02zz", 15)));
}
END_TEST

START_TEST(algorithm_identifiers_come_back)
{
	SMIME_AUTO_BUF buf = { 0 };
	struct smime_bytes in;
	struct smime_algid alg;

	ck_assert_int_eq(smime_der_algid(&buf, oids[0], smime_der_null_bytes), SMIME_OK);
	ck_assert_int_eq(smime_der_algid(&buf, oids[1], smime_bytes(NULL, 0)), SMIME_OK);
	in = smime_buf_bytes(&buf);
	ck_assert_int_eq(smime_ber_algid(&in, &alg), SMIME_OK);
	ck_assert_str_eq(alg.oid, oids[0]);
	ck_assert(smime_bytes_equal(alg.parameters, smime_der_null_bytes));
	ck_assert_int_eq(smime_ber_algid(&in, &alg), SMIME_OK);
	ck_assert_uint_eq(alg.parameters.len, 0);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("der");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, oids_come_back, 0, ROWS(oids));
	tcase_add_test(tc, integers_come_back);
	tcase_add_loop_test(tc, times_come_back, 0, ROWS(times));
	tcase_add_test(tc, times_have_an_end);
	tcase_add_test(tc, lengths_are_minimal);
	tcase_add_test(tc, sets_are_sorted);
	tcase_add_test(tc, algorithm_identifiers_come_back);
	suite_add_tcase(suite, tc);
	return suite;
}
