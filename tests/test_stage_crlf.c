/* test_stage_crlf.c - every line end becomes CR LF, wherever the input is cut. */
#include "support.h"
#include "support_stage.h"

static const struct stage_vector vectors[] = {
	{ "", 0, "", 0 },
	{ "a\nb\n", 0, "a\r\nb\r\n", 0 },
	{ "a\r\nb\r\n", 0, "a\r\nb\r\n", 0 },
	{ "\n\n\r\n", 0, "\r\n\r\n\r\n", 0 },
	{ "a\rb\r\r\nc\n", 0, "a\rb\r\r\nc\r\n", 0 },
	{ "no end", 0, "no end", 0 },
	{ "cr at the end\r", 0, "cr at the end\r", 0 },
	{ "\0\n\0", 3, "\0\r\n\0", 4 },
};

START_TEST(same_octets_for_every_split)
{
	check_stage(smime_stage_crlf_new, &vectors[_i]);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("stage_crlf");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, same_octets_for_every_split, 0, ROWS(vectors));
	suite_add_tcase(suite, tc);
	return suite;
}
