/* test_expiry.c - what expires is told once a day, whatever restarts, and stands in the view. */
#include "policy/expiry.h"
#include "support.h"
#include "support_ctl.h"
#include "support_db.h"

#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define DAY  ((int64_t)86400)
#define NOON (PKI_NOW / DAY * DAY + DAY / 2)

static struct policy_db *db;
static struct smime_diag diag;
static struct smime_buf told;
static size_t told_count, alert_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void
setup(void)
{
	ctl_make();
	ck_assert_int_eq(policy_db_init(db_path(), NULL), SMIME_OK);
	diag = (struct smime_diag){ 0 };
}

static void
teardown(void)
{
	policy_db_free(&db);
	smime_buf_reset(&told);
	ctl_remove();
}

static void
tell(void *arg, bool alert, const char *text)
{
	(void)arg;
	(void)pthread_mutex_lock(&lock);
	told_count++;
	alert_count += alert;
	ck_assert_int_eq(smime_buf_appendf(&told, "%s\n", text), SMIME_OK);
	(void)pthread_mutex_unlock(&lock);
}

static struct pki_cert *
until(const char *name, int64_t end)
{
	return pki_make(&(struct pki_spec){ .name = name,
	    .domains = "a.example",
	    .ca = strcmp(name, "ca") == 0,
	    .from = end - 400 * DAY,
	    .to = end });
}

static void
add(const char *table, const char *name, int64_t end)
{
	struct pki_cert *cert = until(table[0] == 't' ? "ca" : name, end);

	if (table[0] == 'c')
		db_add_own(name, cert);
	else if (table[0] == 'p')
		db_add_public_key(name, cert);
	else
		db_add_anchor(name, cert);
	pki_free(&cert);
}

/* One round by a daemon that was just started; how many lines it said. */
static size_t
round_at(int64_t now)
{
	told_count = alert_count = 0;
	told.len = 0;
	policy_db_free(&db);
	ck_assert_int_eq(policy_db_open(db_path(), POLICY_DB_WRITE, &db, &diag), SMIME_OK);
	ck_assert_msg(policy_expiry_round(db, now, tell, NULL, &diag) == SMIME_OK, "%s", diag.text);
	ck_assert_int_eq(smime_buf_terminate(&told), SMIME_OK);
	return told_count;
}

static void
was_told(const char *what)
{
	ck_assert_msg(
	    strstr((char *)told.data, what), "\"%s\" is not in: %s", what, (char *)told.data);
}

START_TEST(each_kind_is_told)
{
	add("certificate", "gw", NOON + 20 * DAY + 5);
	add("public_key", "partner", NOON + 10 * DAY + 5);
	add("trust_anchor", "root", NOON + DAY / 2);
	add("public_key", "late", NOON + 31 * DAY);
	add("public_key", "old", NOON - 2 * DAY);
	add("public_key", "yesterday", NOON - DAY + 5);
	ck_assert_uint_eq(round_at(NOON), 4);
	ck_assert_uint_eq(alert_count, 3);
	was_told("certificate \"gw\" expires in 20 days (");
	was_told("public_key \"partner\" expires in 10 days (");
	was_told("trust_anchor \"root\" expires within a day (");
	was_told("public_key \"yesterday\" expired (");
}
END_TEST

/* 30, 14, 7, 1 days, and every day between: once each, at any hour, and not again by a restart. */
START_TEST(once_a_day_until_it_is_over)
{
	int64_t end = NOON + 30 * DAY + 60;
	size_t days = 0;

	add("public_key", "p", end);
	ck_assert_uint_eq(round_at(NOON - DAY), 0);
	for (int64_t now = NOON; now < end + 5 * DAY; now += 3600) {
		size_t lines = round_at(now);

		ck_assert_uint_le(lines, 1);
		days += lines;
	}
	/* 30 days before, from the second one on, and the day after. */
	ck_assert_uint_ge(days, 31);
	ck_assert_uint_le(days, 32);
}
END_TEST

START_TEST(a_clock_that_went_back_does_not_silence)
{
	add("public_key", "p", NOON + 20 * DAY);
	ck_assert_uint_eq(round_at(NOON + 19 * DAY), 1);
	ck_assert_uint_eq(round_at(NOON), 1);
	ck_assert_uint_eq(round_at(NOON + 3600), 0);
	ck_assert_uint_eq(round_at(NOON + DAY), 1);
}
END_TEST

START_TEST(a_renewed_row_starts_anew)
{
	struct pki_cert *fresh = until("p", NOON + 300 * DAY);
	SMIME_AUTO_BUF pem = { 0 };

	add("public_key", "p", NOON + 5 * DAY);
	ck_assert_uint_eq(round_at(NOON), 1);
	ck_assert_int_eq(smime_cert_pem(fresh->cert, &pem), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&pem), SMIME_OK);
	db_run("UPDATE public_key SET certificate = %Q", (const char *)pem.data);
	ck_assert_uint_eq(round_at(NOON + DAY), 0);
	db_run("DELETE FROM public_key");
	ck_assert_ptr_null(db_shell("CREATE TEMP TABLE t (x CHECK (x = 0));"
				    "INSERT INTO t SELECT count(*) FROM certificate_expiry"));
	pki_free(&fresh);
}
END_TEST

START_TEST(a_flood_is_cut_short)
{
	struct pki_cert *cert = until("p", NOON + 5 * DAY);

	for (int i = 0; i < 105; i++) {
		char name[16];

		(void)snprintf(name, sizeof name, "p%d", i);
		db_add_public_key(name, cert);
	}
	ck_assert_uint_eq(round_at(NOON), 101);
	was_told("5 more certificates expire within 30 days: view expiring");
	ck_assert_uint_eq(round_at(NOON + 60), 0);
	pki_free(&cert);
}
END_TEST

START_TEST(what_does_not_parse_is_left_out)
{
	db_run("INSERT INTO public_key (name, certificate) VALUES"
	       " ('x', '-----BEGIN CERTIFICATE-----x-----END CERTIFICATE-----')");
	add("public_key", "p", NOON + 5 * DAY);
	ck_assert_uint_eq(round_at(NOON), 1);
}
END_TEST

/* By the real clock, as administrators read it: noted by the daemon or not yet. */
START_TEST(the_view_and_check_tell_the_same)
{
	static const struct {
		int64_t days;
		const char *expires;
	} rows[] = { { -3, "expired" }, { 0, "within 1 day" }, { 6, "within 7 days" },
		{ 13, "within 14 days" }, { 29, "within 30 days" } };
	int64_t now = time(NULL);
	char name[16], sql[200];

	add("public_key", "later", now + 31 * DAY);
	for (int i = 0; i < ROWS(rows); i++) {
		(void)snprintf(name, sizeof name, "p%d", i);
		add("public_key", name, now + rows[i].days * DAY + 600);
	}
	ck_assert_int_eq(ctl("check", NULL), EX_OK);
	says("public_key \"p0\" expired (");
	says("public_key \"p2\" expires in 6 days (");
	says_not("later");
	(void)round_at(now);
	ck_assert_int_eq(ctl("check", NULL), EX_OK);
	says("public_key \"p3\" expires in 13 days (");
	says_not("later");
	for (int i = 0; i < ROWS(rows); i++) {
		(void)snprintf(sql, sizeof sql,
		    "CREATE TEMP TABLE t (x CHECK (x = '%s')); INSERT INTO t VALUES ((SELECT"
		    " expires FROM expiring WHERE row_name = 'p%d'))",
		    rows[i].expires, i);
		ck_assert_ptr_null(db_shell(sql));
	}
	ck_assert_ptr_null(db_shell("CREATE TEMP TABLE t (x CHECK (x = 5)); INSERT INTO t SELECT"
				    " count(*) FROM expiring"));
}
END_TEST

static void
harvested(const char *address, const char *state, int64_t end, int64_t used)
{
	static int n;

	db_run("INSERT INTO harvested_key (fingerprint, address, certificate, state, harvested_at,"
	       " expires_at, last_used_at, use_count) VALUES ('f%d', %Q, 'x', %Q, 1, %lld, "
	       "nullif(%lld, 0), %d)",
	    n++, address, state, (long long)end, (long long)used, used > 0);
}

#define HARVESTED                                                                             \
	"SELECT row_name || ':' || expires FROM expiring WHERE table_name = 'harvested_key' " \
	"ORDER BY row_name"

/* Of keys out of mail only those that somebody would miss: the last of an address, in use. */
START_TEST(harvested_keys_in_use_are_told)
{
	int64_t now = time(NULL);

	harvested("soon@b.example", "active", now + 6 * DAY + 600, now - DAY);
	harvested("soon@b.example", "superseded", now + 2 * DAY, now - DAY);
	harvested("gone@b.example", "active", now - DAY / 2, now - DAY);
	harvested("later@b.example", "active", now + 40 * DAY, now - DAY);
	harvested("renewed@b.example", "active", now + 6 * DAY, now - DAY);
	harvested("renewed@b.example", "active", now + 300 * DAY, 0);
	harvested("unused@b.example", "active", now + 6 * DAY, 0);
	harvested("idle@b.example", "active", now + 6 * DAY, now - 40 * DAY);
	harvested("waiting@b.example", "candidate", now + 6 * DAY, now - DAY);
	ck_assert_str_eq(
	    db_query(HARVESTED), "gone@b.example:expired soon@b.example:within 7 days ");
	ck_assert_int_eq(ctl("check", NULL), EX_OK);
	says("harvested_key \"soon@b.example\" expires in 6 days (");
	says_not("idle@");
	ck_assert_uint_eq(round_at(now), 2);
	was_told("harvested_key \"gone@b.example\" expired (");
	ck_assert_uint_eq(round_at(now + 60), 0);
	ck_assert_uint_eq(round_at(now + DAY), 1);
	was_told("harvested_key \"soon@b.example\" expires in 5 days (");
	/* Once the partner has renewed it, it is over; the note that it was told goes, too. */
	harvested("soon@b.example", "active", now + 400 * DAY, 0);
	ck_assert_uint_eq(round_at(now + 2 * DAY), 0);
	ck_assert_str_eq(db_query("SELECT row_name FROM certificate_expiry"), "gone@b.example ");
}
END_TEST

/* What smimectl adds is in the view at once. */
START_TEST(adding_notes_it)
{
	struct pki_cert *cert = until("p", time(NULL) + 3 * DAY);
	SMIME_AUTO_BUF pem = { 0 };

	ck_assert_int_eq(smime_cert_pem(cert->cert, &pem), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&pem), SMIME_OK);
	ctl_input((const char *)pem.data);
	ck_assert_int_eq(ctl("public-key", "add", "-", "--name", "p", NULL), EX_OK);
	ck_assert_ptr_null(
	    db_shell("CREATE TEMP TABLE t (a CHECK (a = 'public_key'), b CHECK (b = 'p'),"
		     " c CHECK (c = 'within 7 days'), n CHECK (n = 1)); INSERT INTO t"
		     " SELECT table_name, row_name, expires, count(*) FROM expiring"));
	pki_free(&cert);
}
END_TEST

/* Until so many lines were said, five seconds at most. */
static void
wait_for(size_t count)
{
	for (int i = 0; i < 500; i++) {
		size_t now;

		(void)pthread_mutex_lock(&lock);
		now = told_count;
		(void)pthread_mutex_unlock(&lock);
		if (now >= count)
			return;
		(void)usleep(10000);
	}
}

START_TEST(a_watch_looks_at_once_and_stops_at_once)
{
	struct policy_expiry_watch *watch;

	add("public_key", "p", time(NULL) + 3 * DAY);
	told_count = 0;
	ck_assert_int_eq(policy_expiry_watch_new(db_path(), tell, NULL, &watch), SMIME_OK);
	wait_for(1);
	policy_expiry_watch_free(&watch);
	ck_assert_ptr_null(watch);
	ck_assert_uint_eq(told_count, 1);
	ck_assert_int_eq(
	    policy_expiry_watch_new("/nonexistent/p.db", tell, NULL, &watch), SMIME_OK);
	wait_for(2);
	policy_expiry_watch_free(&watch);
	ck_assert_uint_eq(told_count, 2);
	ck_assert_int_eq(smime_buf_terminate(&told), SMIME_OK);
	was_told("certificates that expire: policy database /nonexistent/p.db");
}
END_TEST

/* ---- check ---- */

START_TEST(check_goes_on_without_a_passphrase)
{
	FILE *f = fopen(ctl_passphrase_path(), "we");

	ck_assert_ptr_nonnull(f);
	(void)fputs("secret\n", f);
	(void)fclose(f);
	ck_assert_int_eq(chmod(ctl_passphrase_path(), 0644), 0);
	db_run("INSERT INTO message_filter (name, position, script) VALUES ('typo', 1, 'typo: x')");
	ck_assert_int_eq(ctl("check", NULL), EX_CONFIG);
	says("others may read or change it: chmod 0600 it");
	says("message_filter \"typo\"");
	db_run("DELETE FROM message_filter");
	ck_assert_int_eq(ctl("check", NULL), EX_CONFIG);
	ck_assert_int_eq(chmod(ctl_passphrase_path(), 0600), 0);
	ck_assert_int_eq(ctl("check", NULL), EX_OK);
}
END_TEST

START_TEST(names_do_not_reach_the_terminal_raw)
{
	db_run("INSERT INTO content_filter (name, direction, condition) VALUES"
	       " ('a' || char(27) || '[2Jb', 'outgoing', 'x')");
	ck_assert_int_eq(ctl("check", NULL), EX_CONFIG);
	ck_assert_ptr_null(memchr(ctl_out.data, 27, ctl_out.len));
	says("a?[2Jb");
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("expiry");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, each_kind_is_told);
	tcase_add_test(tc, once_a_day_until_it_is_over);
	tcase_add_test(tc, a_clock_that_went_back_does_not_silence);
	tcase_add_test(tc, a_renewed_row_starts_anew);
	tcase_add_test(tc, a_flood_is_cut_short);
	tcase_add_test(tc, what_does_not_parse_is_left_out);
	tcase_add_test(tc, the_view_and_check_tell_the_same);
	tcase_add_test(tc, harvested_keys_in_use_are_told);
	tcase_add_test(tc, adding_notes_it);
	tcase_add_test(tc, a_watch_looks_at_once_and_stops_at_once);
	tcase_add_test(tc, check_goes_on_without_a_passphrase);
	tcase_add_test(tc, names_do_not_reach_the_terminal_raw);
	return suite;
}
