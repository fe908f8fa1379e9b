/* test_log.c - one line per event, whatever the values hold; faults that last do not flood it. */
#include "log.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int ends[2];
static struct gateway_log *gateway_log;
static int64_t now;

static int64_t
test_clock(void)
{
	return now;
}

static void
setup(void)
{
	now = 1000;
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(gateway_log_new(ends[1], &gateway_log), SMIME_OK);
	gateway_log_set_clock(gateway_log, test_clock);
}

static void
teardown(void)
{
	gateway_log_free(&gateway_log);
	ck_assert_ptr_null(gateway_log);
	(void)close(ends[0]);
}

/* All that was logged; ends the log. */
static char *
logged(void)
{
	static char text[40000];
	size_t used = 0;
	ssize_t n;

	(void)close(ends[1]);
	while ((n = read(ends[0], text + used, sizeof text - 1 - used)) > 0)
		used += (size_t)n;
	text[used] = 0;
	return text;
}

static size_t
lines_of(const char *text)
{
	size_t lines = 0;

	for (; *text; text++)
		lines += *text == '\n';
	return lines;
}

START_TEST(a_line_has_time_program_and_process)
{
	char want[64];
	const char *text;

	gateway_log_line(gateway_log, GATEWAY_INFO, "%s: action=%s", "4XyZ", "deliver");
	text = logged();
	(void)snprintf(
	    want, sizeof want, "Z smime-milter[%d]: 4XyZ: action=deliver\n", (int)getpid());
	ck_assert_ptr_nonnull(strstr(text, want));
	ck_assert_uint_eq(strlen(text), strlen("2026-01-01T00:00:00") + strlen(want));
}
END_TEST

START_TEST(nothing_ends_a_line_or_alters_how_it_is_shown)
{
	const char *text;

	gateway_log_line(gateway_log, GATEWAY_INFO,
	    "a\r\nb\x1b[2J\x7f \xC2\x85 \xE2\x80\xAE \xE2\x81\xA6 \xE2\x80\xA8 \xC3\xA9");
	text = logged();
	ck_assert_uint_eq(lines_of(text), 1);
	ck_assert_ptr_nonnull(strstr(text, "a\\x0d\\x0ab\\x1b[2J\\x7f \\xc2\\x85 \\xe2\\x80\\xae "
					   "\\xe2\\x81\\xa6 \\xe2\\x80\\xa8 \xC3\xA9\n"));
}
END_TEST

START_TEST(a_line_without_end_is_cut)
{
	char *value = malloc(20000);

	memset(value, '\n', 19999);
	value[19999] = 0;
	gateway_log_line(gateway_log, GATEWAY_ERROR, "%s", value);
	free(value);
	value = logged();
	ck_assert_uint_eq(lines_of(value), 1);
	ck_assert_uint_lt(strlen(value), 8400);
}
END_TEST

START_TEST(a_problem_is_told_once_a_minute)
{
	const char *text;

	for (int i = 0; i < 5; i++, now += 10)
		gateway_log_problem(gateway_log, "database", "cannot read: %d", i);
	gateway_log_problem(gateway_log, "loop", "another kind");
	now = 1060;
	gateway_log_problem(gateway_log, "database", "cannot read: last");
	text = logged();
	ck_assert_uint_eq(lines_of(text), 3);
	ck_assert_ptr_nonnull(strstr(text, "]: cannot read: 0\n"));
	ck_assert_ptr_nonnull(strstr(text, "]: another kind\n"));
	ck_assert_ptr_nonnull(strstr(text, "]: (4 like this left out) cannot read: last\n"));
}
END_TEST

START_TEST(a_new_kind_replaces_the_one_told_longest_ago)
{
	char kind[32];

	for (int i = 0; i < 33; i++, now++) {
		(void)snprintf(kind, sizeof kind, "kind-%d", i);
		gateway_log_problem(gateway_log, kind, "x");
	}
	gateway_log_problem(gateway_log, "kind-2", "still known");
	gateway_log_problem(gateway_log, "kind-0", "forgotten");
	ck_assert_uint_eq(lines_of(logged()), 34);
}
END_TEST

START_TEST(syslog_takes_lines_too)
{
	struct gateway_log *to_syslog = NULL;

	ck_assert_int_eq(gateway_log_new(-1, &to_syslog), SMIME_OK);
	gateway_log_line(to_syslog, GATEWAY_INFO, "test of smime-milter");
	gateway_log_free(&to_syslog);
	(void)close(ends[1]);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("log");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_line_has_time_program_and_process);
	tcase_add_test(tc, nothing_ends_a_line_or_alters_how_it_is_shown);
	tcase_add_test(tc, a_line_without_end_is_cut);
	tcase_add_test(tc, a_problem_is_told_once_a_minute);
	tcase_add_test(tc, a_new_kind_replaces_the_one_told_longest_ago);
	tcase_add_test(tc, syslog_takes_lines_too);
	suite_add_tcase(suite, tc);
	return suite;
}
