/* test_stage_unbase64.c - what mail really holds: odd line lengths, blanks, missing padding,
 * trailing text. */
#include "support.h"
#include "support_stage.h"

static enum smime_status
strict(struct smime_stage *next, struct smime_stage **out)
{
	return smime_stage_unbase64_new(true, next, out);
}

static enum smime_status
lenient(struct smime_stage *next, struct smime_stage **out)
{
	return smime_stage_unbase64_new(false, next, out);
}

static const struct stage_vector good[] = {
	{ "", 0, "", 0 },
	{ "Zm9vYmFy\r\n", 0, "foobar", 0 },
	{ "Z m\t9\r\nv!YmFy", 0, "foobar", 0 },
	{ "Zg==\r\n", 0, "f", 0 },
	{ "Zm8=\r\n\r\n", 0, "fo", 0 },
	{ "Z\r\ng\r\n=\r\n=\r\n", 0, "f", 0 },
	{ "//79AA==", 0, "\xff\xfe\xfd\x00", 4 },
};

START_TEST(same_octets_for_every_split)
{
	check_stage(strict, &good[_i]);
	check_stage(lenient, &good[_i]);
}
END_TEST

static const struct stage_vector faulty[] = {
	{ "Zm9vYg", 0, "foob", 0 },     /* padding missing */
	{ "Zm9vYg=", 0, "foob", 0 },    /* half of it */
	{ "Zm9vY", 0, "foo", 0 },       /* a lone character */
	{ "Zg==Zm9v", 0, "f", 0 },      /* data after the padding */
	{ "Zg==\r\nfooter", 0, "f", 0 } /* a mailing list's footer */
};

START_TEST(strict_refuses_what_lenient_forgives)
{
	SMIME_AUTO_BUF out = { 0 };

	ck_assert_int_eq(run_stage(strict, smime_bytes_str(faulty[_i].in), &out), SMIME_E_SYNTAX);
	check_stage(lenient, &faulty[_i]);
}
END_TEST

static bool went_on;

static enum smime_status
on(struct smime_stage *next, struct smime_stage **out)
{
	return smime_stage_unbase64_on_new(&went_on, next, out);
}

static const struct stage_vector going_on[] = {
	{ "Zg==Zm9v", 0, "ffoo", 0 },
	{ "Zm8=\r\nZg==\r\nYQ", 0, "fofa", 0 },
	{ "Zm9v====YmFy", 0, "foobar", 0 },
};

START_TEST(padding_may_be_followed_by_more)
{
	check_stage(on, &going_on[_i]);
	ck_assert(went_on);
	check_stage(on, &good[_i]);
	ck_assert(!went_on);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("stage_unbase64");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, same_octets_for_every_split, 0, ROWS(good));
	tcase_add_loop_test(tc, strict_refuses_what_lenient_forgives, 0, ROWS(faulty));
	tcase_add_loop_test(tc, padding_may_be_followed_by_more, 0, ROWS(going_on));
	suite_add_tcase(suite, tc);
	return suite;
}
