/* output.c - errors, dates and columns of lists. */
#include "ctl.h"

#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

/* A terminal must not obey what somebody put into a name, in one octet or in two (U+009B is CSI),
 * nor turn it round. */
static void
put_clean(FILE *to, const char *text, bool lines)
{
	struct smime_bytes in = smime_bytes_str(text);

	while (in.len > 0) {
		uint32_t c = 0;
		size_t len = smime_utf8(in, &c);
		bool shown = len > 0 && (!smime_char_hides(c) || (lines && c == '\n'));

		len = len > 0 ? len : 1;
		if (shown)
			(void)fwrite(in.data, 1, len, to);
		else
			(void)putc('?', to);
		in = smime_bytes_slice(in, len, in.len);
	}
}

__attribute__((format(printf, 2, 0))) static void
print_clean(FILE *to, const char *format, va_list args)
{
	char *text = NULL;

	if (vasprintf(&text, format, args) < 0)
		return;
	put_clean(to, text, true);
	free(text);
}

int
ctl_error(int code, const char *format, ...)
{
	va_list args;

	(void)fputs("smimectl: ", stderr);
	va_start(args, format);
	print_clean(stderr, format, args);
	va_end(args);
	(void)fputc('\n', stderr);
	return code;
}

void
ctl_say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_clean(stdout, format, args);
	va_end(args);
}

int
ctl_fail(struct ctl *ctl, enum smime_status status)
{
	int code = status == SMIME_E_SYSTEM ? EX_IOERR : EX_DATAERR;

	if (status == SMIME_E_SYNTAX && strcmp(ctl->diag.token, CTL_NO_INPUT) == 0)
		code = EX_NOINPUT;
	return ctl_error(
	    code, "%s", ctl->diag.text[0] ? ctl->diag.text : smime_status_name(status));
}

const char *
ctl_date(int64_t t, char *out)
{
	time_t seconds = (time_t)t;
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) || strftime(out, 16, "%Y-%m-%d", &tm) == 0)
		(void)snprintf(out, 16, "?");
	return out;
}

bool
ctl_time(const char *text, int64_t *out)
{
	struct tm tm = { 0 }, given;
	const char *end;

	if (!text) {
		*out = time(NULL);
		return true;
	}
	end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (!end || *end)
		return false;
	given = tm;
	*out = timegm(&tm);
	/* February 30 would become March. */
	return tm.tm_mday == given.tm_mday && tm.tm_mon == given.tm_mon &&
	       tm.tm_hour == given.tm_hour && tm.tm_min == given.tm_min &&
	       tm.tm_sec == given.tm_sec;
}

void
ctl_print_text(const char *text)
{
	put_clean(stdout, text, false);
}
