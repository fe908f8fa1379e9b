/* mime_value.c - values of header fields: parameters through GMime, text with its encoded words.
 * RFC 2045 s5.1, RFC 2231, RFC 2047. Structure and octets are not GMime's business
 * here. */
#include "mime_internal.h"
#include "smime/words.h"

#include <gmime/gmime.h>
#include <stdlib.h>

#define VALUE_MAX 1048576

/* GMime is told once, by whoever comes first; g_once_init_enter makes the others wait. */
void
smime_use_gmime(void)
{
	static size_t done;

	if (g_once_init_enter(&done)) {
		g_mime_init();
		g_once_init_leave(&done, 1);
	}
}

/* A C string without line ends and NULs, which GMime would stop at. */
static enum smime_status
to_string(struct smime_bytes value, struct smime_buf *out)
{
	if (value.len > VALUE_MAX)
		return SMIME_E_LIMIT;
	for (size_t i = 0; i < value.len; i++) {
		uint8_t c = value.data[i];

		if (c == '\r' || c == '\n')
			continue;
		c = c == 0 ? ' ' : c;
		SMIME_TRY(smime_buf_append(out, &c, 1));
	}
	return smime_buf_terminate(out);
}

enum smime_status
smime_value_param(struct smime_bytes value, const char *name, struct smime_buf *out, bool *found)
{
	SMIME_AUTO_BUF text = { 0 };
	enum smime_status status = SMIME_OK;
	GMimeParamList *list;
	GMimeParam *param;
	const char *semicolon;

	*found = false;
	smime_use_gmime();
	SMIME_TRY(to_string(value, &text));
	/* A list of parameters alone parses the same for every field. */
	semicolon = strchr((char *)text.data, ';');
	list = semicolon ? g_mime_param_list_parse(NULL, semicolon + 1) : NULL;
	if (!list)
		return SMIME_OK;
	param = g_mime_param_list_get_parameter(list, name);
	if (param && g_mime_param_get_value(param)) {
		*found = true;
		status = smime_buf_append(
		    out, g_mime_param_get_value(param), strlen(g_mime_param_get_value(param)));
	}
	g_object_unref(list);
	return status;
}

enum smime_status
smime_value_text(struct smime_bytes value, struct smime_buf *out)
{
	SMIME_AUTO_WORDS words = { 0 };
	bool good;

	SMIME_TRY(smime_words_read(value, &words));
	return smime_words_utf8(&words, NULL, out, &good);
}
