/* test_record.c - what a message puts into log lines, headers and JSON can do no harm there. */
#include "policy/json.h"
#include "policy/process.h"
#include "support.h"

#include <stdio.h>

static const struct {
	const char *value, *log, *json;
} rows[] = {
	{ "plain", "plain", "\"plain\"" }, { "", "\"\"", "\"\"" },
	{ "two words", "\"two words\"", "\"two words\"" },
	{ "a\r\nb: forged", "\"a\\x0d\\x0ab: forged\"", "\"a\\u000d\\u000ab: forged\"" },
	{ "\"quoted\\", "\\x22quoted\\x5c", "\"\\\"quoted\\\\\"" },
	{ "\x1b[31m", "\\x1b[31m", "\"\\u001b[31m\"" },
	{ "Gr\xC3\xBC\xC3\x9F"
	  "e",
	    "Gr\xC3\xBC\xC3\x9F"
	    "e",
	    "\"Gr\xC3\xBC\xC3\x9F"
	    "e\"" },
	{ "\xFF"
	  "x",
	    "\\xffx", "\"\\ufffdx\"" },
	{ "\xC2\x9B"
	  "x",
	    "\\xc2\\x9bx",
	    "\"\xC2\x9B"
	    "x\"" }, /* C1 */
	{ "a\xE2\x80\xAE"
	  "b",
	    "a\\xe2\\x80\\xaeb",
	    "\"a\xE2\x80\xAE"
	    "b\"" },                                               /* bidi override */
	{ "\xE2\x80\xA8", "\\xe2\\x80\\xa8", "\"\xE2\x80\xA8\"" }, /* line separator */
};

START_TEST(a_value_stays_a_value)
{
	SMIME_AUTO_BUF log = { 0 };
	SMIME_AUTO_BUF json = { 0 };

	ck_assert_int_eq(policy_log_value(rows[_i].value, &log), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&log), SMIME_OK);
	ck_assert_str_eq((char *)log.data, rows[_i].log);
	ck_assert_int_eq(policy_json_text(rows[_i].value, &json), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&json), SMIME_OK);
	ck_assert_str_eq((char *)json.data, rows[_i].json);
}
END_TEST

START_TEST(a_long_value_is_cut)
{
	char value[3000];
	SMIME_AUTO_BUF log = { 0 };

	memset(value, 'x', sizeof value - 1);
	value[sizeof value - 1] = 0;
	ck_assert_int_eq(policy_log_value(value, &log), SMIME_OK);
	ck_assert_uint_le(log.len, 1010);
	ck_assert_mem_eq(log.data + log.len - 3, "...", 3);
}
END_TEST

START_TEST(a_long_list_leaves_nobody_out)
{
	SMIME_AUTO_BUF list = { 0 };
	SMIME_AUTO_BUF log = { 0 };

	for (int i = 0; i < 500; i++)
		ck_assert_int_eq(
		    smime_buf_appendf(&list, "%suser%d@\xE2\x80\xAE.example", i > 0 ? "," : "", i),
		    SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&list), SMIME_OK);
	ck_assert_int_eq(policy_log_list("sealed", (char *)list.data, &log), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&log), SMIME_OK);
	ck_assert_ptr_null(strstr((char *)log.data, "..."));
	for (int i = 0; i < 500; i++) {
		char item[64];
		const char *at;

		(void)snprintf(item, sizeof item, "user%d@\\xe2\\x80\\xae.example", i);
		at = strstr((char *)log.data, item);
		ck_assert_msg(at && (at[-1] == ',' || at[-1] == '='), "%s", item);
		at += strlen(item);
		ck_assert(*at == ',' || *at == 0 || strncmp(at, " sealed=user", 12) == 0);
	}
}
END_TEST

START_TEST(a_short_list_is_one_value)
{
	char list[] = "a b,c";
	char one[] = "x";
	char none[] = "";
	SMIME_AUTO_BUF log = { 0 };

	ck_assert_int_eq(policy_log_list("k", list, &log), SMIME_OK);
	ck_assert_int_eq(policy_log_list("l", one, &log), SMIME_OK);
	ck_assert_int_eq(policy_log_list("m", none, &log), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&log), SMIME_OK);
	ck_assert_str_eq((char *)log.data, " k=\"a b,c\" l=x");
}
END_TEST

static const struct {
	struct smime_layer layer;
	const char *value;
} results[] = {
	{ { .type = SMIME_LAYER_SIGNED, .ok = true, .signer = "a@b.example" },
	    "gw; smime=pass\n body.smime-identifier=\"a@b.example\"" },
	{ { .type = SMIME_LAYER_SIGNED,
	      .status = SMIME_E_UNTRUSTED,
	      .token = "bad-signature",
	      .reason = "forged" },
	    "gw; smime=fail\n reason=\"forged\"" },
	{ { .type = SMIME_LAYER_SIGNED, .status = SMIME_E_UNTRUSTED, .token = "expired" },
	    "gw; smime=policy" },
	{ { .type = SMIME_LAYER_SIGNED, .status = SMIME_E_SYNTAX, .token = "malformed" },
	    "gw; smime=neutral" },
	{ { .type = SMIME_LAYER_ENCRYPTED, .ok = true }, "gw; smime=none" },
	/* A name that would end the value, or the line. */
	{ { .type = SMIME_LAYER_SIGNED, .ok = true, .signer = "\"; smime=pass x=\\\xC3\xA9" },
	    "gw; smime=pass\n body.smime-identifier=\"\\\"; smime=pass x=\\\\??\"" },
};

START_TEST(authentication_results_say_what_was_found)
{
	struct smime_opened opened = { .layer_count = 1, .layers = { results[_i].layer } };
	SMIME_AUTO_BUF value = { 0 };

	ck_assert_int_eq(policy_auth_results("gw", &opened, &value), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&value), SMIME_OK);
	ck_assert_str_eq((char *)value.data, results[_i].value);
}
END_TEST

static const struct {
	const char *network, *ip;
	bool holds;
} networks[] = {
	{ "10.0.0.0/8", "10.255.1.2", true },
	{ "10.0.0.0/8", "11.0.0.1", false },
	{ "192.0.2.1", "192.0.2.1", true },
	{ "192.0.2.1", "192.0.2.2", false },
	{ "192.0.2.0/25", "192.0.2.127", true },
	{ "192.0.2.0/25", "192.0.2.128", false },
	{ "0.0.0.0/0", "8.8.8.8", true },
	{ "0.0.0.0/0", "2001:db8::1", false },
	{ "2001:db8::/32", "2001:db8:ffff::1", true },
	{ "2001:db8::/32", "2001:db9::1", false },
	{ "2001:db8::/32", "IPv6:2001:db8::1", true },
	{ "::1", "::1", true },
	{ "::/0", "192.0.2.1", false },
	{ "10.0.0.0/8", "", false },
	{ "10.0.0.0/8", "nonsense", false },
};

START_TEST(a_network_holds_its_addresses)
{
	struct policy_ip_range network;

	ck_assert(policy_ip_range_parse(networks[_i].network, &network));
	ck_assert_int_eq(policy_ip_range_holds(&network, networks[_i].ip), networks[_i].holds);
}
END_TEST

START_TEST(what_is_no_network_is_refused)
{
	static const char *const bad[] = { "", "10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/",
		"x", "10.0.0.0/8x", "10.0.0.0/-1" };
	struct policy_ip_range network;

	for (int i = 0; i < ROWS(bad); i++)
		ck_assert_msg(!policy_ip_range_parse(bad[i], &network), "%s", bad[i]);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("record");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_add_loop_test(tc, a_value_stays_a_value, 0, ROWS(rows));
	tcase_add_test(tc, a_long_value_is_cut);
	tcase_add_test(tc, a_long_list_leaves_nobody_out);
	tcase_add_test(tc, a_short_list_is_one_value);
	tcase_add_loop_test(tc, authentication_results_say_what_was_found, 0, ROWS(results));
	tcase_add_loop_test(tc, a_network_holds_its_addresses, 0, ROWS(networks));
	tcase_add_test(tc, what_is_no_network_is_refused);
	return suite;
}
