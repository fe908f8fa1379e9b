/* header_write.c - a header as edits leave it, as octets.  RFC 5322 s2.2. */
#include "header_value.h"

/* value's LF become CR LF. */
static enum smime_status
write_value(const char *value, struct smime_stage *out)
{
	struct smime_bytes rest = smime_bytes_str(value);

	while (rest.len > 0) {
		size_t len = policy_line_length(rest);
		bool ended = rest.data[len - 1] == '\n';

		SMIME_TRY(smime_push(out, rest.data, len - ended));
		if (ended)
			SMIME_TRY(smime_push(out, "\r\n", 2));
		rest = smime_bytes_slice(rest, len, rest.len);
	}
	return smime_push(out, "\r\n", 2);
}

/* As received, but for a CR without its LF: a blank, because some servers would take it for a line
 * end, and what follows for a field. */
static enum smime_status
write_line(struct smime_bytes line, struct smime_stage *out)
{
	while (line.len > 0) {
		const uint8_t *cr = memchr(line.data, '\r', line.len);
		size_t n = cr ? (size_t)(cr - line.data) : line.len;
		bool bare = cr && (n + 1 == line.len || cr[1] != '\n');

		n += cr && !bare;
		SMIME_TRY(smime_push(out, line.data, n));
		if (bare)
			SMIME_TRY(smime_push(out, " ", 1));
		line = smime_bytes_slice(line, n + bare, line.len);
	}
	return SMIME_OK;
}

enum smime_status
policy_header_write(const struct policy_header *header, struct smime_stage *out)
{
	for (size_t i = 0; i < header->count; i++) {
		const struct policy_header_field *field = &header->field[i];

		if (field->fate == POLICY_FIELD_REMOVED)
			continue;
		if (field->fate == POLICY_FIELD_KEPT) {
			SMIME_TRY(write_line(field->line, out));
			continue;
		}
		SMIME_TRY(smime_push(out, field->name, strlen(field->name)));
		SMIME_TRY(smime_push(out, ": ", 2));
		SMIME_TRY(write_value(field->value, out));
	}
	return SMIME_OK;
}
