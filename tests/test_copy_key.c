/* test_copy_key.c - the same try has the same key, anything else another. */
#include "copy_key.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

static const char text[] = "Received: 1\nMessage-ID: <1@x>\nDate: now\n\nbody\n";

/* "" when there is none. */
static void
key_of(const char *octets, const char *from, const char *kind, const char *address,
    char out[GATEWAY_COPY_KEY_SIZE])
{
	char *sender = strdup(from);
	struct policy_message message = { .mail_from = sender };
	SMIME_AUTO(policy_header) header = NULL;
	SMIME_AUTO(gateway_copy_key) key = NULL;

	ck_assert_int_eq(smime_spool_new(NULL, &message.spool), SMIME_OK);
	ck_assert_int_eq(smime_spool_write(message.spool, octets, strlen(octets)), SMIME_OK);
	ck_assert_int_eq(policy_header_read(smime_bytes_str(octets), &header, NULL), SMIME_OK);
	ck_assert_int_eq(gateway_copy_key_new(&message, header, &key, NULL), SMIME_OK);
	memset(out, 0, GATEWAY_COPY_KEY_SIZE);
	if (key)
		ck_assert_int_eq(gateway_copy_key_of(key, kind, address, out, NULL), SMIME_OK);
	smime_spool_free(&message.spool);
	free(sender);
}

START_TEST(what_makes_a_key)
{
	static const struct {
		const char *octets, *from, *kind, *address;
		bool same, same_message;
	} rows[] = {
		{ text, "a@x", "copy", "c@x", true, true },
		/* What a second try changes. */
		{ "Received: 2\nmessage-id: <1@x>\nDate: later\nX: y\n\nbody\n", "a@x", "copy",
		    "c@x", true, true },
		{ "Message-ID: <2@x>\n\nbody\n", "a@x", "copy", "c@x", false, false },
		{ "Message-ID: <1@x>\n\nbody!\n", "a@x", "copy", "c@x", false, true },
		{ text, "b@x", "copy", "c@x", false, false },
		{ text, "a@x", "copy", "d@x", false, true },
		{ text, "a@x", "bounce", "c@x", false, true },
	};
	char first[GATEWAY_COPY_KEY_SIZE], key[GATEWAY_COPY_KEY_SIZE];

	key_of(text, "a@x", "copy", "c@x", first);
	ck_assert_uint_eq(strlen(first), 128);
	for (int i = 0; i < ROWS(rows); i++) {
		key_of(rows[i].octets, rows[i].from, rows[i].kind, rows[i].address, key);
		ck_assert_msg((strcmp(first, key) == 0) == rows[i].same, "row %d", i);
		ck_assert_msg((strncmp(first, key, 64) == 0) == rows[i].same_message, "row %d", i);
	}
}
END_TEST

START_TEST(without_message_id_there_is_no_key)
{
	char key[GATEWAY_COPY_KEY_SIZE];

	key_of("From: a\n\nbody\n", "a@x", "copy", "b@x", key);
	ck_assert_str_eq(key, "");
	key_of("Message-ID: \n\nbody\n", "a@x", "copy", "b@x", key);
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
