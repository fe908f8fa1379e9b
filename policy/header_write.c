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

enum smime_status
policy_header_write(const struct policy_header *header, struct smime_stage *out)
{
	for (size_t i = 0; i < header->count; i++) {
		const struct policy_header_field *field = &header->field[i];

		if (field->fate == POLICY_FIELD_REMOVED)
			continue;
		if (field->fate == POLICY_FIELD_KEPT) {
			SMIME_TRY(smime_push(out, field->line.data, field->line.len));
			continue;
		}
		SMIME_TRY(smime_push(out, field->name, strlen(field->name)));
		SMIME_TRY(smime_push(out, ": ", 2));
		SMIME_TRY(write_value(field->value, out));
	}
	return SMIME_OK;
}
