/* json.c - strings of JSON records.  RFC 8259 s7. */
#include "policy/json.h"

enum smime_status
policy_json_text(const char *text, struct smime_buf *out)
{
	struct smime_bytes in = smime_bytes_str(text ? text : "");

	if (!text)
		return smime_buf_appendf(out, "null");
	SMIME_TRY(smime_buf_append(out, "\"", 1));
	while (in.len > 0) {
		uint32_t c = 0;
		size_t len = smime_utf8(in, &c);

		if (len == 0)
			SMIME_TRY(smime_buf_appendf(out, "\\ufffd"));
		else if (c == '"' || c == '\\')
			SMIME_TRY(smime_buf_appendf(out, "\\%c", (char)c));
		else if (c < 0x20 || c == 0x7F)
			SMIME_TRY(smime_buf_appendf(out, "\\u%04x", (unsigned)c));
		else
			SMIME_TRY(smime_buf_append(out, in.data, len));
		in = smime_bytes_slice(in, len ? len : 1, in.len);
	}
	return smime_buf_append(out, "\"", 1);
}

enum smime_status
policy_json_member(const char *key, const char *text, struct smime_buf *out)
{
	SMIME_TRY(smime_buf_appendf(out, "\"%s\":", key));
	return policy_json_text(text, out);
}
