/*
 * trace.c - an explanation: lines of text, indented by depth.
 * Memory: at most 1 MiB; what comes after that is left out, and the last line says so.
 */
#include "policy/rule.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define TRACE_MAX       ((size_t)1 << 20)
#define LINE_MAX_OCTETS 1024
#define DEPTH_SHOWN     20

struct policy_trace {
	struct smime_buf text;
	bool full;
};

enum smime_status
policy_trace_new(struct policy_trace **out)
{
	*out = calloc(1, sizeof **out);
	return *out ? SMIME_OK : SMIME_E_SYSTEM;
}

void
policy_trace_free(struct policy_trace **trace)
{
	if (!*trace)
		return;
	smime_buf_reset(&(*trace)->text);
	free(*trace);
	*trace = NULL;
}

void
policy_trace_line(struct policy_trace *trace, unsigned depth, const char *format, ...)
{
	char line[LINE_MAX_OCTETS];
	int indent = 2 * (int)(depth < DEPTH_SHOWN ? depth : DEPTH_SHOWN);
	va_list args;

	if (!trace || trace->full)
		return;
	va_start(args, format);
	(void)vsnprintf(line, sizeof line, format, args);
	va_end(args);
	trace->full = trace->text.len > TRACE_MAX;
	/* An explanation that lacks a line for want of memory is better than a message refused. */
	if (smime_buf_appendf(&trace->text, "%*s%s\n", indent, "",
		trace->full ? "... (explanation cut here)" : line) != SMIME_OK)
		trace->full = true;
}

struct smime_bytes
policy_trace_text(const struct policy_trace *trace)
{
	return trace ? smime_buf_bytes(&trace->text) : smime_bytes(NULL, 0);
}
