/* mime_value.c - values of header fields, read through GMime: parameters, encoded words, addresses.
 * RFC 2045 s5.1, RFC 2231, RFC 2047, RFC 5322 s3.4. Structure and octets are not GMime's business
 * here. */
#include "mime_internal.h"

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
	SMIME_AUTO_BUF text = { 0 };
	enum smime_status status;
	const char *start;
	char *decoded;

	smime_use_gmime();
	SMIME_TRY(to_string(value, &text));
	start = (char *)text.data;
	while (*start == ' ' || *start == '\t')
		start++;
	decoded = g_mime_utils_header_decode_text(NULL, start);
	status = smime_buf_append(out, decoded, strlen(decoded));
	g_free(decoded);
	return status;
}

/* Groups are flattened; GMime nests them one deep at most (RFC 5322 s3.4 allows no more). */
static enum smime_status
collect(InternetAddressList *list, char ***out,
    size_t *count) /* NOLINT(misc-no-recursion): see above */
{
	for (int i = 0; i < internet_address_list_length(list); i++) {
		InternetAddress *address = internet_address_list_get_address(list, i);
		const char *addr;
		char **grown;

		if (INTERNET_ADDRESS_IS_GROUP(address)) {
			SMIME_TRY(collect(
			    internet_address_group_get_members(INTERNET_ADDRESS_GROUP(address)),
			    out, count));
			continue;
		}
		addr = internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(address));
		grown = realloc(*out, (*count + 2) * sizeof *grown);
		if (!grown)
			return SMIME_E_SYSTEM;
		*out = grown;
		grown[*count] = strdup(addr ? addr : "");
		grown[*count + 1] = NULL;
		if (!grown[(*count)++])
			return SMIME_E_SYSTEM;
	}
	return SMIME_OK;
}

enum smime_status
smime_value_addresses(struct smime_bytes value, char ***out, size_t *count, bool *strict)
{
	SMIME_AUTO_BUF text = { 0 };
	InternetAddressList *list;
	enum smime_status status;
	GMimeParserOptions *options;

	*out = NULL;
	*count = 0;
	smime_use_gmime();
	SMIME_TRY(to_string(value, &text));
	options = g_mime_parser_options_new();
	g_mime_parser_options_set_address_compliance_mode(options, GMIME_RFC_COMPLIANCE_STRICT);
	list = internet_address_list_parse(options, (char *)text.data);
	*strict = list != NULL;
	g_mime_parser_options_free(options);
	if (!list)
		list = internet_address_list_parse(NULL, (char *)text.data);
	if (!list)
		return SMIME_OK;
	status = collect(list, out, count);
	g_object_unref(list);
	if (status != SMIME_OK)
		smime_addresses_free(out);
	return status;
}

void
smime_addresses_free(char ***addresses)
{
	for (char **a = *addresses; a && *a; a++)
		free(*a);
	free(*addresses);
	*addresses = NULL;
}
