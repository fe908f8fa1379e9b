/* log_line.c - a line of the daemon's log, taken apart.  smime-milter(8), LOG. The values hold no
 * quote and no control character, because the daemon escapes them; what does not look like its line
 * is none. */
#include "log_line.h"

#define PROGRAM "smime-milter["

/* "NOQUEUE", and what MTAs give: letters and digits, at most 40. */
static size_t
queue_id_length(struct smime_bytes rest)
{
	size_t n = 0;

	while (n < rest.len && n < 40 &&
	       ((rest.data[n] >= '0' && rest.data[n] <= '9') ||
		   (rest.data[n] >= 'A' && rest.data[n] <= 'Z') ||
		   (rest.data[n] >= 'a' && rest.data[n] <= 'z')))
		n++;
	return n > 0 && n + 1 < rest.len && rest.data[n] == ':' && rest.data[n + 1] == ' ' ? n : 0;
}

/* A message's line goes on with key=, others with words. */
static bool
begins_with_key(struct smime_bytes rest)
{
	size_t n = 0;

	while (
	    n < rest.len && (rest.data[n] == '-' || (rest.data[n] >= 'a' && rest.data[n] <= 'z')))
		n++;
	return n > 0 && n < rest.len && rest.data[n] == '=';
}

bool
log_line_parse(struct smime_bytes line, struct log_line *out)
{
	const uint8_t *program = memmem(line.data, line.len, PROGRAM, strlen(PROGRAM));
	const uint8_t *end;
	size_t at, id;

	*out = (struct log_line){ 0 };
	if (!program)
		return false;
	out->before = smime_bytes(line.data, (size_t)(program - line.data));
	while (out->before.len > 0 && out->before.data[out->before.len - 1] == ' ')
		out->before.len--;
	end = memmem(program, line.len - (size_t)(program - line.data), "]: ", 3);
	if (!end)
		return false;
	at = (size_t)(end - line.data) + 3;
	out->rest = smime_bytes_slice(line, at, line.len);
	id = queue_id_length(out->rest);
	if (id > 0 && begins_with_key(smime_bytes_slice(out->rest, id + 2, out->rest.len))) {
		out->queue_id = smime_bytes_slice(out->rest, 0, id);
		out->rest = smime_bytes_slice(out->rest, id + 2, out->rest.len);
	}
	return true;
}

bool
log_line_next(struct smime_bytes *rest, struct smime_bytes *key, struct smime_bytes *value)
{
	const uint8_t *equals, *end;
	struct smime_bytes r = *rest;
	char until = ' ';

	while (r.len > 0 && *r.data == ' ')
		r = smime_bytes_slice(r, 1, r.len);
	equals = r.len > 0 ? memchr(r.data, '=', r.len) : NULL;
	if (!equals)
		return false;
	*key = smime_bytes(r.data, (size_t)(equals - r.data));
	r = smime_bytes_slice(r, key->len + 1, r.len);
	if (r.len > 0 && *r.data == '"') {
		r = smime_bytes_slice(r, 1, r.len);
		until = '"';
	}
	end = r.len > 0 ? memchr(r.data, until, r.len) : NULL;
	*value = smime_bytes_slice(r, 0, end ? (size_t)(end - r.data) : r.len);
	*rest = smime_bytes_slice(r, end ? value->len + 1 : r.len, r.len);
	return true;
}

bool
log_value_has(struct smime_bytes value, const char *item)
{
	const struct smime_bytes wanted = smime_bytes_str(item);

	for (;;) {
		const uint8_t *comma = value.len > 0 ? memchr(value.data, ',', value.len) : NULL;
		size_t len = comma ? (size_t)(comma - value.data) : value.len;
		struct smime_bytes one = smime_bytes_slice(value, 0, len);

		/* What an earlier try has sent stands in brackets. */
		if (one.len > 2 && one.data[0] == '[' && one.data[one.len - 1] == ']')
			one = smime_bytes_slice(one, 1, one.len - 1);
		if (smime_bytes_equal_nocase(one, wanted))
			return true;
		if (!comma)
			return false;
		value = smime_bytes_slice(value, len + 1, value.len);
	}
}

static bool
find(const struct log_line *line, const char *name, struct smime_bytes *value)
{
	struct smime_bytes rest = line->rest, key;

	while (log_line_next(&rest, &key, value))
		if (smime_bytes_equal(key, smime_bytes_str(name)))
			return true;
	return false;
}

/* "signed:ok:..." is a layer that is. */
static bool
has_bad_layer(struct smime_bytes layers)
{
	while (layers.len > 0) {
		const uint8_t *comma = memchr(layers.data, ',', layers.len);
		size_t len = comma ? (size_t)(comma - layers.data) : layers.len;

		if (!memmem(layers.data, len, ":ok:", 4))
			return true;
		layers = smime_bytes_slice(layers, len + (comma != NULL), layers.len);
	}
	return false;
}

bool
log_line_is_trouble(const struct log_line *line)
{
	static const char *const troubles[] = { "failure", "bounced", "dropped", "quarantine",
		"refused", "may-be-second", "already-sent", "already-reported", "not-journalled" };
	struct smime_bytes value;

	for (size_t i = 0; i < sizeof troubles / sizeof *troubles; i++)
		if (find(line, troubles[i], &value))
			return true;
	if (find(line, "layers", &value) && has_bad_layer(value))
		return true;
	return find(line, "answer", &value) &&
	       !smime_bytes_equal(value, smime_bytes_str("continue"));
}
