/*
 * header.c - the header of a message as a list of fields, and what is to become of each.  RFC 5322
 * s2.2. Memory: a few octets per field, 10000 fields at most; received lines are borrowed.
 */
#include "policy/header.h"
#include "header_value.h"

#include <stdlib.h>

#define FIELDS_MAX 10000

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static void
field_reset(struct policy_header_field *field)
{
	free(field->name);
	free(field->value);
	*field = (struct policy_header_field){ 0 };
}

void
policy_header_free(struct policy_header **header)
{
	if (!*header)
		return;
	for (size_t i = 0; i < (*header)->count; i++)
		field_reset(&(*header)->field[i]);
	free((*header)->field);
	free(*header);
	*header = NULL;
}

/* A new field at position at (0 or count), which takes what *field owns. */
static enum smime_status
put(struct policy_header *header, size_t at, const struct policy_header_field *field)
{
	if (header->count == header->capacity) {
		size_t capacity = header->capacity ? header->capacity * 2 : 32;
		struct policy_header_field *grown =
		    realloc(header->field, capacity * sizeof *grown);

		if (!grown)
			return SMIME_E_SYSTEM;
		header->field = grown;
		header->capacity = capacity;
	}
	memmove(header->field + at + 1, header->field + at,
	    (header->count - at) * sizeof *header->field);
	header->field[at] = *field;
	header->count++;
	return SMIME_OK;
}

static bool
is_blank_line(struct smime_bytes line)
{
	return smime_bytes_equal(line, smime_bytes("\r\n", 2)) ||
	       smime_bytes_equal(line, smime_bytes("\n", 1));
}

/* Octets of the field at the beginning of rest: its line and the lines that continue it. */
static size_t
field_length(struct smime_bytes rest)
{
	size_t len = policy_line_length(rest);

	while (len < rest.len && is_blank(rest.data[len]))
		len += policy_line_length(smime_bytes_slice(rest, len, rest.len));
	return len;
}

/* Where the name ends, blanks before the colon left out; 0 when the line is no field. */
static size_t
name_length(struct smime_bytes line)
{
	const uint8_t *colon = line.len > 0 ? memchr(line.data, ':', line.len) : NULL;
	size_t len = colon ? (size_t)(colon - line.data) : 0;

	while (len > 0 && is_blank(line.data[len - 1]))
		len--;
	if (len > 0 &&
	    (is_blank(line.data[0]) || memchr(line.data, '\n', len) || memchr(line.data, 0, len)))
		return 0;
	return len;
}

static enum smime_status
read_field(struct policy_header *header, struct smime_bytes line)
{
	struct policy_header_field field = { .fate = POLICY_FIELD_KEPT, .line = line };

	field.name = strndup(line.data ? (const char *)line.data : "", name_length(line));
	if (!field.name)
		return SMIME_E_SYSTEM;
	if (put(header, header->count, &field) != SMIME_OK) {
		field_reset(&field);
		return SMIME_E_SYSTEM;
	}
	return SMIME_OK;
}

enum smime_status
policy_header_read(struct smime_bytes message, struct policy_header **out, struct smime_diag *diag)
{
	SMIME_AUTO(policy_header) header = calloc(1, sizeof *header);
	size_t at = 0;

	*out = NULL;
	if (!header)
		return smime_fail(diag, SMIME_E_SYSTEM, NULL, "no memory for a header");
	while (at < message.len) {
		struct smime_bytes rest = smime_bytes_slice(message, at, message.len);
		size_t len = policy_line_length(rest);

		if (is_blank_line(smime_bytes_slice(rest, 0, len))) {
			at += len;
			break;
		}
		if (header->count == FIELDS_MAX)
			return smime_fail(diag, SMIME_E_LIMIT, "header",
			    "the header has more than %d fields", FIELDS_MAX);
		len = field_length(rest);
		if (read_field(header, smime_bytes_slice(rest, 0, len)) != SMIME_OK)
			return smime_fail(diag, SMIME_E_SYSTEM, NULL, "no memory for a header");
		at += len;
	}
	header->body_at = at;
	*out = header;
	header = NULL;
	return SMIME_OK;
}

static bool
is_new(const struct policy_header_field *field)
{
	return field->fate == POLICY_FIELD_ADDED || field->fate == POLICY_FIELD_ON_TOP;
}

static bool
is_named(const struct policy_header_field *field, const char *name)
{
	return smime_bytes_is(smime_bytes_str(field->name), name);
}

unsigned
policy_header_instance(const struct policy_header *header, size_t i)
{
	unsigned instance = 1;

	if (is_new(&header->field[i]))
		return 0;
	for (size_t before = 0; before < i; before++)
		if (!is_new(&header->field[before]) &&
		    is_named(&header->field[before], header->field[i].name))
			instance++;
	return instance;
}

/* A received field stays in the list, because it counts for the instances after it. */
static void
remove_at(struct policy_header *header, size_t i)
{
	struct policy_header_field *field = &header->field[i];

	if (is_new(field)) {
		field_reset(field);
		header->count--;
		memmove(field, field + 1, (header->count - i) * sizeof *field);
		return;
	}
	free(field->value);
	field->value = NULL;
	field->fate = POLICY_FIELD_REMOVED;
}

void
policy_header_remove(struct policy_header *header, const char *name)
{
	for (size_t i = header->count; i-- > 0;)
		if (is_named(&header->field[i], name))
			remove_at(header, i);
}

enum smime_status
policy_header_change(struct policy_header *header, size_t i, struct smime_bytes value)
{
	struct policy_header_field *field = &header->field[i];
	char *made;

	SMIME_TRY(policy_header_make_value(field->name, value, &made));
	free(field->value);
	field->value = made;
	if (!is_new(field))
		field->fate = POLICY_FIELD_CHANGED;
	return SMIME_OK;
}

enum smime_status
policy_header_add(struct policy_header *header, const char *name, struct smime_bytes value,
    enum policy_fate where)
{
	struct policy_header_field field = { .fate = where };

	field.name = strdup(name);
	if (field.name && policy_header_make_value(name, value, &field.value) == SMIME_OK &&
	    put(header, where == POLICY_FIELD_ON_TOP ? 0 : header->count, &field) == SMIME_OK)
		return SMIME_OK;
	field_reset(&field);
	return SMIME_E_SYSTEM;
}

/* ---- MIME fields and Authentication-Results ---- */

static bool
is_content_field(const char *name)
{
	return smime_bytes_is(
	    smime_bytes_slice(smime_bytes_str(name), 0, strlen("Content-")), "Content-");
}

static bool
has_field(const struct policy_header *header, const char *name)
{
	for (size_t i = 0; i < header->count; i++)
		if (is_named(&header->field[i], name))
			return true;
	return false;
}

/* RFC 2045 s4: MIME-Version is the message's, once, however often its entity changes. */
static enum smime_status
swap_fields(struct policy_header *header, const struct policy_header *entity)
{
	for (size_t i = header->count; i-- > 0;)
		if (is_content_field(header->field[i].name))
			remove_at(header, i);
	if (!has_field(header, "MIME-Version"))
		SMIME_TRY(policy_header_add(
		    header, "MIME-Version", smime_bytes_str("1.0"), POLICY_FIELD_ADDED));
	for (size_t i = 0; i < entity->count; i++)
		if (is_content_field(entity->field[i].name))
			SMIME_TRY(policy_header_add(header, entity->field[i].name,
			    policy_header_value(&entity->field[i]), POLICY_FIELD_ADDED));
	return SMIME_OK;
}

enum smime_status
policy_header_swap_mime(struct policy_header *header, struct smime_bytes entity, size_t *body_at,
    struct smime_diag *diag)
{
	SMIME_AUTO(policy_header) mime = NULL;

	SMIME_TRY(policy_header_read(entity, &mime, diag));
	if (swap_fields(header, mime) != SMIME_OK)
		return smime_fail(diag, SMIME_E_SYSTEM, NULL, "no memory for a header");
	*body_at = mime->body_at;
	return SMIME_OK;
}

void
policy_header_remove_results(struct policy_header *header, const char *authserv_id)
{
	for (size_t i = header->count; i-- > 0;) {
		const struct policy_header_field *field = &header->field[i];
		struct smime_bytes id;

		if (!is_named(field, "Authentication-Results"))
			continue;
		id = policy_header_results_id(field);
		/* No id at all: nobody's, and another reader might take it for ours. */
		if (id.len == 0 || smime_bytes_is(id, authserv_id))
			remove_at(header, i);
	}
}
