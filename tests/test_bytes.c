/* test_bytes.c - views compare as octets; buffers grow, format, and wipe when secret. */
#include "smime/bytes.h"
#include "support.h"

START_TEST(slices_are_cut_to_the_view)
{
	struct smime_bytes b = smime_bytes_str("abcdef");

	ck_assert(smime_bytes_equal(smime_bytes_slice(b, 1, 3), smime_bytes_str("bc")));
	ck_assert(smime_bytes_equal(smime_bytes_slice(b, 4, 99), smime_bytes_str("ef")));
	ck_assert_uint_eq(smime_bytes_slice(b, 6, 9).len, 0);
	ck_assert_uint_eq(smime_bytes_slice(b, 3, 1).len, 0);
}
END_TEST

START_TEST(only_ascii_letters_fold)
{
	ck_assert(smime_bytes_is(smime_bytes_str("Content-TYPE"), "content-type"));
	ck_assert(!smime_bytes_is(smime_bytes_str("a[b"), "a{b"));
	ck_assert(!smime_bytes_is(smime_bytes_str("\xC3\x84"), "\xC3\xA4"));
	ck_assert(!smime_bytes_is(smime_bytes("a\0b", 3), "a"));
}
END_TEST

START_TEST(a_buffer_grows_by_every_kind_of_append)
{
	SMIME_AUTO_BUF buf = { 0 };
	uint8_t *room;

	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(smime_buf_appendf(&buf, "%03d", i), SMIME_OK);
	ck_assert_uint_eq(buf.len, 3000);
	ck_assert_mem_eq(buf.data + 2997, "999", 3);
	ck_assert_int_eq(smime_buf_extend(&buf, 2, &room), SMIME_OK);
	memcpy(room, "xy", 2);
	ck_assert_int_eq(smime_buf_terminate(&buf), SMIME_OK);
	ck_assert_str_eq((char *)buf.data + 3000, "xy");
}
END_TEST

START_TEST(a_secret_buffer_keeps_its_content_when_it_moves)
{
	SMIME_AUTO_BUF buf = { .secret = true };

	for (int i = 0; i < 500; i++)
		ck_assert_int_eq(smime_buf_append(&buf, "k", 1), SMIME_OK);
	for (int i = 0; i < 500; i++)
		ck_assert_uint_eq(buf.data[i], 'k');
	smime_buf_reset(&buf);
	ck_assert_ptr_null(buf.data);
	ck_assert(buf.secret);
}
END_TEST

START_TEST(a_length_that_cannot_be_is_refused)
{
	SMIME_AUTO_BUF buf = { 0 };
	uint8_t *room;

	ck_assert_int_eq(smime_buf_extend(&buf, SIZE_MAX - 3, &room), SMIME_E_SYSTEM);
	ck_assert_uint_eq(buf.len, 0);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("bytes");
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, slices_are_cut_to_the_view);
	tcase_add_test(tc, only_ascii_letters_fold);
	tcase_add_test(tc, a_buffer_grows_by_every_kind_of_append);
	tcase_add_test(tc, a_secret_buffer_keeps_its_content_when_it_moves);
	tcase_add_test(tc, a_length_that_cannot_be_is_refused);
	suite_add_tcase(suite, tc);
	return suite;
}
