/* refusals.c - recipients who do not get the message for good, and why: a list. */
#include "refusals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MOST 800 /* octets: one line of a report, which RFC 5322 ends at 998 */

/* The beginning of text, cut between characters. NULL: no memory. */
static char *
beginning(const char *text)
{
	size_t len = strnlen(text, TEXT_MOST);
	char *out = NULL;

	while (text[len] && len > 0 && ((unsigned char)text[len] & 0xC0) == 0x80)
		len--;
	return asprintf(&out, "%.*s%s", (int)len, text, text[len] ? "..." : "") < 0 ? NULL : out;
}

enum smime_status
gateway_refusals_add(struct gateway_refusals *refusals, size_t recipient, const char *code,
    const char *xcode, const char *text)
{
	struct gateway_refusal *item =
	    realloc(refusals->item, (refusals->count + 1) * sizeof *item);
	char *copy = beginning(text);

	if (item)
		refusals->item = item;
	if (!item || !copy) {
		free(copy);
		return SMIME_E_SYSTEM;
	}
	item += refusals->count++;
	*item = (struct gateway_refusal){ .recipient = recipient, .text = copy };
	(void)snprintf(item->code, sizeof item->code, "%s", code);
	(void)snprintf(item->xcode, sizeof item->xcode, "%s", *xcode ? xcode : "5.0.0");
	return SMIME_OK;
}

void
gateway_refusals_reset(struct gateway_refusals *refusals)
{
	for (size_t i = 0; i < refusals->count; i++)
		free(refusals->item[i].text);
	free(refusals->item);
	*refusals = (struct gateway_refusals){ 0 };
}
