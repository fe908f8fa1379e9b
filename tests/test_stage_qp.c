/* test_stage_qp.c - text survives: blanks, dots, From_, long lines, 8-bit; and reads back the same.
 */
#include "support.h"
#include "support_stage.h"

#define A25 "aaaaaaaaaaaaaaaaaaaaaaaaa"

static const struct stage_vector vectors[] = {
	{ "", 0, "", 0 },
	{ "plain\r\ntext\r\n", 0, "plain\r\ntext\r\n", 0 },
	{ "1+1=2", 0, "1+1=3D2", 0 },
	{ "Gr\xc3\xbc\xc3\x9f"
	  "e\r\n",
	    0, "Gr=C3=BC=C3=9Fe\r\n", 0 },
	{ "blank \r\ntab\t\r\nend ", 0, "blank=20\r\ntab=09\r\nend=20", 0 },
	{ " a b\r\n", 0, " a b\r\n", 0 },
	{ "From me\r\nFrom\r\nxFrom y\r\n", 0, "=46rom me\r\nFrom\r\nxFrom y\r\n", 0 },
	{ "From \r\n", 0, "=46rom=20\r\n", 0 },
	{ "--\r\n-- \r\n-a--\r\n---\r\n-", 0, "=2D-\r\n=2D-=20\r\n-a--\r\n=2D--\r\n-", 0 },
	{ A25 A25 A25 "--b", 0, A25 A25 A25 "=\r\n=2D-b", 0 },
	{ ".\r\n..\r\n.a\r\n.", 0, "=2E\r\n..\r\n.a\r\n=2E", 0 },
	{ "a\rb\nc\r", 0, "a=0Db=0Ac=0D", 0 },
	{ "\0", 1, "=00", 0 },
	{ A25 A25 A25, 0, A25 A25 A25, 0 },
	{ A25 A25 A25 "b", 0, A25 A25 A25 "=\r\nb", 0 },
	{ A25 A25 A25 " \r\n", 0, A25 A25 A25 "=\r\n=20\r\n", 0 },
	{ A25 A25 "aaaaaaaaaaaaaaaaaaaaaaa\xc3\r\n", 0,
	    A25 A25 "aaaaaaaaaaaaaaaaaaaaaaa=\r\n=C3\r\n", 0 },
	{ A25 A25 "aaaaaaaaaaaaaaaaaaaaaaaa \r\n", 0,
	    A25 A25 "aaaaaaaaaaaaaaaaaaaaaaaa=\r\n=20\r\n", 0 },
};

START_TEST(same_octets_for_every_split)
{
	check_stage(smime_stage_qp_new, &vectors[_i]);
}
END_TEST

START_TEST(it_reads_back_the_same)
{
	struct smime_bytes in = smime_bytes(
	    vectors[_i].in, vectors[_i].in_len ? vectors[_i].in_len : strlen(vectors[_i].in));
	SMIME_AUTO_BUF text = { 0 };
	SMIME_AUTO_BUF back = { 0 };

	ck_assert_int_eq(run_stage(smime_stage_qp_new, in, &text), SMIME_OK);
	ck_assert_int_eq(run_stage(smime_stage_unqp_new, smime_buf_bytes(&text), &back), SMIME_OK);
	ck_assert(smime_bytes_equal(smime_buf_bytes(&back), in));
}
END_TEST

/* RFC 2045 s6.7 rule 5: no line over 76 characters. */
START_TEST(no_line_is_too_long)
{
	SMIME_AUTO_BUF in = { 0 };
	SMIME_AUTO_BUF text = { 0 };
	size_t column = 0;

	for (unsigned i = 0; i < 5000; i++)
		ck_assert_int_eq(smime_buf_appendf(&in, "%c", (int)(i * i % 255 + 1)), SMIME_OK);
	ck_assert_int_eq(run_stage(smime_stage_qp_new, smime_buf_bytes(&in), &text), SMIME_OK);
	for (size_t i = 0; i < text.len; i++) {
		column = text.data[i] == '\n' ? 0 : column + 1;
		ck_assert_uint_le(column, 76 + 1);
	}
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("stage_qp");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, same_octets_for_every_split, 0, ROWS(vectors));
	tcase_add_loop_test(tc, it_reads_back_the_same, 0, ROWS(vectors));
	tcase_add_test(tc, no_line_is_too_long);
	suite_add_tcase(suite, tc);
	return suite;
}
