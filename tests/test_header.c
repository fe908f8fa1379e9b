/* test_header.c - fields, instances and fates; values that no MTA can misread. */
#include "policy/header.h"
#include "support.h"

#include <stdlib.h>

static struct policy_header *header;

static void
teardown(void)
{
	policy_header_free(&header);
	ck_assert_ptr_null(header);
}

static void
read_header(const char *message)
{
	policy_header_free(&header);
	ck_assert_int_eq(policy_header_read(smime_bytes_str(message), &header, NULL), SMIME_OK);
}

static void
add(const char *name, const char *value, enum policy_fate where)
{
	ck_assert_int_eq(policy_header_add(header, name, smime_bytes_str(value), where), SMIME_OK);
}

START_TEST(fields_are_read_with_their_folds)
{
	read_header("Subject: a\r\n b\r\nX-Sp : v \r\nEmpty:\r\nSUBJECT:\tc\r\n\r\nbody: no\r\n");
	ck_assert_uint_eq(header->count, 4);
	ck_assert_uint_eq(header->body_at, 49);
	ck_assert_str_eq(header->field[1].name, "X-Sp");
	ck_assert(
	    smime_bytes_equal(policy_header_value(&header->field[0]), smime_bytes_str("a\r\n b")));
	ck_assert(smime_bytes_equal(policy_header_value(&header->field[1]), smime_bytes_str("v ")));
	ck_assert_uint_eq(policy_header_value(&header->field[2]).len, 0);
	ck_assert(smime_bytes_equal(policy_header_value(&header->field[3]), smime_bytes_str("c")));
	ck_assert_uint_eq(policy_header_instance(header, 0), 1);
	ck_assert_uint_eq(policy_header_instance(header, 3), 2);
}
END_TEST

START_TEST(odd_headers_are_read_too)
{
	read_header("");
	ck_assert_uint_eq(header->count, 0);
	read_header("\n");
	ck_assert_uint_eq(header->body_at, 1);
	read_header("From x@y Mon\nA: 1");
	ck_assert_uint_eq(header->count, 2);
	ck_assert_str_eq(header->field[0].name, "");
	ck_assert_str_eq(header->field[1].name, "A");
	read_header(" begins with a blank: x\nA: 1\n");
	ck_assert_str_eq(header->field[0].name, "");
	read_header(":no name\n");
	ck_assert_str_eq(header->field[0].name, "");
	ck_assert(
	    smime_bytes_equal(policy_header_value(&header->field[0]), smime_bytes_str("no name")));
}
END_TEST

START_TEST(too_many_fields_are_a_limit)
{
	struct smime_diag diag = { 0 };
	SMIME_AUTO_BUF many = { 0 };

	for (int i = 0; i < 10000; i++)
		ck_assert_int_eq(smime_buf_append(&many, "a:\n", 3), SMIME_OK);
	ck_assert_int_eq(policy_header_read(smime_buf_bytes(&many), &header, &diag), SMIME_OK);
	policy_header_free(&header);
	ck_assert_int_eq(smime_buf_append(&many, "a:\n", 3), SMIME_OK);
	ck_assert_int_eq(policy_header_read(smime_buf_bytes(&many), &header, &diag), SMIME_E_LIMIT);
	ck_assert_str_eq(diag.token, "header");
	ck_assert_ptr_null(header);
}
END_TEST

START_TEST(removing_forgets_new_fields_and_keeps_count_of_received_ones)
{
	read_header("A: 1\nB: 2\na: 3\n");
	add("A", "new", POLICY_FIELD_ADDED);
	add("a", "top", POLICY_FIELD_ON_TOP);
	ck_assert_uint_eq(policy_header_instance(header, 0), 0);
	ck_assert_uint_eq(policy_header_instance(header, 3), 2);
	policy_header_remove(header, "a");
	ck_assert_uint_eq(header->count, 3);
	ck_assert_int_eq(header->field[0].fate, POLICY_FIELD_REMOVED);
	ck_assert_int_eq(header->field[1].fate, POLICY_FIELD_KEPT);
	ck_assert_int_eq(header->field[2].fate, POLICY_FIELD_REMOVED);
	ck_assert_uint_eq(policy_header_instance(header, 2), 2);
}
END_TEST

START_TEST(changing_a_new_field_leaves_it_new)
{
	read_header("A: 1\n");
	add("B", "2", POLICY_FIELD_ADDED);
	ck_assert_int_eq(policy_header_change(header, 0, smime_bytes_str("one")), SMIME_OK);
	ck_assert_int_eq(policy_header_change(header, 1, smime_bytes_str("two")), SMIME_OK);
	ck_assert_int_eq(header->field[0].fate, POLICY_FIELD_CHANGED);
	ck_assert_str_eq(header->field[0].value, "one");
	ck_assert_int_eq(header->field[1].fate, POLICY_FIELD_ADDED);
	ck_assert_str_eq(header->field[1].value, "two");
}
END_TEST

/* Pitfall 3: a value never holds CR; no value begins a field or ends the header. */
static const struct {
	const char *in, *want;
} values[] = {
	{ "plain", "plain" },
	{ " \t leading and trailing \t ", "leading and trailing" },
	{ "a\r\n b", "a\n b" },
	{ "a\r\n\tb", "a\n\tb" },
	{ "a\nX-Injected: b", "a\n X-Injected: b" },
	{ "a\r\n\r\nbody", "a\n body" },
	{ "a\n  \n b", "a\n   b" },
	{ "a\rb", "ab" },
	{ "a\n", "a" },
	{ "a\n \t\n ", "a" },
	{ "\n\n", "" },
	{ "", "" },
};

START_TEST(pitfall_3_values_are_cleaned)
{
	read_header("");
	add("X", values[_i].in, POLICY_FIELD_ADDED);
	ck_assert_str_eq(header->field[0].value, values[_i].want);
}
END_TEST

/* Length of the longest line of "X-Name: value". */
static size_t
longest_line(const char *name, const char *value)
{
	size_t longest = 0;
	size_t used = strlen(name) + 2;

	for (;; value++) {
		if (*value && *value != '\n') {
			used++;
			continue;
		}
		longest = used > longest ? used : longest;
		used = 0;
		if (!*value)
			return longest;
	}
}

START_TEST(long_values_are_folded_where_they_have_blanks)
{
	char value[2000] = "";

	for (int i = 0; i < 150; i++)
		strcat(value, i % 7 ? "word; " : "longer-word=12345  ");
	read_header("");
	add("Content-Type", value, POLICY_FIELD_ADDED);
	ck_assert_uint_le(longest_line("Content-Type", header->field[0].value), 78);
	/* Unfolded, it is the same. */
	for (const char *a = value, *b = header->field[0].value; *b; b++)
		if (*b != '\n')
			ck_assert_int_eq(*b, *a++);
}
END_TEST

START_TEST(a_value_without_blanks_is_broken_before_998)
{
	char value[5000];

	memset(value, 'x', sizeof value);
	value[sizeof value - 1] = 0;
	read_header("");
	add("X", value, POLICY_FIELD_ADDED);
	ck_assert_uint_le(longest_line("X", header->field[0].value), 998);
	memset(value, 'x', 900);
	value[900] = 0;
	add("X", value, POLICY_FIELD_ADDED);
	ck_assert_str_eq(header->field[1].value, value);
	value[450] = ' ';
	add("X", value, POLICY_FIELD_ADDED);
	ck_assert_ptr_eq(strchr(header->field[2].value, '\n'), header->field[2].value + 450);
}
END_TEST

START_TEST(r_hdr_inner_only_mime_fields_are_swapped)
{
	size_t body_at = 0;
	static const char entity[] = "MIME-Version: 1.0\r\nContent-Type: multipart/signed;\r\n"
				     " boundary=x\r\nX-Other: no\r\n\r\nbody";

	read_header("From: a\nContent-Type: text/plain\ncontent-md5: x\nmime-version: 1.0\n"
		    "CONTENT-TYPE: text/html\nContent: stays\n\n");
	ck_assert_int_eq(
	    policy_header_swap_mime(header, smime_bytes_str(entity), &body_at, NULL), SMIME_OK);
	ck_assert_str_eq(entity + body_at, "body");
	ck_assert_uint_eq(header->count, 7);
	for (size_t i = 1; i <= 5; i++)
		ck_assert_int_eq(header->field[i].fate,
		    i == 3 || i == 5 ? POLICY_FIELD_KEPT : POLICY_FIELD_REMOVED);
	ck_assert_str_eq(header->field[6].value, "multipart/signed;\n boundary=x");
}
END_TEST

/* RFC 2045 s4: what has Content-Type says which MIME it speaks. */
START_TEST(mime_version_comes_when_there_is_none)
{
	size_t body_at = 0;

	read_header("From: a\n\n");
	ck_assert_int_eq(policy_header_swap_mime(header,
			     smime_bytes_str("Content-Type: text/html\r\n\r\nx"), &body_at, NULL),
	    SMIME_OK);
	ck_assert_uint_eq(header->count, 3);
	ck_assert_str_eq(header->field[1].name, "MIME-Version");
	ck_assert_str_eq(header->field[1].value, "1.0");
}
END_TEST

START_TEST(r_hdr_clean_forged_results_go_and_others_stay)
{
	static const struct {
		const char *value;
		bool ours;
	} rows[] = {
		{ "gw.example; smime=pass", true },
		{ "GW.Example 1; smime=pass", true },
		{ " (note (nested \\) ) x) gw.example; none", true },
		{ "\"gw.example\"; none", true },
		{ "gw.example", true },
		{ "gw.example(c)", true },
		{ "", true },
		{ "(unclosed gw.example; smime=pass", true },
		{ ";smime=pass", true },
		{ "gw.example.org; smime=pass", false },
		{ "mx.other; smime=pass; x=gw.example", false },
	};

	for (int i = 0; i < ROWS(rows); i++) {
		SMIME_AUTO_BUF message = { 0 };

		ck_assert_int_eq(smime_buf_appendf(
				     &message, "X: 1\nauthentication-Results: %s\n", rows[i].value),
		    SMIME_OK);
		policy_header_free(&header);
		ck_assert_int_eq(
		    policy_header_read(smime_buf_bytes(&message), &header, NULL), SMIME_OK);
		policy_header_remove_results(header, "gw.example");
		ck_assert_msg((header->field[1].fate == POLICY_FIELD_REMOVED) == rows[i].ours, "%s",
		    rows[i].value);
		ck_assert_int_eq(header->field[0].fate, POLICY_FIELD_KEPT);
	}
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("header");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, fields_are_read_with_their_folds);
	tcase_add_test(tc, odd_headers_are_read_too);
	tcase_add_test(tc, too_many_fields_are_a_limit);
	tcase_add_test(tc, removing_forgets_new_fields_and_keeps_count_of_received_ones);
	tcase_add_test(tc, changing_a_new_field_leaves_it_new);
	tcase_add_loop_test(tc, pitfall_3_values_are_cleaned, 0, ROWS(values));
	tcase_add_test(tc, long_values_are_folded_where_they_have_blanks);
	tcase_add_test(tc, a_value_without_blanks_is_broken_before_998);
	tcase_add_test(tc, r_hdr_inner_only_mime_fields_are_swapped);
	tcase_add_test(tc, mime_version_comes_when_there_is_none);
	tcase_add_test(tc, r_hdr_clean_forged_results_go_and_others_stay);
	suite_add_tcase(suite, tc);
	return suite;
}
