/* test_flow.c - the first sender group by position that matches names the flow policy. */
#include "support.h"
#include "support_site.h"

static void
client(const char *ip, const char *name, const char *listener, const char *user)
{
	ck_assert_int_eq(policy_message_set(&site.message->client_ip, ip), SMIME_OK);
	ck_assert_int_eq(policy_message_set(&site.message->client_name, name), SMIME_OK);
	ck_assert_int_eq(policy_message_set(&site.message->listener, listener), SMIME_OK);
	ck_assert_int_eq(policy_message_set(&site.message->auth_user, user), SMIME_OK);
}

/* A group G of one member before the others; the client is in it, or falls under ALL. */
static const struct {
	const char *kind, *value;
	const char *ip, *name, *listener, *user;
	bool in;
} members[] = {
	{ "network", "192.0.2.0/24", "192.0.2.255", "", "", "", true },
	{ "network", "192.0.2.0/24", "192.0.3.0", "", "", "", false },
	{ "network", "192.0.2.0/25", "192.0.2.128", "", "", "", false },
	{ "network", "192.0.2.7", "192.0.2.7", "", "", "", true },
	{ "network", "192.0.2.7", "192.0.2.70", "", "", "", false },
	{ "network", "192.0.2.0/24", "::ffff:192.0.2.1", "", "", "", true },
	{ "network", "192.0.2.0/24", "", "", "", "", false },
	{ "network", "0.0.0.0/0", "198.51.100.1", "", "", "", true },
	{ "network", "0.0.0.0/0", "2001:db8::1", "", "", "", false },
	{ "network", "2001:db8::/32", "2001:db8:1::7", "", "", "", true },
	{ "network", "2001:db8::/32", "IPv6:2001:db8:1::7", "", "", "", true },
	{ "network", "2001:db8::/33", "2001:db8:8000::7", "", "", "", false },
	{ "network", "2001:DB8::1", "2001:db8:0:0:0:0:0:1", "", "", "", true },
	{ "network", "::/0", "2001:db8::1", "", "", "", true },
	{ "network", "::/0", "198.51.100.1", "", "", "", false },
	{ "host", "mail.example.com", "198.51.100.1", "MAIL.example.com", "", "", true },
	{ "host", "mail.example.com", "198.51.100.1", "xmail.example.com", "", "", false },
	{ "host", "mail.example.com", "198.51.100.1", "", "", "", false },
	{ "host", ".example.com", "198.51.100.1", "a.b.Example.com", "", "", true },
	{ "host", ".example.com", "198.51.100.1", "example.com", "", "", false },
	{ "host", ".example.com", "198.51.100.1", "badexample.com", "", "", false },
	{ "host", ".example.com", "198.51.100.1", "example.com.evil.test", "", "", false },
	{ "listener", "submission", "198.51.100.1", "", "submission", "", true },
	{ "listener", "submission", "198.51.100.1", "", "smtp", "", false },
	{ "authenticated", "", "198.51.100.1", "", "", "joe", true },
	{ "authenticated", "", "198.51.100.1", "", "", "", false },
	{ "all", "", "", "", "", "", true },
};

START_TEST(a_member_says_who_is_in)
{
	const struct policy_sender_group *group;

	db_run("DELETE FROM sender_group_member WHERE kind = 'authenticated';"
	       "INSERT INTO mail_flow_policy (name, behavior) VALUES ('mine', 'relay');"
	       "INSERT INTO sender_group (name, position, mail_flow_policy) VALUES"
	       " ('G', 1, 'mine');"
	       "INSERT INTO sender_group_member (sender_group, kind, value) VALUES ('G', %Q, %Q)",
	    members[_i].kind, members[_i].value);
	site_compile();
	client(members[_i].ip, members[_i].name, members[_i].listener, members[_i].user);
	group = policy_flow_match(site.snapshot, site.message, NULL);
	ck_assert_ptr_nonnull(group);
	ck_assert_str_eq(group->name, members[_i].in ? "G" : "ALL");
	ck_assert_int_eq(
	    group->flow->direction, members[_i].in ? POLICY_OUTGOING : POLICY_INCOMING);
}
END_TEST

START_TEST(position_decides_and_the_trace_says_why)
{
	SMIME_AUTO(policy_trace) trace = NULL;
	SMIME_AUTO_BUF text = { 0 };
	struct smime_bytes why;

	db_run("INSERT INTO sender_group (name, position, mail_flow_policy) VALUES"
	       " ('A-later', 20, 'relay'), ('Z-first', 10, 'accept'), ('empty', 5, 'relay');"
	       "INSERT INTO sender_group_member (sender_group, kind, value) VALUES"
	       " ('A-later', 'all', ''), ('Z-first', 'host', '.example.com'),"
	       " ('Z-first', 'network', '10.0.0.0/8')");
	site_compile();
	client("10.1.2.3", "", "", "");
	ck_assert_int_eq(policy_trace_new(&trace), SMIME_OK);
	ck_assert_str_eq(policy_flow_match(site.snapshot, site.message, trace)->name, "Z-first");
	why = policy_trace_text(trace);
	ck_assert_int_eq(smime_buf_append(&text, why.data, why.len), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&text), SMIME_OK);
	ck_assert_str_eq((const char *)text.data,
	    "sender group empty: no, it has no members\n"
	    "sender group Z-first\n"
	    "  host .example.com: no, the client's verified name is (none)\n"
	    "  network 10.0.0.0/8: yes, the client is 10.1.2.3\n"
	    "mail flow policy accept: incoming, layers are not opened (smime_open is 0)\n");
}
END_TEST

START_TEST(without_a_group_it_is_incoming)
{
	db_run("DELETE FROM sender_group");
	site_compile();
	client("127.0.0.1", "", "", "joe");
	ck_assert_ptr_null(policy_flow_match(site.snapshot, site.message, NULL));
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("flow");
	TCase *tc = tcase_create("flow");

	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(tc, site_make, site_remove);
	tcase_add_loop_test(tc, a_member_says_who_is_in, 0, ROWS(members));
	tcase_add_test(tc, position_decides_and_the_trace_says_why);
	tcase_add_test(tc, without_a_group_it_is_incoming);
	return suite;
}
