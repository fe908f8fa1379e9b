/* log_value.c - one value of a log line: no control character, bidi override or broken UTF-8 of a
 * message gets through. DESIGN section 9. */
#include "policy/process.h"

#define VALUE_MAX 1000
#define LIST_MAX  900 /* octets of items in one value, when more than one are there */

static enum smime_status
append_value(struct smime_bytes in, struct smime_buf *out)
{
	size_t start = out->len;

	while (in.len > 0) {
		uint32_t c = 0;
		size_t len = smime_utf8(in, &c);
		bool safe = len > 0 && !smime_char_hides(c) && c != '"' && c != '\\';

		if (len == 0)
			len = 1;
		if (out->len - start + 4 * len > VALUE_MAX)
			return smime_buf_appendf(out, "...");
		if (safe)
			SMIME_TRY(smime_buf_append(out, in.data, len));
		for (size_t i = 0; !safe && i < len; i++)
			SMIME_TRY(smime_buf_appendf(out, "\\x%02x", in.data[i]));
		in = smime_bytes_slice(in, len, in.len);
	}
	return SMIME_OK;
}

enum smime_status
policy_log_value(const char *value, struct smime_buf *out)
{
	bool quoted = *value == 0 || strchr(value, ' ');

	if (quoted)
		SMIME_TRY(smime_buf_append(out, "\"", 1));
	SMIME_TRY(append_value(smime_bytes_str(value), out));
	return quoted ? smime_buf_append(out, "\"", 1) : SMIME_OK;
}

/* Where the list is to be parted: at the last comma before which nothing can be cut, or at the end.
 * What is not plain counts as if it were to be escaped. */
static char *
part_end(char *list)
{
	char *end = NULL;
	size_t used = 0;

	for (; *list; list++) {
		if (*list == ',') {
			if (end && used > LIST_MAX)
				return end;
			end = list;
		}
		used += *list >= ' ' && *list <= '~' && *list != '"' && *list != '\\' ? 1 : 4;
	}
	return end && used > LIST_MAX ? end : list;
}

enum smime_status
policy_log_list(const char *key, char *list, struct smime_buf *out)
{
	bool more = *list;

	while (more) {
		char *end = part_end(list);

		more = *end;
		*end = 0;
		SMIME_TRY(smime_buf_appendf(out, " %s=", key));
		SMIME_TRY(policy_log_value(list, out));
		list = end + 1;
	}
	return SMIME_OK;
}
