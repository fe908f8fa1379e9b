/* test_message.c - addresses as an MTA gives them, and as policies see them. */
#include "policy/message.h"
#include "support.h"

static const struct {
	const char *given, *plain;
} addresses[] = {
	{ "<ann@b.example>", "ann@b.example" },
	{ "ann@b.example", "ann@b.example" },
	{ "<>", "" },
	{ "", "" },
	{ "postmaster", "postmaster" },
	{ "<\"ann\"@b.example>", "ann@b.example" },
	{ "\"a\\nn.b\"@b.example.", "ann.b@b.example" },
	{ "<ann@b.example.>", "ann@b.example" },
	/* quotes that are needed, and what is no address */
	{ "\"ann b\"@b.example", "\"ann b\"@b.example" },
	{ "\"ann@c.example\"@b.example", "\"ann@c.example\"@b.example" },
	{ "\".ann\"@b.example", "\".ann\"@b.example" },
	{ "\"a..n\"@b.example", "\"a..n\"@b.example" },
	{ "\"a\\\"n\"@b.example", "\"a\\\"n\"@b.example" },
	{ "\"\"@b.example", "\"\"@b.example" },
	{ "\"@b.example", "\"@b.example" },
	{ "\"\\\"@b.example", "\"\\\"@b.example" },
	{ "ann@b.example..", "ann@b.example.." },
	{ "ann@.", "ann@." },
	{ "ann@", "ann@" },
	{ "\"j\xC3\xBC\"@b.example", "j\xC3\xBC@b.example" },
};

START_TEST(policies_see_plain_addresses)
{
	SMIME_AUTO(policy_message) m = NULL;

	ck_assert_int_eq(policy_message_new(&m), SMIME_OK);
	ck_assert_int_eq(policy_message_add_recipient(m, addresses[_i].given, NULL), SMIME_OK);
	ck_assert_str_eq(m->recipients[0].address, addresses[_i].plain);
	ck_assert_str_eq(m->recipients[0].exact, addresses[_i].given);
	ck_assert_int_eq(policy_message_set(&m->mail_from, addresses[_i].given), SMIME_OK);
	ck_assert_int_eq(policy_message_plain_sender(m), SMIME_OK);
	ck_assert_str_eq(m->mail_from, addresses[_i].plain);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("message");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, policies_see_plain_addresses, 0, ROWS(addresses));
	return suite;
}
