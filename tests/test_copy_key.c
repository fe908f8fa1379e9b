/* test_copy_key.c - the same try has the same key, anything else another. */
#include "copy_key.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

static const char text[] = "Received: 1\nMessage-ID: <1@x>\nDate: now\n\nbody\n";

/* The key of a copy for the recipients with those letters, of a message to all of them. */
static void
key_of(const char *octets, const char *from, const char *to, const char *kind, const char *copy,
    char out[GATEWAY_COPY_KEY_SIZE])
{
	char exact[8][8];
	char *sender = strdup(from);
	struct policy_recipient recipients[8] = { 0 };
	struct policy_message message = { .mail_from = sender, .recipients = recipients };
	size_t chosen[8];
	size_t count = 0;
	SMIME_AUTO(policy_header) header = NULL;
	SMIME_AUTO(gateway_copy_key) key = NULL;

	for (const char *c = to; *c; c++) {
		(void)snprintf(exact[message.recipient_count], sizeof exact[0], "<%c@x>", *c);
		recipients[message.recipient_count].exact = exact[message.recipient_count];
		if (strchr(copy, *c))
			chosen[count++] = message.recipient_count;
		message.recipient_count++;
	}
	ck_assert_int_eq(smime_spool_new(NULL, &message.spool), SMIME_OK);
	ck_assert_int_eq(smime_spool_write(message.spool, octets, strlen(octets)), SMIME_OK);
	ck_assert_int_eq(policy_header_read(smime_bytes_str(octets), &header, NULL), SMIME_OK);
	ck_assert_int_eq(gateway_copy_key_new(&message, header, &key, NULL), SMIME_OK);
	memset(out, 0, GATEWAY_COPY_KEY_SIZE);
	if (key)
		ck_assert_int_eq(
		    gateway_copy_key_of(key, kind, chosen, count, out, NULL), SMIME_OK);
	smime_spool_free(&message.spool);
	free(sender);
}

START_TEST(what_makes_a_key)
{
	static const struct {
		const char *octets, *from, *to, *kind, *copy;
		bool same;
	} rows[] = {
		{ text, "a@x", "bcd", "copy", "cd", true },
		/* What a second try changes. */
		{ "Received: 2\nmessage-id: <1@x>\nDate: later\nX: y\n\nbody\n", "a@x", "bcd",
		    "copy", "cd", true },
		{ "Message-ID: <2@x>\n\nbody\n", "a@x", "bcd", "copy", "cd", false },
		{ "Message-ID: <1@x>\n\nbody!\n", "a@x", "bcd", "copy", "cd", false },
		{ text, "b@x", "bcd", "copy", "cd", false },
		{ text, "a@x", "bcde", "copy", "cd", false },
		{ text, "a@x", "bcd", "copy", "c", false },
		{ text, "a@x", "bcd", "bounce", "cd", false },
	};
	char first[GATEWAY_COPY_KEY_SIZE], key[GATEWAY_COPY_KEY_SIZE];

	key_of(text, "a@x", "bcd", "copy", "cd", first);
	ck_assert_uint_eq(strlen(first), 64);
	for (int i = 0; i < ROWS(rows); i++) {
		key_of(rows[i].octets, rows[i].from, rows[i].to, rows[i].kind, rows[i].copy, key);
		ck_assert_msg((strcmp(first, key) == 0) == rows[i].same, "row %d", i);
	}
}
END_TEST

START_TEST(without_message_id_there_is_no_key)
{
	char key[GATEWAY_COPY_KEY_SIZE];

	key_of("From: a\n\nbody\n", "a@x", "b", "copy", "b", key);
	ck_assert_str_eq(key, "");
	key_of("Message-ID: \n\nbody\n", "a@x", "b", "copy", "b", key);
	ck_assert_str_eq(key, "");
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("copy_key");
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, what_makes_a_key);
	tcase_add_test(tc, without_message_id_there_is_no_key);
	suite_add_tcase(suite, tc);
	return suite;
}
