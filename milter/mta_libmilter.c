/* mta_libmilter.c - requests to the MTA through libmilter, which takes none of its strings as const
 * but changes none. */
#include "mta_libmilter.h"

#include "reply.h"
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#define LAST 1000000 /* an index beyond all fields: both MTAs append */

static SMFICTX *
context(struct gateway_mta *mta)
{
	return smime_container_of(mta, struct gateway_mta_libmilter, base)->ctx;
}

static char *
unconst(const char *s)
{
	return (char *)(uintptr_t)s;
}

static enum smime_status
result(int rc)
{
	return rc == MI_SUCCESS ? SMIME_OK : SMIME_E_SYSTEM;
}

static const char *
macro(struct gateway_mta *mta, const char *name)
{
	return smfi_getsymval(context(mta), unconst(name));
}

/* Not smfi_addheader, with which Sendmail puts the field before the first of its name. */
static enum smime_status
add_header(struct gateway_mta *mta, const char *name, const char *value)
{
	return result(smfi_insheader(context(mta), LAST, unconst(name), unconst(value)));
}

/* Index 0 is above the MTA's own Received field. */
static enum smime_status
put_header_on_top(struct gateway_mta *mta, const char *name, const char *value)
{
	return result(smfi_insheader(context(mta), 0, unconst(name), unconst(value)));
}

static enum smime_status
change_header(struct gateway_mta *mta, const char *name, unsigned instance, const char *value)
{
	return result(smfi_chgheader(context(mta), unconst(name), (int)instance, unconst(value)));
}

static enum smime_status
delete_recipient(struct gateway_mta *mta, const char *exact)
{
	return result(smfi_delrcpt(context(mta), unconst(exact)));
}

static enum smime_status
add_recipient(struct gateway_mta *mta, const char *address, const char *args)
{
	return result(smfi_addrcpt_par(context(mta), unconst(address), unconst(args)));
}

static enum smime_status
change_sender(struct gateway_mta *mta, const char *address, const char *args)
{
	return result(smfi_chgfrom(context(mta), unconst(address), unconst(args)));
}

static enum smime_status
quarantine(struct gateway_mta *mta, const char *reason)
{
	return result(smfi_quarantine(context(mta), unconst(reason)));
}

static enum smime_status
progress(struct gateway_mta *mta)
{
	return result(smfi_progress(context(mta)));
}

static enum smime_status
replace_body(struct gateway_mta *mta, const void *data, size_t len)
{
	if (len > INT_MAX)
		return SMIME_E_SYSTEM;
	return result(smfi_replacebody(context(mta), (unsigned char *)(uintptr_t)data, (int)len));
}

/* Every line is an argument of a function that takes any number of them and ends at NULL. */
static enum smime_status
set_reply(struct gateway_mta *mta, const char *code, const char *xcode, const char *const *lines,
    size_t count)
{
	const char *l[GATEWAY_REPLY_LINES] = { NULL };

	if (count > GATEWAY_REPLY_LINES)
		return SMIME_E_SYSTEM;
	for (size_t i = 0; i < count; i++)
		l[i] = lines[i];
	/* clang-format off */
	return result(smfi_setmlreply(context(mta), code, xcode,
	    l[0], l[1], l[2], l[3], l[4], l[5], l[6], l[7], l[8], l[9], l[10], l[11], l[12], l[13],
	    l[14], l[15], l[16], l[17], l[18], l[19], l[20], l[21], l[22], l[23], l[24], l[25],
	    l[26], l[27], l[28], l[29], l[30], l[31], (const char *)NULL));
	/* clang-format on */
}

static const struct gateway_mta_ops ops = {
	.macro = macro,
	.add_header = add_header,
	.put_header_on_top = put_header_on_top,
	.change_header = change_header,
	.delete_recipient = delete_recipient,
	.add_recipient = add_recipient,
	.change_sender = change_sender,
	.quarantine = quarantine,
	.progress = progress,
	.replace_body = replace_body,
	.set_reply = set_reply,
};

struct gateway_mta_libmilter
gateway_mta_libmilter(SMFICTX *ctx)
{
	return (struct gateway_mta_libmilter){ .base.ops = &ops, .ctx = ctx };
}
