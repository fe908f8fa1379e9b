/* support_ctl.c - see support_ctl.h. */
#include "support_ctl.h"

#include "support.h"
#include "support_db.h"
#include "support_run.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define WORDS_MOST 40

struct smime_buf ctl_out;
static const char *input = "";
static char passphrase_path[100];

void
ctl_make(void)
{
	db_make();
	input = "";
	(void)snprintf(passphrase_path, sizeof passphrase_path, "%s.passphrase", db_path());
}

void
ctl_remove(void)
{
	smime_buf_reset(&ctl_out);
	(void)unlink(passphrase_path);
	db_remove();
}

const char *
ctl_passphrase_path(void)
{
	return passphrase_path;
}

void
ctl_input(const char *text)
{
	input = text;
}

int
ctl(const char *word, ...)
{
	const char *argv[WORDS_MOST] = { SMIMECTL, "-d", db_path() };
	size_t n = 3;
	va_list words;

	va_start(words, word);
	for (; word && n < WORDS_MOST - 1; word = va_arg(words, const char *))
		argv[n++] = word;
	va_end(words);
	ctl_out.len = 0;
	return run_program(argv, smime_bytes_str(input), &ctl_out);
}

void
says(const char *what)
{
	ck_assert_msg(
	    strstr((char *)ctl_out.data, what), "\"%s\" is not in: %s", what, (char *)ctl_out.data);
}

void
says_not(const char *what)
{
	ck_assert_msg(
	    !strstr((char *)ctl_out.data, what), "\"%s\" is in: %s", what, (char *)ctl_out.data);
}
