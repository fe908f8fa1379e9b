/* test_passphrase.c - the first line of a file that not everybody may read. */
#include "policy/passphrase.h"
#include "support.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[64];
static struct smime_buf passphrase = { .secret = true };
static struct smime_diag diag;

static void
setup(void)
{
	(void)snprintf(path, sizeof path, "/tmp/passphrase-test.XXXXXX");
	ck_assert_int_ge(mkstemp(path), 0);
}

static void
teardown(void)
{
	(void)unlink(path);
	smime_buf_reset(&passphrase);
}

static enum smime_status
read_from(const char *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_TRUNC);

	ck_assert_int_eq(write(fd, text, len), (ssize_t)len);
	(void)close(fd);
	smime_buf_reset(&passphrase);
	return policy_passphrase_read(path, &passphrase, &diag);
}

START_TEST(the_first_line_is_the_passphrase)
{
	ck_assert_int_eq(read_from("pass word\nnote\n", 15), SMIME_OK);
	ck_assert_str_eq((char *)passphrase.data, "pass word");
	ck_assert_uint_eq(passphrase.len, 9);
	ck_assert_int_eq(read_from("one\r\n", 5), SMIME_OK);
	ck_assert_str_eq((char *)passphrase.data, "one");
	ck_assert_int_eq(read_from("no end", 6), SMIME_OK);
	ck_assert_str_eq((char *)passphrase.data, "no end");
}
END_TEST

START_TEST(what_is_no_passphrase_is_refused)
{
	char text[1002];

	memset(text, 'x', sizeof text);
	ck_assert_int_eq(read_from("", 0), SMIME_E_NOKEY);
	ck_assert_int_eq(read_from("\nsecond\n", 8), SMIME_E_NOKEY);
	ck_assert_int_eq(read_from("a\0b\n", 4), SMIME_E_NOKEY);
	ck_assert_int_eq(read_from(text, 1001), SMIME_E_NOKEY);
	text[1000] = '\n';
	ck_assert_int_eq(read_from(text, 1001), SMIME_OK);
	ck_assert_uint_eq(passphrase.len, 1000);
}
END_TEST

START_TEST(a_file_for_everybody_is_refused)
{
	ck_assert_int_eq(chmod(path, 0604), 0);
	ck_assert_int_eq(read_from("secret\n", 7), SMIME_E_NOKEY);
	ck_assert_ptr_nonnull(strstr(diag.text, "chmod"));
	ck_assert_int_eq(policy_passphrase_read("/nonexistent", &passphrase, &diag), SMIME_E_NOKEY);
	ck_assert_ptr_nonnull(strstr(diag.text, "No such file"));
	ck_assert_int_eq(policy_passphrase_read("/tmp", &passphrase, &diag), SMIME_E_NOKEY);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("passphrase");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_first_line_is_the_passphrase);
	tcase_add_test(tc, what_is_no_passphrase_is_refused);
	tcase_add_test(tc, a_file_for_everybody_is_refused);
	suite_add_tcase(suite, tc);
	return suite;
}
