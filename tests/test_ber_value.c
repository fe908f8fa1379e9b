/* test_ber_value.c - values out of BER: what stands at the edge of a type, and what is none of it.
 */
#include "ber.h"
#include "support.h"
#include "support_hex.h"

#define OK(call) ck_assert_int_eq(call, SMIME_OK)

/* ---- object identifiers ---- */

static const struct {
	const char *der, *text; /* NULL: refused */
} oids[] = {
	{ "0600", NULL },
	{ "0601 00", "0.0" },
	{ "0601 27", "0.39" },
	{ "0601 28", "1.0" },
	{ "0601 4F", "1.39" },
	{ "0601 50", "2.0" },
	{ "0602 8837", "2.999" },
	{ "0602 2A00", "1.2.0" },
	{ "0606 2A 8FFFFFFF7F", "1.2.4294967295" },
	{ "060A 2A FFFFFFFFFFFFFFFF7F", "1.2.9223372036854775807" },
	{ "060B 2A 81808080808080808000", NULL }, /* 2 to the 63rd */
	{ "060B 2A FFFFFFFFFFFFFFFFFF7F", NULL },
	{ "0601 80", NULL },     /* an arc that does not end */
	{ "0602 2A80", NULL },   /* ... */
	{ "0603 2A8001", NULL }, /* an arc that begins with nothing */
	{ "0603 802A01", NULL }, /* ... the first one */
	{ "0604 2A82FF01", "1.2.49025" },
	{ "0602 2A", NULL },
	{ "2604 0602 2A03", NULL }, /* constructed */
	{ "0201 2A", NULL },
};

START_TEST(an_object_identifier)
{
	const struct hex der = hex(oids[_i].der);
	struct smime_bytes in = hex_bytes(&der);
	char text[SMIME_OID_SIZE] = "";
	enum smime_status status = smime_ber_oid(&in, text);

	ck_assert_int_eq(status, oids[_i].text ? SMIME_OK : SMIME_E_SYNTAX);
	if (oids[_i].text)
		ck_assert_str_eq(text, oids[_i].text);
}
END_TEST

/* What does not fit SMIME_OID_SIZE is not cut: a shorter one is another algorithm. */
START_TEST(an_object_identifier_is_whole_or_refused)
{
	for (size_t arcs = 60; arcs < 70; arcs++) {
		uint8_t der[80] = { SMIME_BER_OID, (uint8_t)(arcs + 1), 0x2A };
		struct smime_bytes in = smime_bytes(der, arcs + 3);
		char text[SMIME_OID_SIZE];

		memset(der + 3, 1, arcs);
		ck_assert_int_eq(smime_ber_oid(&in, text),
		    3 + 2 * arcs < SMIME_OID_SIZE ? SMIME_OK : SMIME_E_LIMIT);
		ck_assert(3 + 2 * arcs >= SMIME_OID_SIZE || strlen(text) == 3 + 2 * arcs);
	}
}
END_TEST

/* ---- integers ---- */

static const struct {
	const char *der;
	int64_t value; /* -1: refused */
} numbers[] = {
	{ "0201 00", 0 },
	{ "0201 7F", 127 },
	{ "0202 0080", 128 },
	{ "0204 7FFFFFFF", 2147483647 },
	{ "0205 0080000000", -1 }, /* over 31 bits: not small */
	{ "0201 80", -1 },
	{ "0204 FFFFFFFF", -1 },
	{ "0200", -1 },
	{ "0401 00", -1 },
	{ "0202 00", -1 },
};

START_TEST(a_small_number)
{
	const struct hex der = hex(numbers[_i].der);
	struct smime_bytes in = hex_bytes(&der);
	uint32_t value = 0;

	ck_assert_int_eq(
	    smime_ber_small(&in, &value), numbers[_i].value >= 0 ? SMIME_OK : SMIME_E_SYNTAX);
	if (numbers[_i].value >= 0)
		ck_assert_int_eq(value, numbers[_i].value);
}
END_TEST

/* ---- algorithm identifiers ---- */

static const struct {
	const char *der;
	enum smime_status status;
	size_t parameters;
} algids[] = {
	{ "3003 0601 2A", SMIME_OK, 0 },
	{ "3005 0601 2A 0500", SMIME_OK, 2 },
	{ "3080 0601 2A 0500 0000", SMIME_OK, 2 },
	{ "3080 0601 2A 3080 0000 0000", SMIME_OK, 4 },
	{ "3000", SMIME_E_SYNTAX, 0 },
	{ "3002 0500", SMIME_E_SYNTAX, 0 },
	{ "3006 0601 2A 0501 00", SMIME_E_SYNTAX, 0 },   /* a NULL that holds something */
	{ "3007 0601 2A 0500 0500", SMIME_E_SYNTAX, 0 }, /* two parameters */
	{ "3005 0601 2A 0401", SMIME_E_SYNTAX, 0 },      /* half a parameter */
	{ "3103 0601 2A", SMIME_E_SYNTAX, 0 },
};

START_TEST(an_algorithm_identifier)
{
	const struct hex der = hex(algids[_i].der);
	struct smime_bytes in = hex_bytes(&der);
	struct smime_algid alg;

	ck_assert_int_eq(smime_ber_algid(&in, &alg), algids[_i].status);
	if (algids[_i].status != SMIME_OK)
		return;
	ck_assert_str_eq(alg.oid, "1.2");
	ck_assert_uint_eq(alg.parameters.len, algids[_i].parameters);
	ck_assert_uint_eq(alg.whole.len, der.len);
	ck_assert_uint_eq(in.len, 0);
}
END_TEST

/* ---- times ---- */

#define UTC     "\x17\x0d"
#define GENERAL "\x18\x0f"
#define NONE    INT64_MIN

static const struct {
	const char *der;
	int64_t seconds; /* NONE: refused */
} times[] = {
	{ UTC "500101000000Z", -631152000 }, /* RFC 5280 s4.1.2.5.1: 50 is 1950, 49 is 2049 */
	{ UTC "491231235959Z", 2524607999 },
	{ UTC "700101000000Z", 0 },
	{ UTC "000229000000Z", 951782400 },
	{ UTC "240229235959Z", 1709251199 },
	{ UTC "161231235960Z", 1483228800 }, /* a leap second */
	{ GENERAL "20000229000000Z", 951782400 },
	{ GENERAL "21000301000000Z", 4107542400 },
	{ GENERAL "99991231235959Z", 253402300799 },
	{ GENERAL "19491231235959Z", NONE },
	{ UTC "701301000000Z", NONE },
	{ UTC "700001000000Z", NONE },
	{ UTC "700100000000Z", NONE },
	{ UTC "700132000000Z", NONE },
	{ UTC "230229000000Z", NONE }, /* days that those months do not have */
	{ UTC "240230000000Z", NONE },
	{ UTC "240431000000Z", NONE },
	{ GENERAL "21000229000000Z", NONE },
	{ UTC "700101240000Z", NONE },
	{ UTC "700101006000Z", NONE },
	{ UTC "700101000061Z", NONE },
	{ UTC "7x0101000000Z", NONE },
	{ UTC "70010100000xZ", NONE },
	{ GENERAL "20x00101000000Z", NONE },
	{ UTC "7001010000000", NONE },
	{ "\x17\x0b"
	  "7001010000Z",
	    NONE }, /* no seconds */
	{ "\x17\x11"
	  "700101000000+0100",
	    NONE }, /* another zone */
	{ "\x18\x11"
	  "20500101000000.5Z",
	    NONE }, /* fractions */
	{ "\x18\x0d"
	  "700101000000Z",
	    NONE }, /* a UTCTime with the other's tag */
	{ "\x04\x0d"
	  "700101000000Z",
	    NONE },
};

START_TEST(a_time)
{
	struct smime_bytes in = smime_bytes_str(times[_i].der);
	int64_t seconds = NONE;
	enum smime_status status = smime_ber_time(&in, &seconds);

	ck_assert_msg(status == (times[_i].seconds == NONE ? SMIME_E_SYNTAX : SMIME_OK), "%s",
	    times[_i].der + 2);
	ck_assert_int_eq(seconds, times[_i].seconds);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("ber_value");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, an_object_identifier, 0, ROWS(oids));
	tcase_add_test(tc, an_object_identifier_is_whole_or_refused);
	tcase_add_loop_test(tc, a_small_number, 0, ROWS(numbers));
	tcase_add_loop_test(tc, an_algorithm_identifier, 0, ROWS(algids));
	tcase_add_loop_test(tc, a_time, 0, ROWS(times));
	return suite;
}
