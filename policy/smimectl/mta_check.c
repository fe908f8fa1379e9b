/*
 * mta_check.c - is this Postfix configured so that nothing leaves past us, nothing is lost, and
 * copies come back?  R-SND-MTA, notes of smime-milter(8), POSTFIX and RE-INJECTION.
 * One function for each rule, in one table. Looks at the configuration only: not at maps, and not
 * at what other machines do.
 */
#include "mta_check.h"

#include "mta_milter.h"
#include <stdarg.h>
#include <stdlib.h>

/* The longest that we may be silent: the journal's patience and the answers of a slow
 * re-injection listener, each 30 s. */
#define SILENCE 300
/* Signed and encrypted mail is base64 twice: 1.37 x 1.37. */
#define GROWN(octets) ((octets)*19 / 10)

void
mta_problem(struct mta_check *check, const char *format, ...)
{
	char text[2000];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof text, format, args);
	va_end(args);
	ctl_say("problem: %s\n", text);
	check->problems++;
}

/* ---- what several rules ask ---- */

static bool
takes_mail_by_smtp(const struct mta_service *service)
{
	return strcmp(service->command, "smtpd") == 0 &&
	       (strcmp(service->type, "inet") == 0 || strcmp(service->type, "pass") == 0);
}

static const struct mta_service *
service_of(const struct mta_postfix *p, const char *command)
{
	for (size_t i = 0; i < p->service_count; i++)
		if (strcmp(p->services[i].command, command) == 0)
			return &p->services[i];
	return NULL;
}

static struct mta_milter
ours_in(const struct mta_check *c, const struct mta_service *service, const char *parameter)
{
	return mta_find_milter(mta_get(c->postfix, service, parameter), c->socket,
	    mta_get(c->postfix, NULL, "queue_directory"), service && service->chroot);
}

/* Whether mail that comes in there is shown to us. */
static struct mta_milter
ours_at(const struct mta_check *c, const struct mta_service *service)
{
	if (mta_lists(mta_get(c->postfix, service, "receive_override_options"), "no_milters"))
		return (struct mta_milter){ 0 };
	return ours_in(c, service, "smtpd_milters");
}

static const char *
label(const struct mta_service *service, char out[256])
{
	(void)snprintf(out, 256, "%s/%s", service->name, service->type);
	return out;
}

/* The re-injection listener, as far as its address tells. */
static bool
is_reinjection(const struct mta_check *c, const struct mta_service *service)
{
	return strcmp(service->type, "inet") == 0 && mta_port(service) == c->reinject_port;
}

/* ---- rules for each listener ---- */

static void
check_presence(struct mta_check *c, const struct mta_service *s, const struct mta_milter *ours)
{
	char name[256];

	if (ours->found && ours->out_of_reach)
		mta_problem(c,
		    "%s runs in a chroot and cannot reach %s: put the socket below %s and leave "
		    "that part of its path out of smtpd_milters, or write n for chroot",
		    label(s, name), c->socket, mta_get(c->postfix, NULL, "queue_directory"));
	if (ours->found || is_reinjection(c, s))
		return;
	if (!mta_is_loopback(c->postfix, s))
		mta_problem(c,
		    "%s takes mail from other machines without showing it to %s: add it to "
		    "smtpd_milters there, and take no_milters out of receive_override_options",
		    label(s, name), c->socket);
	else
		ctl_say("note: %s does not show us its mail: what programs on this machine hand "
			"in there leaves as it is\n",
		    label(s, name));
}

/* action and timeout: our entry's own, or the parameters'. */
static void
check_failure(struct mta_check *c, const char *where, const char *action, const char *timeout)
{
	if (strcmp(action, "accept") == 0 || strcmp(action, "quarantine") == 0)
		mta_problem(c,
		    "%s: milter_default_action = %s lets mail through unsealed, or with half of "
		    "its changes, when smime-milter fails: write tempfail",
		    where, action);
	else if (strcmp(action, "reject") == 0)
		ctl_say("note: %s: milter_default_action = reject refuses mail for good while "
			"smime-milter restarts: tempfail is meant for that\n",
		    where);
	if (mta_seconds(timeout) < SILENCE)
		mta_problem(c,
		    "%s: milter_content_timeout = %s is less than the %d s that re-injection may "
		    "take: a message that is given up then has its copies sent already",
		    where, timeout, SILENCE);
}

static const char *
own_or(const char *own, const char *otherwise)
{
	return *own ? own : otherwise;
}

static void
check_listener_failure(
    struct mta_check *c, const struct mta_service *s, const struct mta_milter *ours)
{
	const struct mta_postfix *p = c->postfix;
	char name[256];

	if (!ours->found)
		return;
	check_failure(c, label(s, name),
	    own_or(ours->default_action, mta_get(p, s, "milter_default_action")),
	    own_or(ours->content_timeout, mta_get(p, s, "milter_content_timeout")));
	if (strtol(mta_get(p, s, "milter_protocol"), NULL, 10) < 6)
		mta_problem(c, "%s: milter_protocol = %s: smime-milter needs 6", name,
		    mta_get(p, s, "milter_protocol"));
	if (*mta_get(p, s, "smtpd_milter_maps"))
		ctl_say("note: %s: smtpd_milter_maps chooses milters by client and was not looked "
			"into: it must not lead past smime-milter\n",
		    name);
}

/* A message that ends in a bare line feed hides a second one from us (SMTP smuggling). */
static void
check_newlines(struct mta_check *c, const struct mta_service *s)
{
	const char *value = mta_get(c->postfix, s, "smtpd_forbid_bare_newline");
	char name[256];

	if (mta_is_loopback(c->postfix, s))
		return;
	if (!mta_knows(c->postfix, "smtpd_forbid_bare_newline"))
		mta_problem(c, "%s: this Postfix has no smtpd_forbid_bare_newline: update it",
		    label(s, name));
	else if (strcmp(value, "no") == 0)
		mta_problem(c,
		    "%s: smtpd_forbid_bare_newline = no lets one message be smuggled inside "
		    "another: write normalize",
		    label(s, name));
}

/* Octets; INT64_MAX: no limit. */
static int64_t
limit_of(const struct mta_postfix *p, const struct mta_service *service)
{
	int64_t limit = strtoll(mta_get(p, service, "message_size_limit"), NULL, 10);

	return limit > 0 ? limit : INT64_MAX;
}

static void
check_size(struct mta_check *c, const struct mta_service *s, const struct mta_milter *ours)
{
	int64_t in = limit_of(c->postfix, s);
	int64_t most = limit_of(c->postfix, service_of(c->postfix, "cleanup"));
	char name[256];

	if (!ours->found)
		return;
	if (most != INT64_MAX && (in == INT64_MAX || GROWN(in) > most))
		mta_problem(c,
		    "%s lets in messages of %s octets, which grow by up to 1.9, and cleanup takes "
		    "%lld: lower message_size_limit there (-o message_size_limit=%lld), or raise "
		    "that of main.cf",
		    label(s, name), mta_get(c->postfix, s, "message_size_limit"), (long long)most,
		    (long long)(most * 10 / 19));
	if (c->next_hop_limit > 0 && (in == INT64_MAX || GROWN(in) > c->next_hop_limit))
		mta_problem(c,
		    "%s lets in messages of %s octets, which grow by up to 1.9, and the next hop "
		    "takes %lld",
		    label(s, name), mta_get(c->postfix, s, "message_size_limit"),
		    (long long)c->next_hop_limit);
}

static void
check_reinjection(struct mta_check *c, const struct mta_service *s, const struct mta_milter *ours)
{
	char name[256];

	(void)label(s, name);
	if (!is_reinjection(c, s))
		return;
	if (ours->found)
		mta_problem(c,
		    "%s is the re-injection listener and shows its mail to smime-milter again: "
		    "set smtpd_milters empty there",
		    name);
	if (!mta_is_loopback(c->postfix, s))
		mta_problem(c,
		    "%s is the re-injection listener, without smime-milter, and others can reach "
		    "it: write 127.0.0.1:%d",
		    name, c->reinject_port);
	if (limit_of(c->postfix, s) < limit_of(c->postfix, service_of(c->postfix, "cleanup")))
		mta_problem(c, "%s takes smaller copies than main.cf's message_size_limit", name);
	if (mta_lists(mta_get(c->postfix, s, "smtpd_discard_ehlo_keywords"), "dsn"))
		mta_problem(c,
		    "%s does not offer DSN, and decrypted copies would wait for that: set "
		    "smtpd_discard_ehlo_keywords empty there",
		    name);
	if (mta_lists(mta_get(c->postfix, s, "receive_override_options"), "no_address_mappings"))
		ctl_say(
		    "note: %s: no_address_mappings leaves aliases of copies unexpanded\n", name);
	if (!*mta_get(c->postfix, s, "smtpd_authorized_xforward_hosts"))
		ctl_say("note: %s: without smtpd_authorized_xforward_hosts = 127.0.0.0/8 the log "
			"does not name the client of a copy\n",
		    name);
}

static void
check_listener(struct mta_check *c, const struct mta_service *s)
{
	struct mta_milter ours = ours_at(c, s);

	check_presence(c, s, &ours);
	check_listener_failure(c, s, &ours);
	check_newlines(c, s);
	check_size(c, s, &ours);
	check_reinjection(c, s, &ours);
}

/* ---- rules for the whole ---- */

/* Copies have to be taken by somebody. */
static void
check_there_is_a_listener(struct mta_check *c)
{
	const struct mta_postfix *p = c->postfix;
	struct mta_service there = { .name = "", .type = "inet" };
	char name[300];

	(void)snprintf(name, sizeof name, "%s:%d", c->reinject_host, c->reinject_port);
	there.name = name;
	if (!mta_is_loopback(p, &there)) {
		ctl_say("note: copies go to %s, another machine, which was not looked at\n", name);
		return;
	}
	for (size_t i = 0; i < p->service_count; i++)
		if (takes_mail_by_smtp(&p->services[i]) && is_reinjection(c, &p->services[i]))
			return;
	mta_problem(c,
	    "nobody listens on %s (settings reinject_host, reinject_port) for copies and reports: "
	    "see smime-milter(8), RE-INJECTION",
	    name);
}

static void
check_local_mail(struct mta_check *c)
{
	const struct mta_service *cleanup = service_of(c->postfix, "cleanup");
	struct mta_milter ours = ours_in(c, cleanup, "non_smtpd_milters");
	bool local = service_of(c->postfix, "pickup") || service_of(c->postfix, "qmqpd");

	if (!local)
		return;
	if (!ours.found)
		mta_problem(c,
		    "non_smtpd_milters lacks %s: what sendmail(1) hands in on this machine leaves "
		    "as it is; write non_smtpd_milters = $smtpd_milters",
		    c->socket);
	if (ours.found && ours.out_of_reach)
		mta_problem(c, "cleanup runs in a chroot and cannot reach %s", c->socket);
	if (ours.found)
		check_failure(c, "non_smtpd_milters",
		    own_or(
			ours.default_action, mta_get(c->postfix, cleanup, "milter_default_action")),
		    own_or(ours.content_timeout,
			mta_get(c->postfix, cleanup, "milter_content_timeout")));
}

static void
check_bounces(struct mta_check *c)
{
	const char *value = mta_get(c->postfix, NULL, "internal_mail_filter_classes");

	if (*value)
		mta_problem(c,
		    "internal_mail_filter_classes = %s shows us Postfix's own reports, which are "
		    "not to be sealed or held: leave it empty",
		    value);
}

void
mta_check(struct mta_check *check)
{
	static void (*const rules[])(struct mta_check *) = {
		check_local_mail,
		check_bounces,
		check_there_is_a_listener,
	};
	const struct mta_postfix *p = check->postfix;

	for (size_t i = 0; i < p->service_count; i++)
		if (takes_mail_by_smtp(&p->services[i]))
			check_listener(check, &p->services[i]);
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		rules[i](check);
}
