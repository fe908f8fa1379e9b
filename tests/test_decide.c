/* test_decide.c - a pattern that runs away: what each kind of filter becomes, and that the log says
 * so. Nothing is lost, and nothing leaves unsealed, for want of an answer. */
#include "policy/db.h"
#include "support.h"
#include "support_site.h"

#include <stdio.h>
#include <stdlib.h>

static struct pki_cert *partner, *own;

#define A10 "aaaaaaaaaa"
#define TEXT                                                                           \
	"From: user@a.example\r\nTo: x@b.example\r\nSubject: " A10 A10 A10 A10 A10 A10 \
	"!\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nhello canary\r\n"
#define RUNAWAY "subject == '^(a+)+$'"

static void
make_certificates(void)
{
	partner = pki_make(&(struct pki_spec){ .name = "partner",
	    .domains = "b.example",
	    .key = "rsa-2048",
	    .usage = "sign encipher" });
	own = pki_make(&(struct pki_spec){ .name = "own", .domains = "a.example" });
}

static void
free_certificates(void)
{
	pki_free(&partner);
	pki_free(&own);
}

static void
setup(void)
{
	site_make();
	db_add_public_key("partner", partner);
	db_add_own("own", own);
	db_run("INSERT INTO sending_profile (name, mode) VALUES ('encrypt', 'encrypt');"
	       "INSERT INTO sending_profile (name, mode, signing_certificate)"
	       " VALUES ('sign', 'sign', 'own');"
	       "INSERT INTO sending_profile (name, mode, missing_key_action)"
	       " VALUES ('split', 'encrypt', 'split');"
	       "INSERT INTO sender_group (name, position, mail_flow_policy)"
	       " VALUES ('IN', 1, 'accept');"
	       "INSERT INTO sender_group_member (sender_group, kind, value)"
	       " VALUES ('IN', 'network', '192.0.2.0/24');");
	site_message("user@a.example", TEXT, strlen(TEXT));
	ck_assert_int_eq(policy_message_set(&site.message->queue_id, "4Q1"), SMIME_OK);
	site_recipients("<x@b.example>");
}

static void
teardown(void)
{
	site_remove();
}

enum result {
	SEALED,
	HELD,
	REFUSED,
	CLEAR,
};

static enum result
run(bool incoming)
{
	ck_assert_int_eq(
	    policy_message_set(&site.message->client_ip, incoming ? "192.0.2.1" : "127.0.0.1"),
	    SMIME_OK);
	site_run(false);
	if (site.outcome->reply == POLICY_REPLY_REJECT)
		return REFUSED;
	ck_assert_uint_eq(site.outcome->copy_count, 1);
	if (site.outcome->copies[0].quarantine)
		return HELD;
	return site.outcome->copies[0].entity ? SEALED : CLEAR;
}

/* action and argument of up to two rows; profile when the argument is one. */
static const struct {
	const char *action[2], *argument[2], *profile[2];
	enum result outgoing, incoming;
} contents[] = {
	{ { "smime-gateway" }, { NULL }, { "encrypt" }, SEALED, SEALED },
	{ { "smime-gateway" }, { NULL }, { "sign" }, REFUSED, HELD },
	{ { "smime-gateway-deferred" }, { NULL }, { "encrypt" }, SEALED, SEALED },
	{ { "quarantine" }, { "P" }, { NULL }, HELD, HELD },
	{ { "bounce" }, { NULL }, { NULL }, REFUSED, REFUSED },
	{ { "drop" }, { NULL }, { NULL }, REFUSED, HELD },
	{ { "deliver" }, { NULL }, { NULL }, CLEAR, CLEAR },
	{ { "smime-gateway-deferred", "deliver" }, { NULL }, { "encrypt", NULL }, REFUSED, HELD },
	{ { "log-entry" }, { "x" }, { NULL }, CLEAR, CLEAR },
	{ { "smime-gateway" }, { NULL }, { "split" }, REFUSED, HELD },
	{ { "smime-gateway-deferred" }, { NULL }, { "sign" }, SEALED, SEALED },
	/* Another filter may look at the field. */
	{ { "insert-header" }, { "[\"X-A\", \"b\"]" }, { NULL }, REFUSED, HELD },
	{ { "strip-header" }, { "X-A" }, { NULL }, REFUSED, HELD },
	{ { "edit-header-text" }, { "[\"X-A\", \"b\", \"c\"]" }, { NULL }, REFUSED, HELD },
};

static void
add_content_filter(int i, const char *direction)
{
	db_run("INSERT INTO content_filter (name, direction, condition) VALUES ('cf', %Q, %Q);"
	       "INSERT INTO mail_policy_filter (mail_policy, position, content_filter)"
	       " VALUES ('default-' || %Q, 1, 'cf')",
	    direction, RUNAWAY, direction);
	for (int k = 0; k < 2 && contents[i].action[k]; k++)
		db_run("INSERT INTO content_filter_action (content_filter, position, action,"
		       " argument, sending_profile) VALUES ('cf', %d, %Q, %Q, %Q)",
		    k + 1, contents[i].action[k],
		    contents[i].argument[k] ? contents[i].argument[k] : "", contents[i].profile[k]);
}

static void
check_log(const char *name)
{
	char want[100];
	bool found = false;

	(void)snprintf(want, sizeof want, "filter %s could not be evaluated", name);
	for (size_t i = 0; i < site.outcome->plan->log_entry_count; i++)
		found = found || strstr(site.outcome->plan->log_entries[i], want);
	ck_assert(found);
	ck_assert_ptr_nonnull(strstr(site.outcome->record, "strict=1"));
}

START_TEST(a_content_filter_takes_the_stricter_outcome)
{
	add_content_filter(_i, "outgoing");
	ck_assert_int_eq(run(false), contents[_i].outgoing);
	check_log("cf");
}
END_TEST

/* Of two marks the last one wins, but one that nobody knows of takes no encryption away. */
static const struct {
	const char *mark, *unknown;
	enum result outgoing;
} marks[] = {
	{ "encrypt", "sign", REFUSED },
	{ "encrypt", "split", REFUSED },
	{ "encrypt", "encrypt", SEALED },
	{ "sign", "encrypt", SEALED },
	{ "split", "split", SEALED },
	{ "split", "encrypt", SEALED },
};

START_TEST(a_mark_is_not_replaced_by_a_lesser_one)
{
	for (int i = 0; i < 2; i++)
		db_run("INSERT INTO content_filter (name, direction, condition)"
		       " VALUES (%Q, 'outgoing', %Q);"
		       "INSERT INTO content_filter_action (content_filter, position, action,"
		       " sending_profile) VALUES (%Q, 1, 'smime-gateway-deferred', %Q);"
		       "INSERT INTO mail_policy_filter (mail_policy, position, content_filter)"
		       " VALUES ('default-outgoing', %d, %Q)",
		    i ? "cf" : "known", i ? RUNAWAY : "", i ? "cf" : "known",
		    i ? marks[_i].unknown : marks[_i].mark, i + 1, i ? "cf" : "known");
	ck_assert_int_eq(run(false), marks[_i].outgoing);
	check_log("cf");
}
END_TEST

START_TEST(so_it_does_on_arriving_mail)
{
	add_content_filter(_i, "incoming");
	ck_assert_int_eq(run(true), contents[_i].incoming);
	check_log("cf");
}
END_TEST

static const char *const scripts[] = {
	"mf: if " RUNAWAY " { drop(); }",
	"mf: if true { no-op(); if not " RUNAWAY " { deliver(); } }",
	"mf: if true { edit-header-text('Subject', '^(a+)+$', 'b'); }",
};

START_TEST(a_message_filter_refuses_or_holds)
{
	db_run("INSERT INTO message_filter (name, position, script) VALUES ('mf', 1, %Q)",
	    scripts[_i / 2]);
	ck_assert_int_eq(run(_i % 2), _i % 2 ? HELD : REFUSED);
	check_log("mf");
}
END_TEST

START_TEST(an_edit_of_a_content_filter_that_runs_away_refuses)
{
	db_run("INSERT INTO content_filter (name, direction) VALUES ('cf', 'outgoing');"
	       "INSERT INTO content_filter_action (content_filter, position, action, argument)"
	       " VALUES ('cf', 1, 'edit-header-text', '[\"Subject\", \"^(a+)+$\", \"b\"]');"
	       "INSERT INTO mail_policy_filter (mail_policy, position, content_filter)"
	       " VALUES ('default-outgoing', 1, 'cf')");
	ck_assert_int_eq(run(false), REFUSED);
	check_log("cf");
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("decide");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_unchecked_fixture(tc, make_certificates, free_certificates);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_content_filter_takes_the_stricter_outcome, 0, ROWS(contents));
	tcase_add_loop_test(tc, a_mark_is_not_replaced_by_a_lesser_one, 0, ROWS(marks));
	tcase_add_loop_test(tc, so_it_does_on_arriving_mail, 0, ROWS(contents));
	tcase_add_loop_test(tc, a_message_filter_refuses_or_holds, 0, 2 * ROWS(scripts));
	tcase_add_test(tc, an_edit_of_a_content_filter_that_runs_away_refuses);
	return suite;
}
