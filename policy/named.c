/* named.c - whom a message names to its readers: To and Cc. Who stands in neither must not be
 * named by anything else in what the others get. */
#include "named.h"

#include "array.h"
#include <strings.h>

static enum smime_status
read_field(const struct smime_mime *mime, const char *name, struct policy_named *out)
{
	const struct smime_field *field;

	for (uint32_t n = 0; (field = smime_mime_find(mime, 0, name, n)) != NULL; n++) {
		char **found = NULL;
		size_t count = 0;
		bool strict;
		enum smime_status status =
		    smime_value_addresses(field->value, &found, &count, &strict);

		for (size_t i = 0; status == SMIME_OK && i < count; i++)
			status = policy_strings_add(&out->address, &out->count, found[i]);
		smime_addresses_free(&found);
		if (status == SMIME_E_SYSTEM)
			return status;
	}
	return SMIME_OK;
}

enum smime_status
policy_named_read(const struct smime_mime *mime, struct policy_named *out)
{
	SMIME_TRY(read_field(mime, "To", out));
	return read_field(mime, "Cc", out);
}

void
policy_named_reset(struct policy_named *named)
{
	policy_strings_free(&named->address, &named->count);
}

bool
policy_named_has(const struct policy_named *named, const char *address)
{
	for (size_t i = 0; i < named->count; i++)
		if (strcasecmp(named->address[i], address) == 0)
			return true;
	return false;
}
