/* test_final.c - which filters run, which action ends them, and which mark is the last: what
 * becomes of one splinter. */
#include "support.h"
#include "support_site.h"

static struct pki_cert *ours;
static void
make_certificates(void)
{
	ours = pki_make(&(struct pki_spec){ .name = "gw", .domains = "a.example" });
}

static void
free_certificates(void)
{
	pki_free(&ours);
}

#define TEXT "From: user@a.example\r\nTo: x@b.example\r\nSubject: s\r\n\r\nhello\r\n"

static void
setup(void)
{
	site_make();
	db_add_own("gw", ours);
	db_run("INSERT INTO sending_profile (name, mode, signing_certificate) VALUES"
	       " ('p', 'sign', 'gw'), ('q', 'sign', 'gw')");
	site_message("user@a.example", TEXT, strlen(TEXT));
	site_recipients("x@b.example");
}

/* A filter of these actions, "name argument", separated by ';'. */
static void
add_actions(const char *filter, const char *actions)
{
	char text[200], *rest = NULL;
	int position = 0;

	(void)strncpy(text, actions, sizeof text - 1);
	text[sizeof text - 1] = 0;
	for (char *at = strtok_r(text, ";", &rest); at; at = strtok_r(NULL, ";", &rest)) {
		char *argument = strchr(at, ' ');

		if (argument)
			*argument++ = 0;
		db_run("INSERT INTO content_filter_action (content_filter, position, action,"
		       " argument, sending_profile) VALUES (%Q, %d, %Q, %Q, %Q)",
		    filter, ++position, at, strncmp(at, "smime", 5) && argument ? argument : "",
		    strncmp(at, "smime", 5) ? NULL : argument);
	}
}

static const struct {
	const char *message_filter; /* its block; NULL: none */
	const char *content[4];     /* content filters, in order */
	enum policy_final final;
	const char *profile, *quarantine, *ran; /* NULL: none; names of the filters that ran */
} cases[] = {
	/* The last mark wins, wherever it was made; a final seal is more than a mark. */
	{ NULL, { "smime-gateway-deferred p", "smime-gateway-deferred q" }, POLICY_DELIVER, "q",
	    NULL, "1 2 " },
	{ NULL, { "smime-gateway-deferred p;smime-gateway-deferred q" }, POLICY_DELIVER, "q", NULL,
	    "1 " },
	{ NULL, { "smime-gateway-deferred p", "smime-gateway q", "drop" }, POLICY_DELIVER, "q",
	    NULL, "1 2 " },
	{ NULL, { "smime-gateway p", "smime-gateway-deferred q" }, POLICY_DELIVER, "p", NULL,
	    "1 " },
	{ "{ smime-gateway-deferred('p'); }", { "no-op" }, POLICY_DELIVER, "p", NULL, "1 " },
	{ "{ smime-gateway-deferred('p'); }", { "smime-gateway-deferred q" }, POLICY_DELIVER, "q",
	    NULL, "1 " },
	/* What is marked is sealed, however it is delivered. */
	{ NULL, { "smime-gateway-deferred p", "deliver", "drop" }, POLICY_DELIVER, "p", NULL,
	    "1 2 " },
	{ NULL, { "smime-gateway-deferred p", "skip-filters", "drop" }, POLICY_DELIVER, "p", NULL,
	    "1 2 " },
	{ NULL, { "smime-gateway-deferred p;quarantine A", "quarantine B" }, POLICY_DELIVER, "p",
	    "B", "1 2 " },
	{ "{ smime-gateway-deferred('p'); deliver(); }", { "drop" }, POLICY_DELIVER, "p", NULL,
	    NULL },
	/* Or not delivered. */
	{ NULL, { "smime-gateway-deferred p", "drop", "bounce" }, POLICY_DROP, "p", NULL, "1 2 " },
	{ NULL, { "smime-gateway-deferred p", "bounce", "drop" }, POLICY_BOUNCE, "p", NULL,
	    "1 2 " },
	/* A final action ends its own filter, too. */
	{ NULL, { "drop;smime-gateway-deferred p" }, POLICY_DROP, NULL, NULL, "1 " },
	/* skip-filters skips message filters; content filters have their turn. */
	{ "{ skip-filters(); drop(); }", { "smime-gateway p" }, POLICY_DELIVER, "p", NULL, "1 " },
	{ "{ drop(); }", { "smime-gateway p" }, POLICY_DROP, NULL, NULL, NULL },
	{ "{ bounce(); }", { "smime-gateway p" }, POLICY_BOUNCE, NULL, NULL, NULL },
	{ "{ smime-gateway('q'); }", { "drop" }, POLICY_DELIVER, "q", NULL, NULL },
	{ "{ quarantine('A'); }", { "no-op" }, POLICY_DELIVER, NULL, "A", "1 " },
	{ NULL, { NULL }, POLICY_DELIVER, NULL, NULL, NULL },
};

START_TEST(actions_end_filters_and_the_last_mark_wins)
{
	const struct policy_splinter *s;
	char ran[40] = "";

	if (cases[_i].message_filter)
		db_run("INSERT INTO message_filter (name, position, script) VALUES"
		       " ('m', 1, 'm: if true ' || %Q),"
		       " ('n', 2, 'n: if (subject == \"never\") { drop(); }')",
		    cases[_i].message_filter);
	for (int i = 0; i < 4 && cases[_i].content[i]; i++) {
		char name[2] = { (char)('1' + i), 0 };

		db_run("INSERT INTO content_filter (name, direction) VALUES (%Q, 'outgoing');"
		       "INSERT INTO mail_policy_filter (mail_policy, position, content_filter)"
		       " VALUES ('default-outgoing', %d, %Q)",
		    name, i + 1, name);
		add_actions(name, cases[_i].content[i]);
	}
	site_run(true);
	ck_assert_uint_eq(site.outcome->plan->splinter_count, 1);
	s = &site.outcome->plan->splinters[0];
	ck_assert_int_eq(s->final, cases[_i].final);
	ck_assert_pstr_eq(s->profile ? s->profile->name : NULL, cases[_i].profile);
	ck_assert_pstr_eq(s->quarantine, cases[_i].quarantine);
	for (size_t i = 0; i < s->filter_count; i++) {
		(void)strncat(ran, s->filters[i].name, 2);
		(void)strncat(ran, " ", 2);
	}
	ck_assert_str_eq(ran, cases[_i].ran ? cases[_i].ran : "");
	/* What was to be sealed never leaves as it is. */
	for (size_t i = 0; s->profile && i < site.outcome->copy_count; i++)
		ck_assert_int_eq(site.outcome->copies[i].treatment, POLICY_SEALED);
	ck_assert_uint_eq(site.outcome->copy_count, s->final == POLICY_DELIVER);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("final");
	TCase *tc = tcase_create("final");

	suite_add_tcase(suite, tc);
	tcase_add_unchecked_fixture(tc, make_certificates, free_certificates);
	tcase_add_checked_fixture(tc, setup, site_remove);
	tcase_add_loop_test(tc, actions_end_filters_and_the_last_mark_wins, 0, ROWS(cases));
	return suite;
}
