/* test_stage_eol.c - no line end but CR LF comes out. */
#include "stage_eol.h"
#include "support.h"
#include "support_stage.h"

/* Pitfall 4: a bare CR would go out bare. */
static const struct stage_vector vectors[] = {
	{ .in = "", .want = "" },
	{ .in = "a\r\nb\r\n", .want = "a\r\nb\r\n" },
	{ .in = "a\nb\n", .want = "a\r\nb\r\n" },
	{ .in = "a\rb", .want = "a\r\nb\r\n" },
	{ .in = "a\r\r\nb\r\n", .want = "a\r\n\r\nb\r\n" },
	{ .in = "a\n\r\nb", .want = "a\r\n\r\nb\r\n" },
	{ .in = "\n\r", .want = "\r\n\r\n" },
	{ .in = "a\r\n.\rb\n.\n", .want = "a\r\n.\r\nb\r\n.\r\n" },
	{ .in = "nul\0\rx", .in_len = 6, .want = "nul\0\r\nx\r\n", .want_len = 9 },
	{ .in = "\r\n", .want = "\r\n" },
};

START_TEST(pitfall_4_every_line_end_becomes_cr_lf)
{
	check_stage(gateway_stage_eol_new, &vectors[_i]);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("stage_eol");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, pitfall_4_every_line_end_becomes_cr_lf, 0, ROWS(vectors));
	suite_add_tcase(suite, tc);
	return suite;
}
