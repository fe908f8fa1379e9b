/*
 * recipients.c - which mail policy a recipient falls under.  DESIGN section 6.
 *
 * Every comparison is without case and of domains in A-labels: addresses of one person must not
 * fall under two policies. Memory: an entry for each mail policy whose sender side holds, and
 * addresses.
 */
#include "recipients.h"

#include "array.h"
#include "smime/cert.h"
#include <stdlib.h>
#include <strings.h>

/* user@domain, user@ (any domain), @domain, @.domain (everything below it). */
static bool
pattern_matches(const char *pattern, const char *address)
{
	const char *pattern_at = strrchr(pattern, '@');
	const char *at = strrchr(address, '@');
	size_t local = pattern_at ? (size_t)(pattern_at - pattern) : 0;
	size_t domain_len, address_len;

	if (!pattern_at || !at)
		return false;
	if (local > 0 &&
	    (local != (size_t)(at - address) || strncasecmp(pattern, address, local) != 0))
		return false;
	if (pattern_at[1] == 0)
		return local > 0;
	if (pattern_at[1] != '.')
		return strcasecmp(pattern_at, at) == 0;
	domain_len = strlen(pattern_at + 1);
	address_len = strlen(at + 1);
	return address_len > domain_len &&
	       strcasecmp(pattern_at + 1, at + 1 + address_len - domain_len) == 0;
}

/* ---- one side ---- */

static struct policy_side
verdict(bool holds, const char *why, const struct policy_pattern_member *member)
{
	return (struct policy_side){ .asked = true,
		.holds = holds,
		.why = why,
		.pattern = member ? member->pattern : NULL };
}

/*
 * No negated member matches, and of the others one does, or, with `every`, each of them. A side
 * without members holds for everybody.
 */
static struct policy_side
ask_side(
    const struct policy_mail_policy *policy, bool recipient_side, bool every, const char *address)
{
	const struct policy_pattern_member *found = NULL, *lacking = NULL;
	bool asked = false;

	for (size_t i = 0; i < policy->member_count; i++) {
		const struct policy_pattern_member *m = &policy->members[i];
		bool matches;

		if (m->recipient_side != recipient_side)
			continue;
		asked = true;
		matches = pattern_matches(m->folded, address);
		if (m->negate && matches)
			return verdict(false, "excluded by", m);
		if (m->negate)
			continue;
		found = matches && !found ? m : found;
		lacking = matches || lacking ? lacking : m;
	}
	if (!asked)
		return (struct policy_side){ .holds = true };
	if (every && lacking)
		return verdict(false, "does not match", lacking);
	if (found)
		return verdict(true, "matches", found);
	return lacking ? verdict(false, "matches none of its members", NULL)
		       : verdict(true, "is not excluded", NULL);
}

static bool
is_addressed(const struct policy_routes *routes, const char *pattern)
{
	for (size_t i = 0; i < routes->envelope->recipient_count; i++)
		if (pattern_matches(pattern, routes->recipients[i]))
			return true;
	return false;
}

static struct policy_side
ask_addressed(const struct policy_mail_policy *policy, const struct policy_routes *routes)
{
	if (!policy->every_recipient)
		return (struct policy_side){ .holds = true };
	for (size_t i = 0; i < policy->member_count; i++) {
		const struct policy_pattern_member *m = &policy->members[i];

		if (m->recipient_side && !m->negate && !is_addressed(routes, m->folded))
			return verdict(false, "does not count: the message is not also for", m);
	}
	return (struct policy_side){ .holds = true };
}

/* ---- one message ---- */

static bool
is_default(const struct policy_mail_policy *policy)
{
	return strcmp(policy->name, "default-incoming") == 0 ||
	       strcmp(policy->name, "default-outgoing") == 0;
}

static enum smime_status
add_route(struct policy_routes *routes, const struct policy_route *route)
{
	struct policy_route *grown = policy_array_grow(routes->item, routes->count, sizeof *grown);

	if (!grown)
		return SMIME_E_SYSTEM;
	routes->item = grown;
	grown[routes->count++] = *route;
	return SMIME_OK;
}

static enum smime_status
fold_envelope(const struct policy_envelope *envelope, struct policy_routes *out)
{
	out->recipients = calloc(envelope->recipient_count + 1, sizeof *out->recipients);
	if (!out->recipients)
		return SMIME_E_SYSTEM;
	for (size_t i = 0; i < envelope->recipient_count; i++)
		SMIME_TRY(policy_address_fold(envelope->recipients[i], &out->recipients[i]));
	return policy_address_fold(envelope->sender, &out->sender);
}

enum smime_status
policy_routes_make(const struct policy_snapshot *snapshot, enum policy_direction direction,
    const struct policy_envelope *envelope, const struct policy_trace *trace,
    struct policy_routes *out)
{
	*out = (struct policy_routes){ .envelope = envelope };
	SMIME_TRY(fold_envelope(envelope, out));
	for (size_t i = 0; i < snapshot->mail_policy_count; i++) {
		const struct policy_mail_policy *p = &snapshot->mail_policies[i];
		struct policy_route route = { .policy = p };

		if (p->direction != direction)
			continue;
		route.sender = ask_side(p, false, p->every_sender, out->sender);
		route.addressed = ask_addressed(p, out);
		if (trace || p->either || (route.sender.holds && route.addressed.holds))
			SMIME_TRY(add_route(out, &route));
	}
	return SMIME_OK;
}

void
policy_routes_reset(struct policy_routes *routes)
{
	for (size_t i = 0; routes->recipients && i < routes->envelope->recipient_count; i++)
		free(routes->recipients[i]);
	free(routes->recipients);
	free(routes->sender);
	free(routes->item);
	*routes = (struct policy_routes){ 0 };
}

/* ---- one recipient ---- */

static void
explain_side(struct policy_trace *trace, const char *name, const char *address,
    const struct policy_side *side)
{
	if (side->asked)
		policy_trace_line(trace, 2, "%s %s %s%s%s", name, address[0] ? address : "<>",
		    side->why, side->pattern ? " " : "", side->pattern ? side->pattern : "");
}

static void
explain(struct policy_trace *trace, const struct policy_route *route, bool fits,
    const struct policy_envelope *envelope, const char *address, const struct policy_side *side)
{
	const struct policy_mail_policy *p = route->policy;

	policy_trace_line(trace, 1, "mail policy %s: %s%s", p->name, fits ? "yes" : "no",
	    p->member_count > 0 ? ""
	    : is_default(p)     ? ", it is for everybody that is left"
				: ", it has no members");
	explain_side(trace, "sender", envelope->sender, &route->sender);
	explain_side(trace, "recipient", address, side);
}

static bool
fits(const struct policy_route *route, const struct policy_side *recipient)
{
	const struct policy_mail_policy *p = route->policy;

	/* Without members it is a row whose members have not been written yet. */
	if (p->member_count == 0)
		return is_default(p);
	if (p->either)
		return (route->sender.asked && route->sender.holds) ||
		       (recipient->asked && recipient->holds);
	return route->sender.holds && recipient->holds;
}

const struct policy_mail_policy *
policy_routes_find(const struct policy_routes *routes, size_t recipient, struct policy_trace *trace)
{
	for (size_t i = 0; i < routes->count; i++) {
		const struct policy_route *route = &routes->item[i];
		struct policy_side side =
		    ask_side(route->policy, true, false, routes->recipients[recipient]);
		bool found;

		if (side.holds && !route->addressed.holds)
			side = route->addressed;
		found = fits(route, &side);
		explain(trace, route, found, routes->envelope,
		    routes->envelope->recipients[recipient], &side);
		if (found)
			return route->policy;
	}
	return NULL;
}
