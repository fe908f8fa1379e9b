/* test_clock.c - time: what only goes forward, and what mail shows. */
#include "clock.h"
#include "support.h"

#include <unistd.h>

START_TEST(milliseconds_go_forward)
{
	int64_t before = gateway_now_ms();

	(void)usleep(3000);
	ck_assert_int_ge(gateway_now_ms() - before, 2);
	ck_assert_int_lt(gateway_now_ms() - before, 5000);
}
END_TEST

START_TEST(dates_are_as_mail_writes_them)
{
	char date[GATEWAY_DATE_SIZE];

	gateway_date_text(0, date);
	ck_assert_str_eq(date, "Thu, 01 Jan 1970 00:00:00 +0000");
	gateway_date_text(1798761599, date);
	ck_assert_str_eq(date, "Thu, 31 Dec 2026 23:59:59 +0000");
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("clock");
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, milliseconds_go_forward);
	tcase_add_test(tc, dates_are_as_mail_writes_them);
	suite_add_tcase(suite, tc);
	return suite;
}
