/*
 * bench_policy.c - what a large policy costs: loading it, loading it again after an edit, and
 * deciding one message, against a small one.  Prints; asserts nothing.
 *
 * A policy of N: N message filters, N content filters, N mail policies with three members and one
 * content filter each. None of the message filters matches, and only the default mail policy does:
 * everything is asked. The message has 14 header fields, 3 recipients and 2 KiB of text.
 */
#include "policy/db.h"
#include "policy/process.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS      200
#define ROWS(table) ((int)(sizeof(table) / sizeof *(table)))

static char dir[] = "/tmp/bench-policy-XXXXXX";
static char path[64];

/* Rules to be had by turns; %d is the number of the filter. */
static const char *const header_rules[] = {
	"subject == \"(?i)\\\\bproject-%d\\\\b\"",
	"mail-from == \"@customer-%d\\\\.example$\"",
	"header('X-Project') == \"^%d$\"",
	"rcpt-to == \"^user%d@\"",
	"(subject == \"%d#\") and (rcpt-count > 1)",
	"sendergroup == 'RELAYLIST' and header('List-Id') != \"\" and body-size > %dM",
};
static const char *const body_rules[] = { "body-contains(\"(?i)secret-%d\\\\b\")" };

static void
must(bool good)
{
	if (!good)
		abort();
}

static double
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void
shell(const char *sql)
{
	char *error = NULL;
	sqlite3 *db;

	must(sqlite3_open(path, &db) == SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
		(void)fprintf(stderr, "%s\n", error);
	must(!error);
	must(sqlite3_close(db) == SQLITE_OK);
}

static void
remove_database(void)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	char name[80];

	for (int i = 0; i < ROWS(suffixes); i++) {
		(void)snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
		(void)unlink(name);
	}
}

/* ---- a policy ---- */

static void
add_rows(sqlite3_str *sql, int i, const char *const *rules, int count)
{
	char *rule = sqlite3_mprintf(rules[i % count], i);

	sqlite3_str_appendf(sql,
	    "INSERT INTO message_filter (name, position, script) VALUES"
	    " ('m%d', %d, 'm%d: if (%q) { drop(); }');"
	    "INSERT INTO content_filter (name, direction, condition) VALUES"
	    " ('c%d', 'outgoing', '%q');"
	    "INSERT INTO content_filter_action (content_filter, position, action, argument)"
	    " VALUES ('c%d', 1, 'tag-message', 'x');"
	    "INSERT INTO mail_policy (name, direction, position) VALUES ('p%d', 'outgoing', %d);"
	    "INSERT INTO mail_policy_member (mail_policy, side, pattern) VALUES"
	    " ('p%d', 'recipient', '@partner-%d.example'),"
	    " ('p%d', 'recipient', '@.partner-%d.example'), ('p%d', 'sender', 'user@');"
	    "INSERT INTO mail_policy_filter (mail_policy, position, content_filter) VALUES"
	    " ('p%d', 1, 'c%d');",
	    i, i + 1, i, rule, i, rule, i, i, i + 1, i, i, i, i, i, i, i);
	sqlite3_free(rule);
}

static void
make_policy(int size, const char *const *rules, int count)
{
	sqlite3_str *sql = sqlite3_str_new(NULL);
	char *text;

	sqlite3_str_appendall(sql, "BEGIN;");
	for (int i = 0; i < size; i++)
		add_rows(sql, i, rules, count);
	sqlite3_str_appendall(sql, "COMMIT;");
	text = sqlite3_str_finish(sql);
	must(policy_db_init(path, NULL) == SMIME_OK);
	shell(text);
	sqlite3_free(text);
}

/* ---- a message ---- */

static struct policy_message *
make_message(void)
{
	struct policy_message *m;
	SMIME_AUTO_BUF text = { 0 };

	must(policy_message_new(&m) == SMIME_OK);
	must(policy_message_set(&m->client_ip, "127.0.0.1") == SMIME_OK);
	must(policy_message_set(&m->mail_from, "user@site.example") == SMIME_OK);
	for (int i = 0; i < 3; i++)
		must(policy_message_add_recipient(m, i ? "<a@b.example>" : "<c@d.example>", "") ==
		     SMIME_OK);
	must(smime_buf_appendf(&text,
		 "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?= from the team\r\n"
		 "From: User <user@site.example>\r\nTo: a@b.example, c@d.example\r\n") == SMIME_OK);
	for (int i = 0; i < 11; i++)
		must(smime_buf_appendf(
			 &text, "X-Field-%d: some value that nobody asks for\r\n", i) == SMIME_OK);
	must(smime_buf_appendf(&text, "\r\n") == SMIME_OK);
	while (text.len < 2900)
		must(smime_buf_appendf(&text, "The quick brown fox jumps over the lazy dog.\r\n") ==
		     SMIME_OK);
	must(smime_spool_new(NULL, &m->spool) == SMIME_OK);
	must(smime_spool_write(m->spool, text.data, text.len) == SMIME_OK);
	return m;
}

/* Milliseconds to process the message once: the median of the rounds. */
static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double
decide_ms(const struct policy_snapshot *snapshot)
{
	struct policy_message *message = make_message();
	const struct policy_process process = { .snapshot = snapshot, .now = time(NULL) };
	static double took[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		struct policy_outcome *outcome;
		double begun = now_ms();

		must(policy_process(&process, message, &outcome, NULL) == SMIME_OK);
		took[i] = now_ms() - begun;
		must(outcome->reply == POLICY_REPLY_ACCEPT && outcome->plan->tag_count == 0 &&
		     outcome->plan->message_filter_count == snapshot->message_filter_count);
		policy_outcome_free(&outcome);
	}
	policy_message_free(&message);
	qsort(took, ROUNDS, sizeof *took, compare);
	return took[ROUNDS / 2];
}

/* ---- one line ---- */

static double
run(const char *what, int size, const char *const *rules, int count, double small)
{
	struct policy_store *store;
	struct policy_snapshot *snapshot = NULL;
	double begun, load, again, decide;
	bool problem;

	make_policy(size, rules, count);
	begun = now_ms();
	must(policy_store_open(path, NULL, &store, NULL) == SMIME_OK);
	load = now_ms() - begun;
	must(policy_store_current(store, &snapshot, &problem, NULL) == SMIME_OK && !problem);
	policy_snapshot_free(&snapshot);
	shell("UPDATE mail_policy SET note = 'edited' WHERE name = 'p0'");
	begun = now_ms();
	must(policy_store_current(store, &snapshot, &problem, NULL) == SMIME_OK && !problem);
	again = now_ms() - begun;
	decide = decide_ms(snapshot);
	(void)printf("%-22s %5d %9.1f %9.1f %9.3f", what, size, load, again, decide);
	(void)(small > 0 ? printf(" %+9.3f\n", decide - small) : printf("\n"));
	policy_snapshot_free(&snapshot);
	policy_store_free(&store);
	remove_database();
	return decide;
}

int
main(void)
{
	static const int sizes[] = { 10, 100, 1000 };
	double small = 0;

	must(mkdtemp(dir) != NULL);
	(void)snprintf(path, sizeof path, "%s/policy.db", dir);
	(void)printf("%-22s %5s %9s %9s %9s %9s\n", "rules", "N", "load ms", "reload ms",
	    "decide ms", "more ms");
	for (int i = 0; i < ROWS(sizes); i++) {
		double took =
		    run("envelope and header", sizes[i], header_rules, ROWS(header_rules), small);

		small = i == 0 ? took : small;
	}
	small = 0;
	for (int i = 0; i < ROWS(sizes); i++) {
		double took = run("2 KiB of text", sizes[i], body_rules, ROWS(body_rules), small);

		small = i == 0 ? took : small;
	}
	must(rmdir(dir) == 0);
	return 0;
}
