/*
 * mime_address.c - the addr-specs of an address list, leniently.  RFC 5322 s3.4.
 *
 * For questions about addresses, never for who signed (mime_from.c). By hand: GMime 3.2 loses
 * memory on some malformed lists, and a sender could make it lose as much as he likes. Memory: the
 * addresses, at most ADDRESSES_MAX.
 */
#include "smime/mime.h"

#include <stdlib.h>

#define ADDRESSES_MAX 10000

struct list {
	struct smime_bytes rest;
	char **item;
	size_t count;
	bool strict;
};

/* Behind a quoted string or comment that begins at i; both nest as RFC 5322 says. */
static size_t
skip_opaque(struct smime_bytes in, size_t i)
{
	bool quoted = in.data[i] == '"';
	unsigned depth = 0;

	for (; i < in.len; i++) {
		uint8_t c = in.data[i];

		if (c == '\\') {
			i++;
		} else if (quoted) {
			if (c == '"' && depth++ > 0)
				return i + 1;
		} else if (c == '(') {
			depth++;
		} else if (c == ')' && --depth == 0) {
			return i + 1;
		}
	}
	return in.len;
}

/* The next element of the list, up to its separator, which is used as well. */
static struct smime_bytes
next_element(struct list *list)
{
	size_t i = 0;
	bool angle = false;
	struct smime_bytes element;

	while (i < list->rest.len) {
		uint8_t c = list->rest.data[i];

		if (c == '"' || c == '(') {
			i = skip_opaque(list->rest, i);
			continue;
		}
		if (c == '<' || c == '>')
			angle = c == '<';
		/* A group is its name, ':', its members and ';'. */
		else if (c == ',' || c == ';' || (c == ':' && !angle))
			break;
		i++;
	}
	element = smime_bytes_slice(list->rest, 0, i);
	/* The name of a group is no address. */
	if (i < list->rest.len && list->rest.data[i] == ':')
		element.len = 0;
	list->rest = smime_bytes_slice(list->rest, i + 1, list->rest.len);
	return element;
}

/* What stands between '<' and '>', or all of it when there are none. */
static struct smime_bytes
inside_brackets(struct smime_bytes element, bool *closed)
{
	struct smime_bytes in = element;

	*closed = true;
	for (size_t i = 0; i < element.len;) {
		uint8_t c = element.data[i];

		if (c == '"' || c == '(') {
			i = skip_opaque(element, i);
			continue;
		}
		i++;
		if (c == '<') {
			in = smime_bytes_slice(element, i, element.len);
			*closed = false;
		} else if (c == '>') {
			in.len = (size_t)(element.data + i - 1 - in.data);
			*closed = true;
			break;
		}
	}
	return in;
}

/* Comments and blanks left out. */
static enum smime_status
squeeze(struct smime_bytes in, struct smime_buf *out)
{
	for (size_t i = 0; i < in.len;) {
		uint8_t c = in.data[i];
		size_t end = c == '"' || c == '(' ? skip_opaque(in, i) : i + 1;

		if (c != '(' && c > ' ')
			SMIME_TRY(smime_buf_append(out, in.data + i, end - i));
		i = end;
	}
	return smime_buf_terminate(out);
}

static enum smime_status
add(struct list *list, const char *address)
{
	char **grown = list->item;

	if (list->count == ADDRESSES_MAX)
		return SMIME_E_LIMIT;
	/* Room for a power of two, and the NULL at the end. */
	if ((list->count & (list->count - 1)) == 0)
		grown = realloc(list->item, (2 * list->count + 2) * sizeof *grown);
	if (!grown)
		return SMIME_E_SYSTEM;
	list->item = grown;
	grown[list->count] = strdup(address);
	if (!grown[list->count])
		return SMIME_E_SYSTEM;
	grown[++list->count] = NULL;
	return SMIME_OK;
}

static enum smime_status
take_element(struct list *list, struct smime_bytes element)
{
	SMIME_AUTO_BUF address = { 0 };
	const char *text, *at;
	bool closed;

	SMIME_TRY(squeeze(inside_brackets(element, &closed), &address));
	if (address.len == 0)
		return SMIME_OK;
	text = (const char *)address.data;
	at = strrchr(text, '@');
	/* An '@' inside of what is quoted, to the end, separates nothing. */
	if (*text == '"' && skip_opaque(smime_buf_bytes(&address), 0) == address.len)
		at = NULL;
	if (!at || at == text || !at[1] || !closed || memchr(text, 0, address.len)) {
		list->strict = false;
		return SMIME_OK;
	}
	return add(list, text);
}

enum smime_status
smime_value_addresses(struct smime_bytes value, char ***out, size_t *count, bool *strict)
{
	struct list list = { .rest = value, .strict = true };
	enum smime_status status = SMIME_OK;

	*out = NULL;
	*count = 0;
	while (status == SMIME_OK && list.rest.len > 0)
		status = take_element(&list, next_element(&list));
	if (status == SMIME_OK) {
		*out = list.item;
		*count = list.count;
	} else {
		smime_addresses_free(&list.item);
	}
	*strict = list.strict;
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
