/* smtp_args.h - addresses and ESMTP arguments that may be put into a command line. */
#ifndef GATEWAY_SMTP_ARGS_H
#define GATEWAY_SMTP_ARGS_H

#include "smime/bytes.h"

/* Whether address (addr-spec, "" for the null sender) can stand between angle brackets: no control
 * character, no blank or bracket outside quotes, at most 320 octets. */
bool gateway_smtp_address_is_safe(const char *address);

/*
 * Append the arguments of args whose keyword is in keep (ended by NULL), each with a blank in
 * front. One that holds a control character is left out.
 */
SMIME_MUST_USE enum smime_status gateway_smtp_keep_args(
    const char *args, const char *const *keep, struct smime_buf *out);

/* RET and ENVID of MAIL's arguments (RFC 3461), each with a blank in front, appended. headers_only:
 * RET=HDRS whatever they say. */
SMIME_MUST_USE enum smime_status gateway_smtp_dsn_args(
    const char *args, bool headers_only, struct smime_buf *out);

/* Whether args hold that keyword ("SMTPUTF8", "BODY"). */
bool gateway_smtp_has_arg(const char *args, const char *keyword);

/* xtext (RFC 3461 s4): octets outside "!" to "~", and "+" and "=", become "+XX". Appended. */
SMIME_MUST_USE enum smime_status gateway_smtp_xtext(const char *value, struct smime_buf *out);

bool gateway_smtp_is_ascii(const char *text);

#endif
