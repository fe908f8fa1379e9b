/* test_ctl_filter.c - smimectl filter import and export: whole scripts, all of them or none. */
#include "support.h"
#include "support_ctl.h"
#include "support_db.h"
#include "support_dir.h"

#include <stdio.h>
#include <sysexits.h>

static void
setup(void)
{
	dir_make();
	ctl_make();
	ck_assert_int_eq(ctl("init", NULL), EX_OK);
	db_run("INSERT INTO sending_profile (name, mode) VALUES ('hide', 'encrypt')");
}

static void
teardown(void)
{
	ctl_remove();
	dir_remove();
}

static int
import(const char *text, const char *option)
{
	char path[DIR_PATH_SIZE];

	return ctl(
	    "filter", "import", dir_write("filters", smime_bytes_str(text), path), option, NULL);
}

/* As administrators have them: comments, inactive ones, several on a line, no blank line. */
static const char script[] = "# All of them.\r\n"
			     "\r\n"
			     "seal: if (subject == \"(?i)confidential\")\n"
			     "{\n"
			     "\tsmime-gateway-deferred(\"hide\");\n"
			     "}\n"
			     "# Not yet.\n"
			     "later! if true { drop(); } third: if true { no-op(); }\n"
			     "quarantine_smime_messages:if (smime-gateway-message and not "
			     "smime-gateway-verified)\n"
			     "{ quarantine(\"Policy\"); }\n"
			     "# The end.\n";

START_TEST(a_script_becomes_rows)
{
	ck_assert_int_eq(import(script, NULL), EX_OK);
	says("message_filter: 4 imported");
	ck_assert_str_eq(
	    db_query("SELECT name || '@' || position FROM message_filter ORDER BY position"),
	    "seal@10 later@20 third@30 quarantine_smime_messages@40 ");
	ck_assert_str_eq(db_query("SELECT script FROM message_filter WHERE name = 'later'"),
	    "# Not yet.\nlater! if true { drop(); } ");
	ck_assert_str_eq(
	    db_query("SELECT instr(script, 'The end') > 0 FROM message_filter ORDER BY position"),
	    "0 0 0 1 ");
	ck_assert_int_eq(ctl("check", NULL), EX_OK);
	says("3 message filters");
	ck_assert_str_ne(db_query("SELECT who FROM change_log WHERE table_name ="
				  " 'message_filter' AND who IS NOT NULL LIMIT 1"),
	    "");
}
END_TEST

START_TEST(what_is_there_keeps_its_place)
{
	db_run("INSERT INTO message_filter (name, position, enabled, script) VALUES"
	       " ('third', 7, 0, 'third: if true { drop(); }'), ('mine', 33, 1, '')");
	ck_assert_int_eq(import(script, NULL), EX_OK);
	ck_assert_str_eq(db_query("SELECT name || '@' || position || enabled FROM message_filter"
				  " ORDER BY position"),
	    "third@71 mine@331 seal@401 later@501 quarantine_smime_messages@601 ");
	ck_assert_str_eq(db_query("SELECT script FROM message_filter WHERE name = 'third'"),
	    "third: if true { no-op(); } ");
	ck_assert_int_eq(import(script, "--replace"), EX_OK);
	ck_assert_str_eq(
	    db_query("SELECT name || '@' || position FROM message_filter ORDER BY position"),
	    "seal@10 later@20 third@30 quarantine_smime_messages@40 ");
}
END_TEST

/* Behind a good filter: nothing of the file is taken. */
static const struct {
	const char *bad, *says;
} bad[] = {
	{ "b: if (subjekt == 'x') { drop(); }",
	    ": line 3, column 8: found \"subjekt\", expected a rule; did you mean \"subject\"?" },
	{ "b: if true { drop() deliver(); }", ": line 3, column 21: " },
	{ "b: if true { drop(); ", ": line 4, column 1: found the end of the text" },
	{ "b: if true {\n  smime-gateway('nobody'); }",
	    ": line 4, column 3: there is no sending_profile \"nobody\": make it first" },
	{ "b: if (dictionary-match('words')) { drop(); }",
	    ": line 3, column 8: there is no dictionary \"words\": make it first" },
	{ "b: if (sendergroup == 'X') { drop(); }",
	    ": line 3, column 8: there is no sender_group \"X\": make it first" },
	{ "b: if (sendergroup == 'RELAYLST') { drop(); }",
	    "there is no sender_group \"RELAYLST\": did you mean \"RELAYLIST\"?" },
	{ "a: if true { drop(); }", ": line 3: the file has a filter \"a\" already" },
	{ "b: if (smime-gateway) { drop(); }", "the rule is smime-gateway-message" },
	{ "b if true { drop(); }", ": line 3, column 3: " },
};

START_TEST(all_or_none)
{
	char text[400];

	(void)snprintf(text, sizeof text, "a: if true { no-op(); }\n\n%s\n", bad[_i].bad);
	db_run("INSERT INTO message_filter (name, position, script) VALUES ('old', 1, '')");
	ck_assert_int_eq(import(text, "--replace"), EX_DATAERR);
	says(bad[_i].says);
	says("nothing was changed");
	ck_assert_str_eq(db_query("SELECT name FROM message_filter"), "old ");
}
END_TEST

START_TEST(what_is_exported_is_imported_again)
{
	char path[DIR_PATH_SIZE];
	SMIME_AUTO_BUF first = { 0 };

	ck_assert_int_eq(import(script, NULL), EX_OK);
	db_run("UPDATE message_filter SET enabled = 0 WHERE name = 'seal'");
	ck_assert_int_eq(ctl("filter", "export", NULL), EX_OK);
	says("# All of them.\r\n\r\nseal! if (subject == \"(?i)confidential\")\n{\n\tsmime-");
	says("\n# Not yet.\nlater! if true { drop(); }\n\nthird: if true { no-op(); }\n\n"
	     "quarantine_smime_messages:if (");
	ck_assert_int_eq(smime_buf_append(&first, ctl_out.data, ctl_out.len), SMIME_OK);
	ck_assert_int_eq(ctl("filter", "import", dir_write("again", smime_buf_bytes(&first), path),
			     "--replace", NULL),
	    EX_OK);
	ck_assert_int_eq(ctl("filter", "export", NULL), EX_OK);
	ck_assert_uint_eq(ctl_out.len, first.len);
	ck_assert_mem_eq(ctl_out.data, first.data, first.len);
}
END_TEST

START_TEST(a_broken_row_is_exported_as_a_comment)
{
	db_run("INSERT INTO message_filter (name, position, script) VALUES"
	       " ('bad', 1, 'bad: if (' || char(10) || ') drop'), ('empty', 2, '')");
	ck_assert_int_eq(ctl("filter", "export", NULL), EX_OK);
	says("note: message_filter \"bad\" is exported as a comment: line ");
	says("\n# bad: if (\n# ) drop\n");
}
END_TEST

START_TEST(odd_files)
{
	char path[DIR_PATH_SIZE];

	ck_assert_int_eq(import("", NULL), EX_OK);
	says("0 imported");
	ck_assert_int_eq(import("\xEF\xBB\xBF"
				"a: if true { drop(); }",
			     NULL),
	    EX_OK);
	says("1 imported");
	ck_assert_int_eq(
	    ctl("filter", "import", dir_write("nul", smime_bytes("a:\0 if", 6), path), NULL),
	    EX_DATAERR);
	says("it holds a NUL");
	ck_assert_int_eq(ctl("filter", "import", "/nonexistent", NULL), EX_NOINPUT);
	ctl_input("b: if true { drop(); }\n");
	ck_assert_int_eq(ctl("filter", "import", "-", NULL), EX_OK);
	ctl_input("");
	ck_assert_str_eq(db_query("SELECT name FROM message_filter ORDER BY position"), "a b ");
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("ctl_filter");
	TCase *tc = tcase_create("filter");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_script_becomes_rows);
	tcase_add_test(tc, what_is_there_keeps_its_place);
	tcase_add_loop_test(tc, all_or_none, 0, ROWS(bad));
	tcase_add_test(tc, what_is_exported_is_imported_again);
	tcase_add_test(tc, a_broken_row_is_exported_as_a_comment);
	tcase_add_test(tc, odd_files);
	return suite;
}
