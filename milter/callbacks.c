/*
 * callbacks.c - what libmilter calls. Each callback finds its session and hands the facts on.
 * Debian's libmilter runs the callbacks of one session on different threads, so that a session
 * lives in smfi_setpriv alone.
 */
#include "callbacks.h"

#include "mta_libmilter.h"
#include "session.h"
#include <libmilter/mfdef.h>
#include <stdint.h>

#define ACTIONS                                                                              \
	(SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_CHGBODY | SMFIF_ADDRCPT_PAR | SMFIF_DELRCPT | \
	    SMFIF_CHGFROM | SMFIF_QUARANTINE)

/* Set once, before the first connection. */
static struct gateway *the_gateway;

static sfsistat
to_milter(enum gateway_answer answer)
{
	static const sfsistat answers[] = {
		[GATEWAY_CONTINUE] = SMFIS_CONTINUE,
		[GATEWAY_REJECT] = SMFIS_REJECT,
		[GATEWAY_TEMPFAIL] = SMFIS_TEMPFAIL,
		[GATEWAY_DISCARD] = SMFIS_DISCARD,
		[GATEWAY_ACCEPT] = SMFIS_ACCEPT,
	};

	return answers[answer];
}

/* Macros to ask for, by stage: Postfix does not send {client_addr} and {daemon_port} unasked, and
 * knows the queue id from DATA on. An MTA that cannot be asked sends what it sends. */
static void
ask_for_macros(SMFICTX *ctx)
{
	static const struct {
		int stage;
		const char *names;
	} rows[] = {
		{ SMFIM_CONNECT, "j {daemon_name} {daemon_addr} {daemon_port} {client_addr} "
				 "{client_name} {client_resolve}" },
		{ SMFIM_ENVFROM, "i {auth_authen} {auth_type}" },
		{ SMFIM_DATA, "i" },
		{ SMFIM_EOH, "i" },
		{ SMFIM_EOM, "i" },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		(void)smfi_setsymlist(ctx, rows[i].stage, (char *)(uintptr_t)rows[i].names);
}

/* Without header values as they are the message could not be put together again, and without the
 * right to change it nothing could be sealed: such an MTA is too old. */
static sfsistat // NOLINTNEXTLINE(readability-function-size): libmilter's
on_negotiate(SMFICTX *ctx, unsigned long actions, unsigned long steps, unsigned long f2,
    unsigned long f3, unsigned long *want_actions, unsigned long *want_steps,
    unsigned long *want_f2, unsigned long *want_f3)
{
	(void)f2;
	(void)f3;
	if ((actions & ACTIONS) != ACTIONS || !(steps & SMFIP_HDR_LEADSPC)) {
		gateway_log_problem(the_gateway->log, "negotiate",
		    "the MTA offers too little (actions 0x%lx, steps 0x%lx): Postfix 2.6 or "
		    "Sendmail 8.14 is needed",
		    actions, steps);
		return SMFIS_REJECT;
	}
	*want_actions = ACTIONS;
	*want_steps = SMFIP_HDR_LEADSPC;
	*want_f2 = 0;
	*want_f3 = 0;
	if (actions & SMFIF_SETSYMLIST) {
		*want_actions |= SMFIF_SETSYMLIST;
		ask_for_macros(ctx);
	}
	return SMFIS_CONTINUE;
}

static sfsistat
on_connect(SMFICTX *ctx, char *host, struct sockaddr *address)
{
	struct gateway_mta_libmilter mta = gateway_mta_libmilter(ctx);
	struct gateway_session *session = NULL;

	if (gateway_session_new(the_gateway, &session) != SMIME_OK)
		return SMFIS_TEMPFAIL;
	if (smfi_setpriv(ctx, session) != MI_SUCCESS) {
		gateway_session_free(&session);
		return SMFIS_TEMPFAIL;
	}
	return to_milter(gateway_session_connect(session, &mta.base, host, address));
}

static sfsistat
on_helo(SMFICTX *ctx, char *name)
{
	return to_milter(gateway_session_helo(smfi_getpriv(ctx), name));
}

static sfsistat
on_mail(SMFICTX *ctx, char **argv)
{
	struct gateway_mta_libmilter mta = gateway_mta_libmilter(ctx);

	return to_milter(gateway_session_mail(smfi_getpriv(ctx), &mta.base, argv));
}

static sfsistat
on_rcpt(SMFICTX *ctx, char **argv)
{
	return to_milter(gateway_session_rcpt(smfi_getpriv(ctx), argv));
}

static sfsistat
on_header(SMFICTX *ctx, char *name, char *value)
{
	return to_milter(gateway_session_header(smfi_getpriv(ctx), name, value));
}

static sfsistat
on_end_of_header(SMFICTX *ctx)
{
	struct gateway_mta_libmilter mta = gateway_mta_libmilter(ctx);

	return to_milter(gateway_session_end_of_header(smfi_getpriv(ctx), &mta.base));
}

static sfsistat
on_body(SMFICTX *ctx, unsigned char *data, size_t len)
{
	return to_milter(gateway_session_body(smfi_getpriv(ctx), data, len));
}

static sfsistat
on_end_of_message(SMFICTX *ctx)
{
	struct gateway_mta_libmilter mta = gateway_mta_libmilter(ctx);

	return to_milter(gateway_session_end_of_message(smfi_getpriv(ctx), &mta.base));
}

/* libmilter calls this also for a connection whose on_connect failed. */
static sfsistat
on_abort(SMFICTX *ctx)
{
	struct gateway_session *session = smfi_getpriv(ctx);

	if (session)
		gateway_session_abort(session);
	return SMFIS_CONTINUE;
}

static sfsistat
on_close(SMFICTX *ctx)
{
	struct gateway_session *session = smfi_getpriv(ctx);

	gateway_session_free(&session);
	(void)smfi_setpriv(ctx, NULL);
	return SMFIS_CONTINUE;
}

bool
gateway_callbacks_register(struct gateway *gateway)
{
	static char name[] = "smime-milter";
	struct smfiDesc filter = {
		.xxfi_name = name,
		.xxfi_version = SMFI_VERSION,
		.xxfi_flags = ACTIONS | SMFIF_SETSYMLIST,
		.xxfi_connect = on_connect,
		.xxfi_helo = on_helo,
		.xxfi_envfrom = on_mail,
		.xxfi_envrcpt = on_rcpt,
		.xxfi_header = on_header,
		.xxfi_eoh = on_end_of_header,
		.xxfi_body = on_body,
		.xxfi_eom = on_end_of_message,
		.xxfi_abort = on_abort,
		.xxfi_close = on_close,
		.xxfi_negotiate = on_negotiate,
	};

	the_gateway = gateway;
	return smfi_register(filter) == MI_SUCCESS;
}
