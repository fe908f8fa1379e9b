/* test_recipients.c - splintering: the first mail policy by position that a recipient falls under.
 */
#include "recipients.h"
#include "support.h"
#include "support_site.h"

#include <stdio.h>

static void
setup(void)
{
	site_make();
	/* One of the other direction, for everybody: never taken. */
	db_run("INSERT INTO mail_policy (name, direction, position) VALUES ('in', 'incoming', 1);"
	       "INSERT INTO mail_policy_member (mail_policy, side, pattern) VALUES"
	       " ('in', 'sender', 'joe@x.test')");
}

/* The policies of recipients that stand with a blank between them; so do the policies. */
static const char *
policies(const char *sender, const char *recipients, struct policy_trace *trace)
{
	static char out[400];
	char text[400], *at, *rest = NULL;
	const char *address[16];
	struct policy_envelope envelope = { .sender = sender, .recipients = address };
	struct policy_routes routes;

	(void)snprintf(text, sizeof text, "%s", recipients);
	for (at = strtok_r(text, " ", &rest); at; at = strtok_r(NULL, " ", &rest))
		address[envelope.recipient_count++] = at;
	ck_assert_int_eq(
	    policy_routes_make(site.snapshot, POLICY_OUTGOING, &envelope, trace, &routes),
	    SMIME_OK);
	out[0] = 0;
	for (size_t i = 0; i < envelope.recipient_count; i++) {
		const struct policy_mail_policy *p = policy_routes_find(&routes, i, trace);

		(void)snprintf(out + strlen(out), sizeof out - strlen(out), "%s%s",
		    i > 0 ? " " : "", p ? p->name : "(none)");
	}
	policy_routes_reset(&routes);
	return out;
}

/* What the view says: in SQL, for the same message. */
static const char *
answers(const char *sender, const char *recipients)
{
	static char out[400];
	char text[400], *at, *rest = NULL;

	out[0] = 0;
	(void)snprintf(text, sizeof text, "%s", recipients);
	db_run("DELETE FROM ask");
	for (at = strtok_r(text, " ", &rest); at; at = strtok_r(NULL, " ", &rest))
		db_run("INSERT INTO ask (sender, recipient) VALUES (%Q, %Q)", sender, at);
	(void)snprintf(text, sizeof text, "%s", recipients);
	for (at = strtok_r(text, " ", &rest); at; at = strtok_r(NULL, " ", &rest)) {
		char sql[200];

		(void)snprintf(
		    sql, sizeof sql, "SELECT mail_policy FROM answer WHERE recipient = '%s'", at);
		(void)strncat(out, db_query(sql), 100);
	}
	if (out[0])
		out[strlen(out) - 1] = 0;
	return out;
}

/* A policy P of these members ("r:" recipient, "s:" sender, "!" negated) before the default. */
static const struct {
	const char *columns; /* of mail_policy, all of them with their defaults: "" */
	const char *members[5];
	const char *sender, *recipients, *want;
} cases[] = {
	/* The four forms of a pattern, without case. */
	{ "", { "r:ann@a.test" }, "joe@x.test", "Ann@A.test xann@a.test", "P D" },
	{ "", { "r:ann@" }, "joe@x.test", "ann@a.test ANN@b.test anna@a.test", "P P D" },
	{ "", { "r:@a.test" }, "joe@x.test", "a@A.TEST a@b.a.test a@xa.test", "P D D" },
	{ "", { "r:@.a.test" }, "joe@x.test", "a@a.test a@b.a.test a@c.b.a.test", "D P P" },
	/* One of a side is enough, none that is negated, and both sides. */
	{ "", { "r:@a.test", "r:@b.test" }, "joe@x.test", "1@a.test 2@b.test 3@c.test", "P P D" },
	{ "", { "r:@a.test", "r:!ann@a.test" }, "joe@x.test", "ann@a.test bob@a.test", "D P" },
	{ "", { "r:!ann@" }, "joe@x.test", "ann@a.test bob@a.test", "D P" },
	{ "", { "s:joe@", "r:@a.test" }, "joe@x.test", "1@a.test 2@b.test", "P D" },
	{ "", { "s:joe@", "r:@a.test" }, "amy@x.test", "1@a.test 2@b.test", "D D" },
	{ "", { "s:!joe@", "r:@a.test" }, "amy@x.test", "1@a.test 2@b.test", "P D" },
	{ "", { "s:!joe@", "r:@a.test" }, "joe@x.test", "1@a.test 2@b.test", "D D" },
	{ "", { "s:@x.test", "s:!joe@x.test" }, "amy@x.test", "1@a.test", "P" },
	{ "", { "s:@x.test", "s:!joe@x.test" }, "joe@x.test", "1@a.test", "D" },
	/* A sender-only match takes everybody who is left. */
	{ "", { "s:joe@x.test" }, "joe@x.test", "1@a.test 2@b.test", "P P" },
	/* The null sender matches no pattern; and is not whom a negation excludes. */
	{ "", { "s:@x.test" }, "", "1@a.test", "D" },
	{ "", { "s:!@x.test" }, "", "1@a.test", "P" },
	/* sides = either: sender or recipient. */
	{ "sides='either'", { "s:joe@", "r:@a.test" }, "joe@x.test", "1@a.test 2@b.test", "P P" },
	{ "sides='either'", { "s:joe@", "r:@a.test" }, "amy@x.test", "1@a.test 2@b.test", "P D" },
	{ "sides='either'", { "r:@a.test" }, "amy@x.test", "1@a.test 2@b.test", "P D" },
	{ "sides='either'", { "s:joe@" }, "amy@x.test", "1@a.test", "D" },
	/* recipients = all: the message is for each of them; whoever else it is for is not in. */
	{ "recipients='all'", { "r:1@a.test", "r:2@b.test" }, "joe@x.test",
	    "1@a.test 2@b.test 3@c.test", "P P D" },
	{ "recipients='all'", { "r:1@a.test", "r:2@b.test" }, "joe@x.test", "1@a.test 3@c.test",
	    "D D" },
	{ "recipients='all'", { "r:@a.test", "r:@b.test", "r:!3@b.test" }, "joe@x.test",
	    "1@a.test 2@b.test 3@b.test", "P P D" },
	{ "recipients='all',sides='either'", { "s:joe@", "r:1@a.test", "r:2@b.test" }, "amy@x.test",
	    "1@a.test", "D" },
	{ "recipients='all',sides='either'", { "s:joe@", "r:1@a.test", "r:2@b.test" }, "joe@x.test",
	    "1@a.test", "P" },
	/* senders = all: every pattern matches the one sender. */
	{ "senders='all'", { "s:joe@", "s:@.x.test" }, "joe@b.x.test", "1@a.test", "P" },
	{ "senders='all'", { "s:joe@", "s:@.x.test" }, "joe@x.test", "1@a.test", "D" },
	/* A row whose members have not been written yet is nobody's. */
	{ "", { NULL }, "joe@x.test", "1@a.test", "D" },
};

static void
add_members(const char *const *members)
{
	for (; *members; members++) {
		const char *pattern = *members + 2;
		bool negate = pattern[0] == '!';

		db_run("INSERT INTO mail_policy_member (mail_policy, side, pattern, negate)"
		       " VALUES ('P', %Q, %Q, %d)",
		    **members == 's' ? "sender" : "recipient", pattern + negate, negate);
	}
}

START_TEST(members_say_whom_a_policy_is_for)
{
	SMIME_AUTO(policy_trace) trace = NULL;

	db_run("INSERT INTO mail_policy (name, direction, position) VALUES ('P', 'outgoing', 1)");
	if (cases[_i].columns[0])
		db_run("UPDATE mail_policy SET %s WHERE name = 'P'", cases[_i].columns);
	add_members(cases[_i].members);
	site_compile();
	/* The code, the code that explains itself, and the view. */
	for (int how = 0; how < 3; how++) {
		char got[400] = "", *at, *rest = NULL, names[400];

		if (how == 1)
			ck_assert_int_eq(policy_trace_new(&trace), SMIME_OK);
		(void)snprintf(names, sizeof names, "%s",
		    how == 2 ? answers(cases[_i].sender, cases[_i].recipients)
			     : policies(cases[_i].sender, cases[_i].recipients, trace));
		for (at = strtok_r(names, " ", &rest); at; at = strtok_r(NULL, " ", &rest))
			(void)snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s",
			    *got ? " " : "", strcmp(at, "default-outgoing") == 0 ? "D" : at);
		ck_assert_str_eq(got, cases[_i].want);
	}
}
END_TEST

/* Either way to write a domain is the same domain. SQL knows nothing of A-labels: no view here. */
static const struct {
	const char *pattern, *address, *want;
} labels[] = {
	{ "@b\xC3\xBC"
	  "cher.test",
	    "ann@xn--bcher-kva.test", "P" },
	{ "@xn--bcher-kva.test",
	    "ann@b\xC3\xBC"
	    "cher.test",
	    "P" },
	{ "@XN--Bcher-KVA.test",
	    "ann@B\xC3\x9C"
	    "cher.test",
	    "P" },
	{ "@.b\xC3\xBC"
	  "cher.test",
	    "ann@mail.xn--bcher-kva.test", "P" },
	{ "@.b\xC3\xBC"
	  "cher.test",
	    "ann@xn--bcher-kva.test", "default-outgoing" },
	{ "j\xC3\xBCrg@b\xC3\xBC"
	  "cher.test",
	    "j\xC3\xBCrg@xn--bcher-kva.test", "P" },
	{ "j\xC3\xBCrg@", "j\xC3\xBCrg@xn--bcher-kva.test", "P" },
	{ "@b\xC3\xBC"
	  "cher.test",
	    "ann@xn--bucher-kva.test", "default-outgoing" },
};

START_TEST(a_domain_is_one_in_either_form)
{
	for (int either = 0; either < 2; either++) {
		const char *members[] = { NULL, NULL };
		char member[100];

		(void)snprintf(
		    member, sizeof member, "%s%s", either ? "s:" : "r:", labels[_i].pattern);
		members[0] = member;
		db_run("DELETE FROM mail_policy WHERE name = 'P'; INSERT INTO mail_policy (name,"
		       " direction, position) VALUES ('P', 'outgoing', 1)");
		add_members(members);
		site_compile();
		ck_assert_str_eq(either ? policies(labels[_i].address, "x@y.test", NULL)
					: policies("x@y.test", labels[_i].address, NULL),
		    labels[_i].want);
	}
}
END_TEST

/* The worked example: 1 (recipient @a), 2 (sender joe), default; joe writes to three. */
static void
worked_example(void)
{
	db_run("INSERT INTO mail_policy (name, direction, position) VALUES ('2', 'outgoing', 2),"
	       " ('1', 'outgoing', 1);"
	       "INSERT INTO mail_policy_member (mail_policy, side, pattern) VALUES"
	       " ('1', 'recipient', '@a.test'), ('2', 'sender', 'joe@x.test')");
	site_compile();
}

START_TEST(position_decides_and_a_sender_takes_the_rest)
{
	worked_example();
	ck_assert_str_eq(policies("joe@x.test", "1@b.test 2@a.test 3@c.test", NULL), "2 1 2");
	ck_assert_str_eq(policies("amy@x.test", "1@b.test 2@a.test 3@c.test", NULL),
	    "default-outgoing 1 default-outgoing");
}
END_TEST

START_TEST(the_trace_says_why_it_was_not_an_earlier_one)
{
	SMIME_AUTO(policy_trace) trace = NULL;
	struct smime_bytes text;
	const char *want = "  mail policy 1: no\n"
			   "    recipient 1@b.test matches none of its members\n"
			   "  mail policy 2: no\n"
			   "    sender <> matches none of its members\n"
			   "  mail policy default-outgoing: yes, it is for everybody that is left\n"
			   "  mail policy 1: yes\n"
			   "    recipient 2@a.test matches @a.test\n";

	worked_example();
	ck_assert_int_eq(policy_trace_new(&trace), SMIME_OK);
	(void)policies("", "1@b.test 2@a.test", trace);
	text = policy_trace_text(trace);
	ck_assert_msg(text.len == strlen(want) && memcmp(text.data, want, text.len) == 0, "%.*s",
	    (int)text.len, (const char *)text.data);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("recipients");
	TCase *tc = tcase_create("recipients");

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, setup, site_remove);
	tcase_add_loop_test(tc, members_say_whom_a_policy_is_for, 0, ROWS(cases));
	tcase_add_loop_test(
	    tc, a_domain_is_one_in_either_form, 0, (int)(sizeof labels / sizeof *labels));
	tcase_add_test(tc, position_decides_and_a_sender_takes_the_rest);
	tcase_add_test(tc, the_trace_says_why_it_was_not_an_earlier_one);
	return suite;
}
