/* snapshot_mail.c - compile mail policies: who they are for, which content filters run.
 * DESIGN section 6. */
#include "plan.h"
#include "snapshot_build.h"

#include "smime/cert.h"
#include <stdio.h>
#include <stdlib.h>

/* user@d, user@, @d or @.d as addresses are folded, which knows nothing of the dot. */
static enum smime_status
fold(const char *pattern, char **out)
{
	const char *at = strrchr(pattern, '@');
	size_t front = at ? (size_t)(at - pattern) + 1 : 0, dot = at && at[1] == '.';
	SMIME_AUTO_BUF plain = { 0 };
	SMIME_AUTO_BUF folded = { 0 };

	SMIME_TRY(smime_buf_append(&plain, pattern, front));
	SMIME_TRY(smime_buf_append(&plain, pattern + front + dot, strlen(pattern + front + dot)));
	SMIME_TRY(smime_mailbox_fold(smime_buf_bytes(&plain), &folded));
	SMIME_TRY(smime_buf_terminate(&folded));
	return asprintf(out, "%.*s%s%s", (int)front, (const char *)folded.data, dot ? "." : "",
		   (const char *)folded.data + front) < 0
		   ? SMIME_E_SYSTEM
		   : SMIME_OK;
}

/* Columns: side, pattern, negate. */
static enum smime_status
member(struct policy_build *build, struct policy_stmt *row, void *arg)
{
	struct policy_mail_policy *p = arg;
	struct policy_pattern_member *m = policy_array_grow(p->members, p->member_count, sizeof *m);

	(void)build;
	if (!m)
		return SMIME_E_SYSTEM;
	p->members = m;
	m += p->member_count++;
	*m = (struct policy_pattern_member){
		.recipient_side = strcmp(policy_column_text(row, 0), "recipient") == 0,
		.negate = policy_column_int(row, 2) != 0,
		.pattern = strdup(policy_column_text(row, 1)),
	};
	return m->pattern ? fold(m->pattern, &m->folded) : SMIME_E_SYSTEM;
}

/* Not among the compiled ones: it is disabled or was left out. */
static enum smime_status
idle(struct policy_mail_policy *p, const struct policy_snapshot *s, const char *name)
{
	for (size_t i = 0; i < s->idle_count; i++)
		if (strcmp(s->idles[i].table, "content_filter") == 0 &&
		    strcmp(s->idles[i].name, name) == 0)
			SMIME_TRY(policy_indexes_add(&p->idle, &p->idle_count, i));
	return SMIME_OK;
}

/* Columns: content_filter. */
static enum smime_status
filter(struct policy_build *build, struct policy_stmt *row, void *arg)
{
	const struct policy_snapshot *s = build->snapshot;
	struct policy_mail_policy *p = arg;

	for (size_t i = 0; i < s->content_filter_count; i++) {
		const struct policy_filter **grown;

		if (strcmp(s->content_filters[i]->name, policy_column_text(row, 0)) != 0)
			continue;
		grown = policy_array_grow(p->filters, p->filter_count, sizeof(void *));
		if (!grown)
			return SMIME_E_SYSTEM;
		p->filters = grown;
		grown[p->filter_count++] = s->content_filters[i];
		return SMIME_OK;
	}
	return idle(p, s, policy_column_text(row, 0));
}

/* Columns: name, direction, sides, senders, recipients. */
static enum smime_status
mail_policy(struct policy_build *build, struct policy_stmt *row, void *arg)
{
	struct policy_snapshot *s = build->snapshot;
	struct policy_mail_policy *p =
	    policy_array_grow(s->mail_policies, s->mail_policy_count, sizeof *p);

	(void)arg;
	if (!p)
		return SMIME_E_SYSTEM;
	s->mail_policies = p;
	p += s->mail_policy_count++;
	*p = (struct policy_mail_policy){
		.name = strdup(policy_column_text(row, 0)),
		.direction = strcmp(policy_column_text(row, 1), "outgoing") == 0 ? POLICY_OUTGOING
										 : POLICY_INCOMING,
		.either = strcmp(policy_column_text(row, 2), "either") == 0,
		.every_sender = strcmp(policy_column_text(row, 3), "all") == 0,
		.every_recipient = strcmp(policy_column_text(row, 4), "all") == 0,
	};
	return p->name ? SMIME_OK : SMIME_E_SYSTEM;
}

enum smime_status
policy_build_mail_policies(struct policy_build *build)
{
	struct policy_snapshot *s = build->snapshot;

	SMIME_TRY(policy_each_row(build, POLICY_SQL_MAIL_POLICIES, NULL, mail_policy, NULL));
	for (size_t i = 0; i < s->mail_policy_count; i++) {
		struct policy_mail_policy *p = &s->mail_policies[i];

		SMIME_TRY(
		    policy_each_row(build, POLICY_SQL_MAIL_POLICY_MEMBERS, p->name, member, p));
		SMIME_TRY(
		    policy_each_row(build, POLICY_SQL_MAIL_POLICY_FILTERS, p->name, filter, p));
	}
	return SMIME_OK;
}
