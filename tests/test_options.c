/* test_options.c - the command line: every option arrives, nonsense is told. */
#include "options.h"
#include "support.h"

#include <stdlib.h>
#include <string.h>

static struct gateway_options options;
static char *said; /* what the last parse complained about */
static size_t said_len;

static void
teardown(void)
{
	free(said);
	said = NULL;
}

/* Parse a command line written with blanks. */
static bool
parse(const char *line)
{
	static char copy[400];
	char *argv[40] = { NULL };
	int argc = 0;
	FILE *errors;
	bool ok;

	teardown();
	(void)snprintf(copy, sizeof copy, "smime-milter %s", line);
	for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	errors = open_memstream(&said, &said_len);
	ok = gateway_options_parse(argc, argv, &options, errors);
	(void)fclose(errors);
	ck_assert(ok == (said_len == 0));
	return ok;
}

START_TEST(defaults_are_those_of_the_manual_page)
{
	ck_assert(parse(""));
	ck_assert_int_eq(options.command, GATEWAY_RUN);
	ck_assert_str_eq(options.database, "/var/lib/smime-milter/policy.db");
	ck_assert_uint_eq(options.socket_mode, 0660);
	ck_assert_uint_ge(options.width, 2);
	ck_assert_uint_eq(options.size_max, 0);
	ck_assert_uint_eq(options.drain, 30);
	ck_assert(!options.foreground);
	ck_assert(!options.log_to_stderr);
	ck_assert_ptr_null(options.user);
}
END_TEST

/* An inet socket costs 44 ms a message. */
START_TEST(pitfall_6_a_unix_socket_is_the_default)
{
	ck_assert(parse(""));
	ck_assert_str_eq(options.socket, "unix:/run/smime-milter/smime-milter.sock");
}
END_TEST

START_TEST(short_options_arrive)
{
	ck_assert(parse("-d db -s inet:1@h -m 600 -G g -u u:g -k k -w w -c 7 -M 50000000 -x L -D 5 "
			"-p p -l stderr -f"));
	ck_assert_str_eq(options.database, "db");
	ck_assert_str_eq(options.socket, "inet:1@h");
	ck_assert_uint_eq(options.socket_mode, 0600);
	ck_assert_str_eq(options.socket_group, "g");
	ck_assert_str_eq(options.user, "u:g");
	ck_assert_str_eq(options.passphrase_file, "k");
	ck_assert_str_eq(options.spool_dir, "w");
	ck_assert_uint_eq(options.width, 7);
	ck_assert_uint_eq(options.size_max, 50000000);
	ck_assert_str_eq(options.exempt, "L");
	ck_assert_uint_eq(options.drain, 5);
	ck_assert_str_eq(options.pid_file, "p");
	ck_assert(options.log_to_stderr);
	ck_assert(options.foreground);
}
END_TEST

START_TEST(long_options_arrive)
{
	ck_assert(parse("--database=db --socket s --socket-mode 0666 --socket-group g --user u "
			"--passphrase-file k --spool-directory w --concurrency 3 "
			"--message-size-limit 1 --exempt-listener L --drain-seconds 0 --pid-file p "
			"--log syslog --foreground"));
	ck_assert_str_eq(options.database, "db");
	ck_assert_uint_eq(options.width, 3);
	ck_assert_uint_eq(options.drain, 0);
	ck_assert(!options.log_to_stderr);
}
END_TEST

START_TEST(commands_are_told_apart)
{
	ck_assert(parse("-t"));
	ck_assert_int_eq(options.command, GATEWAY_TEST);
	ck_assert(parse("--version"));
	ck_assert_int_eq(options.command, GATEWAY_VERSION);
	ck_assert(parse("-h"));
	ck_assert_int_eq(options.command, GATEWAY_HELP);
}
END_TEST

START_TEST(nonsense_is_told)
{
	static const struct {
		const char *line, *says;
	} rows[] = {
		{ "-c 0", "concurrency \"0\" is not a number between 1 and 1000" },
		{ "-c 1001", "concurrency" },
		{ "-c 3x", "concurrency" },
		{ "-c -3", "concurrency" },
		{ "-D 601", "drain-seconds" },
		{ "-M x", "message-size-limit" },
		{ "-M 99999999999999999999999", "message-size-limit" },
		{ "-m 0", "socket mode" },
		{ "-m 1777", "socket mode" },
		{ "-m 0x1", "socket mode" },
		{ "-l file", "neither syslog nor stderr" },
		{ "-q", "\"-q\" is no option" },
		{ "--nothing", "\"--nothing\" is no option" },
		{ "-d", "lacks its argument" },
		{ "stray", "\"stray\" is no option" },
	};

	for (int i = 0; i < ROWS(rows); i++) {
		ck_assert_msg(!parse(rows[i].line), "%s", rows[i].line);
		ck_assert_msg(strstr(said, rows[i].says) != NULL, "%s: %s", rows[i].line, said);
	}
}
END_TEST

START_TEST(usage_names_every_option)
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	gateway_options_usage(to);
	(void)fclose(to);
	for (const char *c = "cdDfGhklmMpstuVwx"; *c; c++) {
		char want[16];

		(void)snprintf(want, sizeof want, "  -%c, --", *c);
		ck_assert_msg(strstr(text, want) != NULL, "%s", want);
	}
	free(text);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("options");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, defaults_are_those_of_the_manual_page);
	tcase_add_test(tc, pitfall_6_a_unix_socket_is_the_default);
	tcase_add_test(tc, short_options_arrive);
	tcase_add_test(tc, long_options_arrive);
	tcase_add_test(tc, commands_are_told_apart);
	tcase_add_test(tc, nonsense_is_told);
	tcase_add_test(tc, usage_names_every_option);
	suite_add_tcase(suite, tc);
	return suite;
}
