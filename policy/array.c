/* array.c - arrays that grow one by one: capacity is always the next power of two, so that it need
 * not be stored. */
#include "array.h"

#include <stdlib.h>
#include <string.h>

void *
policy_array_grow(void *items, size_t count, size_t size)
{
	if (count & (count - 1))
		return items;
	return realloc(items, (count ? 2 * count : 1) * size);
}

enum smime_status
policy_strings_add(char ***items, size_t *count, const char *value)
{
	char **grown = policy_array_grow(*items, *count, sizeof **items);

	if (!grown)
		return SMIME_E_SYSTEM;
	*items = grown;
	grown[*count] = strdup(value);
	if (!grown[*count])
		return SMIME_E_SYSTEM;
	(*count)++;
	return SMIME_OK;
}

void
policy_strings_free(char ***items, size_t *count)
{
	for (size_t i = 0; i < *count; i++)
		free((*items)[i]);
	free(*items);
	*items = NULL;
	*count = 0;
}
