/* smtp_args.c - addresses and ESMTP arguments that may be put into a command line.  RFC 5321
 * s4.1.2, RFC 3461. Refuses whatever could end the line or the address. */
#include "smtp_args.h"

#define ADDRESS_MOST 320 /* RFC 5321 s4.5.3.1: 64 + 1 + 255 */

static bool
is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7F;
}

bool
gateway_smtp_address_is_safe(const char *address)
{
	bool quoted = false;

	if (strlen(address) > ADDRESS_MOST)
		return false;
	for (const char *c = address; *c; c++) {
		if (is_control(*c))
			return false;
		if (quoted && *c == '\\') {
			if (c[1] == 0 || is_control(*++c))
				return false;
		} else if (*c == '"') {
			quoted = !quoted;
		} else if (!quoted && (*c == ' ' || *c == '<' || *c == '>')) {
			return false;
		}
	}
	return !quoted;
}

bool
gateway_smtp_is_ascii(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text >= 0x80)
			return false;
	return true;
}

/* The next word of *args, which moves behind it; empty at the end. */
static struct smime_bytes
next_word(const char **args)
{
	const char *from = *args + strspn(*args, " ");
	size_t len = strcspn(from, " ");

	*args = from + len;
	return smime_bytes(from, len);
}

/* NOTIFY=NEVER has the keyword NOTIFY. Clients write them in any case. */
static bool
has_keyword(struct smime_bytes word, const char *keyword)
{
	const uint8_t *equals = memchr(word.data, '=', word.len);

	if (equals)
		word.len = (size_t)(equals - word.data);
	return smime_bytes_is(word, keyword);
}

bool
gateway_smtp_has_arg(const char *args, const char *keyword)
{
	for (;;) {
		struct smime_bytes word = next_word(&args);

		if (word.len == 0)
			return false;
		if (has_keyword(word, keyword))
			return true;
	}
}

static bool
is_clean(struct smime_bytes word)
{
	for (size_t i = 0; i < word.len; i++)
		if (is_control((char)word.data[i]))
			return false;
	return true;
}

enum smime_status
gateway_smtp_keep_args(const char *args, const char *const *keep, struct smime_buf *out)
{
	for (;;) {
		struct smime_bytes word = next_word(&args);

		if (word.len == 0)
			return SMIME_OK;
		for (size_t i = 0; keep[i]; i++) {
			if (!has_keyword(word, keep[i]) || !is_clean(word))
				continue;
			SMIME_TRY(smime_buf_append(out, " ", 1));
			SMIME_TRY(smime_buf_append(out, word.data, word.len));
		}
	}
}

enum smime_status
gateway_smtp_dsn_args(const char *args, bool headers_only, struct smime_buf *out)
{
	static const char *const both[] = { "RET", "ENVID", NULL };

	if (headers_only)
		SMIME_TRY(smime_buf_appendf(out, " RET=HDRS"));
	return gateway_smtp_keep_args(args, headers_only ? both + 1 : both, out);
}

enum smime_status
gateway_smtp_xtext(const char *value, struct smime_buf *out)
{
	for (; *value; value++) {
		unsigned char c = (unsigned char)*value;

		if (c >= '!' && c <= '~' && c != '+' && c != '=')
			SMIME_TRY(smime_buf_append(out, &c, 1));
		else
			SMIME_TRY(smime_buf_appendf(out, "+%02X", c));
	}
	return SMIME_OK;
}
