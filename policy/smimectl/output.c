/* output.c - errors, dates and columns of lists. */
#include "ctl.h"

#include <stdarg.h>
#include <time.h>

int
ctl_error(int code, const char *format, ...)
{
	va_list args;

	(void)fputs("smimectl: ", stderr);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fputc('\n', stderr);
	return code;
}

int
ctl_fail(struct ctl *ctl, enum smime_status status)
{
	int code = status == SMIME_E_SYSTEM ? EX_IOERR : EX_DATAERR;

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
	struct tm tm = { 0 };
	const char *end;

	if (!text) {
		*out = time(NULL);
		return true;
	}
	end = strptime(text, "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (!end || *end)
		return false;
	*out = timegm(&tm);
	return true;
}

void
ctl_print_text(const char *text)
{
	for (; *text; text++)
		(void)putchar((*text >= 0 && *text < ' ') || *text == 0x7F ? '?' : *text);
}
