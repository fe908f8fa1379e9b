/* status.c - how calls end: names of statuses, and the one sentence that goes with a failure. */
#include "smime/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *
smime_status_name(enum smime_status status)
{
	static const char *const names[] = { "ok", "syntax", "limit", "unsupported", "no-key",
		"untrusted", "system" };

	return names[status];
}

enum smime_status
smime_fail(
    struct smime_diag *diag, enum smime_status status, const char *token, const char *format, ...)
{
	va_list args;

	if (!diag)
		return status;
	diag->status = status;
	(void)snprintf(
	    diag->token, sizeof diag->token, "%s", token ? token : smime_status_name(status));
	va_start(args, format);
	(void)vsnprintf(diag->text, sizeof diag->text, format, args);
	va_end(args);
	return status;
}

void
smime_diag_context(struct smime_diag *diag, const char *format, ...)
{
	char old[sizeof diag->text];
	va_list args;
	size_t used;

	if (!diag)
		return;
	memcpy(old, diag->text, sizeof old);
	va_start(args, format);
	(void)vsnprintf(diag->text, sizeof diag->text, format, args);
	va_end(args);
	used = strlen(diag->text);
	(void)snprintf(diag->text + used, sizeof diag->text - used, ": %s", old);
}
