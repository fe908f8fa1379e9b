/* test_db.c - a fresh database, refusals of wrong ones, rows that are refused with a sentence. */
#include "db_internal.h"
#include "support.h"
#include "support_db.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

START_TEST(init_makes_a_database_once)
{
	SMIME_AUTO(policy_db) db = NULL;
	struct smime_diag diag = { 0 };
	struct stat st;

	ck_assert_msg(policy_db_init(db_path(), &diag) == SMIME_OK, "%s", diag.text);
	ck_assert_int_eq(stat(db_path(), &st), 0);
	ck_assert_int_eq(st.st_mode & 0007, 0);
	ck_assert_msg(
	    policy_db_open(db_path(), POLICY_DB_WRITE, &db, &diag) == SMIME_OK, "%s", diag.text);
	ck_assert_int_eq(policy_db_init(db_path(), &diag), SMIME_E_SYNTAX);
	ck_assert_str_eq(diag.token, "exists");
}
END_TEST

START_TEST(strange_files_are_refused)
{
	SMIME_AUTO(policy_db) db = NULL;
	struct smime_diag diag = { 0 };

	ck_assert_int_eq(policy_db_open(db_path(), POLICY_DB_READ, &db, &diag), SMIME_E_SYSTEM);
	ck_assert_ptr_null(db_shell("CREATE TABLE t (a)"));
	ck_assert_int_eq(
	    policy_db_open(db_path(), POLICY_DB_READ, &db, &diag), SMIME_E_UNSUPPORTED);
	ck_assert_ptr_nonnull(strstr(diag.text, "smimectl init"));
	ck_assert_ptr_null(db);
}
END_TEST

START_TEST(a_newer_schema_is_refused)
{
	SMIME_AUTO(policy_db) db = NULL;
	struct smime_diag diag = { 0 };

	ck_assert_int_eq(policy_db_init(db_path(), &diag), SMIME_OK);
	ck_assert_ptr_null(db_shell("PRAGMA user_version = 1000"));
	ck_assert_int_eq(
	    policy_db_open(db_path(), POLICY_DB_WRITE, &db, &diag), SMIME_E_UNSUPPORTED);
	ck_assert_ptr_nonnull(strstr(diag.text, "newer"));
}
END_TEST

/* ---- migration, with a schema of the test's own on top of the released one ---- */

#define ANEW                                                                                \
	"ALTER TABLE flock RENAME TO old; CREATE TABLE flock (name TEXT PRIMARY KEY, head " \
	"INTEGER);"                                                                         \
	"INSERT INTO flock SELECT name, 1 FROM old; DROP TABLE old;"
static const struct policy_schema_step steps[] = {
	{ { NULL } },
	{ { "CREATE TABLE flock (name TEXT PRIMARY KEY);"
	    "CREATE TABLE sheep (flock TEXT REFERENCES flock (name) ON DELETE CASCADE)",
	    "INSERT INTO flock VALUES ('white'); INSERT INTO sheep VALUES ('white')", NULL } },
	{ { "PRAGMA legacy_alter_table = ON", ANEW, NULL } },
	{ { "DELETE FROM flock", NULL } },
};
static const struct policy_schema_step bad_steps[] = {
	{ { NULL } },
	{ { "CREATE TABLE half (a)", "INSERT INTO nowhere VALUES (1)", NULL } },
};
static const struct policy_schema two = { steps, 2 }, three = { steps, 3 }, dangling = { steps, 4 },
				  failing = { bad_steps, 2 };

static enum smime_status
open_as(const struct policy_schema *schema, enum policy_db_mode mode, struct policy_db **out,
    struct smime_diag *diag)
{
	*diag = (struct smime_diag){ 0 };
	return policy_db_open_as(db_path(), mode, schema, out, diag);
}

START_TEST(an_older_schema_goes_forward)
{
	SMIME_AUTO(policy_db) db = NULL;
	struct smime_diag diag;

	ck_assert_int_eq(policy_db_init(db_path(), &diag), SMIME_OK);
	ck_assert_msg(open_as(&two, POLICY_DB_WRITE, &db, &diag) == SMIME_OK, "%s", diag.text);
	policy_db_free(&db);
	ck_assert_str_eq(db_query("SELECT * FROM pragma_user_version"), "2 ");
	/* A table made anew takes nobody along. */
	ck_assert_msg(open_as(&three, POLICY_DB_WRITE, &db, &diag) == SMIME_OK, "%s", diag.text);
	policy_db_free(&db);
	ck_assert_str_eq(db_query("SELECT * FROM pragma_user_version"), "3 ");
	ck_assert_str_eq(
	    db_query("SELECT head || ' ' || (SELECT count(*) FROM sheep) FROM flock"), "1 1 ");
	/* What is newer than the program is left alone. */
	ck_assert_int_eq(open_as(&two, POLICY_DB_WRITE, &db, &diag), SMIME_E_UNSUPPORTED);
	ck_assert_ptr_nonnull(strstr(diag.text, "newer than this program's 2"));
}
END_TEST

START_TEST(a_migration_that_fails_leaves_nothing)
{
	SMIME_AUTO(policy_db) db = NULL;
	struct smime_diag diag;

	ck_assert_int_eq(policy_db_init(db_path(), &diag), SMIME_OK);
	ck_assert_int_eq(open_as(&failing, POLICY_DB_WRITE, &db, &diag), SMIME_E_SYSTEM);
	ck_assert_ptr_nonnull(strstr(diag.text, "nowhere"));
	ck_assert_str_eq(db_query("SELECT * FROM pragma_user_version"), "1 ");
	ck_assert_str_eq(db_query("SELECT count(*) FROM sqlite_schema WHERE name = 'half'"), "0 ");
	ck_assert_int_eq(open_as(&dangling, POLICY_DB_WRITE, &db, &diag), SMIME_E_UNSUPPORTED);
	ck_assert_ptr_nonnull(strstr(diag.text, "1 rows that refer to nothing"));
	ck_assert_str_eq(db_query("SELECT * FROM pragma_user_version"), "1 ");
	ck_assert_str_eq(db_query("SELECT count(*) FROM sqlite_schema WHERE name = 'flock'"), "0 ");
	ck_assert_int_eq(policy_db_open(db_path(), POLICY_DB_WRITE, &db, &diag), SMIME_OK);
}
END_TEST

/* smime-milter -t and smimectl check look before the daemon starts: they see what it will see. */
START_TEST(a_reader_sees_what_will_be_and_changes_nothing)
{
	SMIME_AUTO(policy_db) db = NULL;
	struct smime_diag diag;
	int64_t count = 0;

	ck_assert_int_eq(policy_db_init(db_path(), &diag), SMIME_OK);
	ck_assert_msg(open_as(&three, POLICY_DB_READ, &db, &diag) == SMIME_OK, "%s", diag.text);
	ck_assert_int_eq(
	    policy_db_number(db, "SELECT count(*) FROM flock", &count, &diag), SMIME_OK);
	ck_assert_int_eq(count, 1);
	ck_assert_int_eq(
	    policy_db_number(db, "SELECT count(*) FROM setting", &count, &diag), SMIME_OK);
	ck_assert_int_gt(count, 5);
	policy_db_free(&db);
	ck_assert_str_eq(db_query("SELECT * FROM pragma_user_version"), "1 ");
	ck_assert_str_eq(db_query("SELECT count(*) FROM sqlite_schema WHERE name = 'flock'"), "0 ");
}
END_TEST

START_TEST(a_damaged_file_is_an_error)
{
	SMIME_AUTO(policy_db) db = NULL;
	struct smime_diag diag = { 0 };
	FILE *f;

	ck_assert_int_eq(policy_db_init(db_path(), &diag), SMIME_OK);
	f = fopen(db_path(), "r+");
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite("no database at all", 18, 1, f), 1);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_ne(policy_db_open(db_path(), POLICY_DB_WRITE, &db, &diag), SMIME_OK);
}
END_TEST

#define PEM "'-----BEGIN CERTIFICATE-----A-----END CERTIFICATE-----'"

#define POLICY "INSERT INTO mail_policy(name, direction, position) VALUES('p', 'outgoing', 1);"
#define FILTER                                                                 \
	"INSERT INTO content_filter(name, direction) VALUES('f', 'outgoing');" \
	"INSERT INTO content_filter_action(content_filter, position, action, argument) "

static const struct {
	const char *sql, *says;
} wrong[] = {
	{ "INSERT INTO sending_profile(name, mode) VALUES('x', 'sign')", "signing_certificate" },
	{ "INSERT INTO sending_profile(name, mode) VALUES('x', 'sing')",
	    "sign, encrypt, sign-encrypt or triple" },
	{ "INSERT INTO sending_profile(name, mode, signing_certificate) VALUES('x', 'sign', "
	  "'nobody')",
	    "names no row of certificate" },
	{ "INSERT INTO sending_profile(name, mode, must_encrypt, missing_key_action)"
	  " VALUES('x', 'encrypt', 1, 'split')",
	    "must_encrypt forbids" },
	{ "INSERT INTO sending_profile(name, mode, content_cipher) VALUES('x', 'encrypt', 'rc4')",
	    "content_cipher" },
	{ "INSERT INTO sender_group(name, position, mail_flow_policy) VALUES('g', 5, 'none')",
	    "mail_flow_policy" },
	{ "INSERT INTO sender_group_member VALUES('none', 'all', '')", "sender_group" },
	{ "INSERT INTO sender_group_member VALUES('ALL', 'network', '')", "need a value" },
	{ "INSERT INTO setting VALUES('colour', 'red', '')", "no setting of that name" },
	{ "INSERT INTO setting (name, value) VALUES('colour', 'red')", "no setting of that name" },
	{ "UPDATE setting SET value = '0' WHERE name = 'reinject_port'", "1 to 65535" },
	{ "UPDATE setting SET value = 'x y' WHERE name = 'authserv_id'", "host name" },
	{ "DELETE FROM setting", "rows stay" },
	{ "DELETE FROM mail_policy", "default-outgoing" },
	{ "UPDATE mail_policy SET position = 5 WHERE name = 'default-incoming'",
	    "stand at 1000000" },
	{ "INSERT INTO mail_policy_member VALUES('default-incoming', 'sender', 'a@b', 0)",
	    "match everybody" },
	{ "DELETE FROM mail_flow_policy WHERE name = 'relay'", "still names it" },
	{ "INSERT INTO content_filter_action(content_filter, position, action) VALUES('none', 1, "
	  "'drop')",
	    "content_filter first" },
	{ "INSERT INTO content_filter(name, direction) VALUES('f', 'incoming');"
	  "INSERT INTO content_filter_action(content_filter, position, action) VALUES('f', 1, "
	  "'smime-gateway')",
	    "need sending_profile" },
	{ "INSERT INTO content_filter(name, direction) VALUES('f', 'incoming');"
	  "INSERT INTO mail_policy_filter VALUES('default-outgoing', 1, 'f')",
	    "takes incoming content filters" },
	{ "INSERT INTO certificate(name, certificate, private_key) VALUES('c', 'x', 'file:/k')",
	    "must be PEM" },
	{ "INSERT INTO certificate(name, certificate, private_key) VALUES('c', " PEM ", 'k')",
	    "private_key" },
	{ "INSERT INTO message_filter(name, position, script) VALUES('f', 0, '')", "position" },
	{ "INSERT INTO public_key(name, certificate) VALUES('k', 7)", "must be PEM" },
	/* What REPLACE would slip past triggers. */
	{ "INSERT OR REPLACE INTO setting VALUES('reinject_port', 'x', '')", "1 to 65535" },
	{ "INSERT OR REPLACE INTO setting VALUES('postmaster', 'a b', '')", "must be an address" },
	{ "INSERT OR REPLACE INTO mail_policy(name, direction, position)"
	  " VALUES('default-outgoing', 'incoming', 1000000)",
	    "keep their directions" },
	{ "INSERT INTO sender_group_member VALUES('ALL', 'network', '10.0.0')", "is no network" },
	{ "INSERT INTO sender_group_member VALUES('ALL', 'network', '10.0.0.256')",
	    "is no network" },
	{ "INSERT INTO sender_group_member VALUES('ALL', 'network', '10.0.0.0/33')",
	    "is no network" },
	{ "INSERT INTO sender_group_member VALUES('ALL', 'network', '::/129')", "is no network" },
	{ "INSERT INTO sender_group_member VALUES('ALL', 'network', '1::2::3')", "is no network" },
	{ "INSERT INTO sender_group_member VALUES('ALL', 'network', 'a\"b')", "is no network" },
	{ "UPDATE sender_group_member SET kind = 'network', value = 'x' WHERE kind = 'all'",
	    "is no network" },
	{ "INSERT INTO sender_group_member VALUES('ALL', 'host', '*.example.com')",
	    ".example.com for all below it" },
	{ "INSERT INTO sender_group_member VALUES('ALL', 'host', '192.0.2.1')",
	    "an address is of kind network" },
	{ "INSERT INTO sender_group_member VALUES('ALL', 'hosts', 'a.example')",
	    "must be network" },
	{ "INSERT INTO sender_group(name, position, mail_flow_policy) VALUES('', 5, 'relay')",
	    "must not be empty" },
	{ "INSERT INTO mail_policy(name, direction, position, sides) VALUES('p', 'outgoing', 1,"
	  " 'or')",
	    "both (sender and recipient) or either" },
	{ "INSERT INTO mail_policy(name, direction, position, recipients) VALUES('p', 'outgoing',"
	  " 1, 'and')",
	    "any (one member matches) or all" },
	{ POLICY "INSERT INTO mail_policy_member VALUES('p', 'recipient', 'b.example', 0)",
	    "user@domain, user@, @domain or @.domain" },
	{ POLICY "INSERT INTO mail_policy_member VALUES('p', 'recipient', '@', 0)",
	    "user@domain, user@, @domain or @.domain" },
	{ POLICY "INSERT INTO mail_policy_member VALUES('p', 'recipient', 'a@b, c@d', 0)",
	    "user@domain, user@, @domain or @.domain" },
	{ POLICY "INSERT INTO mail_policy_member VALUES('p', 'recipient', '<a@b>', 0)",
	    "user@domain, user@, @domain or @.domain" },
	{ POLICY "INSERT INTO mail_policy_member VALUES('p', 'recipient', '@*.b.example', 0)",
	    "@.domain all below it" },
	{ POLICY "INSERT INTO mail_policy_member VALUES('p', 'to', 'a@b', 0)",
	    "sender or recipient" },
	{ POLICY "INSERT INTO mail_policy_member VALUES('p', 'sender', 'a@b', 2)", "0 or 1" },
	{ POLICY "INSERT INTO mail_policy_member VALUES('p', 'sender', 'a@b', 0);"
		 "UPDATE mail_policy_member SET mail_policy = 'default-incoming'",
	    "match everybody" },
	{ POLICY "INSERT INTO content_filter(name, direction) VALUES('f', 'outgoing');"
		 "INSERT INTO mail_policy_filter VALUES('p', 1, 'f');"
		 "UPDATE mail_policy SET direction = 'incoming' WHERE name = 'p'",
	    "are of the other direction" },
	{ POLICY "INSERT INTO content_filter(name, direction) VALUES('f', 'outgoing');"
		 "INSERT INTO mail_policy_filter VALUES('p', 1, 'f');"
		 "UPDATE content_filter SET direction = 'incoming'",
	    "of the other direction run it" },
	{ POLICY "INSERT INTO mail_policy_filter VALUES('p', 1, 'none')", "content_filter first" },
	{ "INSERT INTO message_filter(name, position, script) VALUES('a b', 1, '')", "no blank" },
	{ "INSERT INTO message_filter(name, position, enabled, script) VALUES('a', 1, 2, '')",
	    "0 or 1" },
	{ FILTER "VALUES('f', 1, 'drop', 'x')", "have none" },
	{ FILTER "VALUES('f', 1, 'quarantine', '')", "needs one" },
	{ FILTER "VALUES('f', 1, 'insert-header', 'X-A: b')", "JSON array of name and text" },
	{ FILTER "VALUES('f', 1, 'edit-header-text', '[\"Subject\", \"a\"]')",
	    "name, pattern and replacement" },
	{ FILTER "VALUES('f', 1, 'encrypt', 'x')", "an action of the filter language" },
	{ "INSERT INTO dictionary(name) VALUES('')", "must not be empty" },
	{ "INSERT INTO dictionary_term(dictionary, term) VALUES('none', 'x')",
	    "insert the dictionary first" },
	{ "INSERT INTO dictionary(name) VALUES('d');"
	  "INSERT INTO dictionary_term(dictionary, term, weight) VALUES('d', 'x', 0)",
	    "1 to 1000000" },
	{ "INSERT INTO mail_flow_policy(name, behavior) VALUES('m', 'outgoing')",
	    "accept (incoming) or relay (outgoing)" },
	{ "UPDATE mail_flow_policy SET smime_open = 'yes'", "smime_open" },
	{ "INSERT INTO trust_anchor(name, certificate) VALUES('', " PEM ")", "must not be empty" },
	{ "INSERT INTO revocation_list(name, crl) VALUES('r', " PEM ")", "X509 CRL" },
	{ "UPDATE harvested_key SET state = 'x'; INSERT INTO harvested_key(fingerprint, address,"
	  " certificate, state, harvested_at) VALUES('f', 'a@b', " PEM ", 'good', 1)",
	    "active, candidate, superseded or untrusted" },
};

START_TEST(wrong_rows_are_refused_with_a_sentence)
{
	char *error;

	ck_assert_int_eq(policy_db_init(db_path(), NULL), SMIME_OK);
	error = db_shell(wrong[_i].sql);
	ck_assert_msg(error != NULL, "accepted: %s", wrong[_i].sql);
	ck_assert_msg(strstr(error, wrong[_i].says) != NULL, "%s", error);
}
END_TEST

START_TEST(renaming_and_deleting_takes_the_parts_along)
{
	SMIME_AUTO(policy_db) db = NULL;
	SMIME_AUTO(policy_stmt) stmt = NULL;
	bool row;

	ck_assert_int_eq(policy_db_init(db_path(), NULL), SMIME_OK);
	ck_assert_ptr_null(
	    db_shell("UPDATE mail_flow_policy SET name = 'in' WHERE name = 'accept'"));
	ck_assert_ptr_null(db_shell("DELETE FROM sender_group WHERE name = 'RELAYLIST'"));
	ck_assert_int_eq(policy_db_open(db_path(), POLICY_DB_READ, &db, NULL), SMIME_OK);
	ck_assert_int_eq(policy_stmt_take(db, POLICY_SQL_GROUPS, &stmt, NULL), SMIME_OK);
	ck_assert_int_eq(policy_step(stmt, &row, NULL), SMIME_OK);
	ck_assert(row);
	ck_assert_str_eq(policy_column_text(stmt, 0), "ALL");
	ck_assert_str_eq(policy_column_text(stmt, 1), "in");
	policy_stmt_free(&stmt);
	ck_assert_int_eq(policy_stmt_take(db, POLICY_SQL_GROUP_MEMBERS, &stmt, NULL), SMIME_OK);
	ck_assert_int_eq(policy_step(stmt, &row, NULL), SMIME_OK);
	ck_assert(row);
	ck_assert_str_eq(policy_column_text(stmt, 0), "ALL");
	ck_assert_int_eq(policy_step(stmt, &row, NULL), SMIME_OK);
	ck_assert(!row);
}
END_TEST

START_TEST(changes_are_logged_without_private_keys)
{
	ck_assert_int_eq(policy_db_init(db_path(), NULL), SMIME_OK);
	ck_assert_ptr_null(db_shell("INSERT INTO certificate(name, certificate, private_key)"
				    " VALUES('c', " PEM ", 'file:/secret')"));
	ck_assert_ptr_null(db_shell(
	    "CREATE TABLE seen AS SELECT * FROM change_log WHERE table_name = 'certificate'"));
	ck_assert_ptr_nonnull(
	    db_shell("SELECT CASE count(*) WHEN 1 THEN abs(-9223372036854775808) END FROM seen"
		     " WHERE row_name = 'c' AND new NOT LIKE '%secret%'"));
}
END_TEST

START_TEST(the_version_tells_others_changes)
{
	SMIME_AUTO(policy_db) db = NULL;
	int64_t before, after;

	ck_assert_int_eq(policy_db_init(db_path(), NULL), SMIME_OK);
	ck_assert_int_eq(policy_db_open(db_path(), POLICY_DB_READ, &db, NULL), SMIME_OK);
	ck_assert_int_eq(policy_db_version(db, &before, NULL), SMIME_OK);
	ck_assert_int_eq(policy_db_version(db, &after, NULL), SMIME_OK);
	ck_assert_int_eq(before, after);
	ck_assert_ptr_null(
	    db_shell("UPDATE setting SET value = '10027' WHERE name = 'reinject_port'"));
	ck_assert_int_eq(policy_db_version(db, &after, NULL), SMIME_OK);
	ck_assert_int_ne(before, after);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("db");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, db_make, db_remove);
	tcase_add_test(tc, init_makes_a_database_once);
	tcase_add_test(tc, strange_files_are_refused);
	tcase_add_test(tc, a_newer_schema_is_refused);
	tcase_add_test(tc, an_older_schema_goes_forward);
	tcase_add_test(tc, a_migration_that_fails_leaves_nothing);
	tcase_add_test(tc, a_reader_sees_what_will_be_and_changes_nothing);
	tcase_add_test(tc, a_damaged_file_is_an_error);
	tcase_add_loop_test(tc, wrong_rows_are_refused_with_a_sentence, 0, ROWS(wrong));
	tcase_add_test(tc, renaming_and_deleting_takes_the_parts_along);
	tcase_add_test(tc, changes_are_logged_without_private_keys);
	tcase_add_test(tc, the_version_tells_others_changes);
	suite_add_tcase(suite, tc);
	return suite;
}
