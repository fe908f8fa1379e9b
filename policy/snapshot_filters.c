/*
 * snapshot_filters.c - compile message filters and content filters.  FILTERS: semantics.
 *
 * A filter that did not change since the last snapshot is shared with it, not compiled again. One
 * that does not compile, or names a profile that is not there, is reported; its last good version
 * goes on running, or nothing of it when there is none.
 */
#include "dictionary.h"
#include "policy/suggest.h"
#include "snapshot_build.h"

#include <stdio.h>
#include <stdlib.h>

/* The row in work. */
struct draft {
	const char *table;
	struct policy_filter *filter;
	struct policy_error error; /* text empty: none */
	/* the content filter action in work */
	int64_t position; /* 0: none */
	char *action;
	char **texts;
	size_t text_count;
};

static void
set_error(struct policy_error *error, const struct policy_action *action, const char *what)
{
	if (error->text[0])
		return;
	if (action->line > 0)
		(void)snprintf(error->text, sizeof error->text, "line %u, column %u: %s",
		    action->line, action->column, what);
	else
		(void)snprintf(error->text, sizeof error->text, "%s", what);
}

/* What an action names has to be there. */
struct action_check {
	const struct policy_snapshot *snapshot;
	struct policy_error *error;
};

/* "there is no sending_profile "x"; did you mean "y"?" */
static void
say_missing(
    const char *table, const char *name, const struct policy_suggestion *near, char out[400])
{
	(void)snprintf(out, 400, "there is no good %s \"%.100s\"%s%.100s%s", table, name,
	    near->best ? "; did you mean \"" : "", near->best ? near->best : "",
	    near->best ? "\"?" : "");
}

static void
check_action(void *arg, const struct policy_action *action)
{
	const struct action_check *check = arg;
	struct policy_suggestion near = { 0 };
	char what[400];

	if (action->kind != POLICY_ACT_SMIME_GATEWAY &&
	    action->kind != POLICY_ACT_SMIME_GATEWAY_DEFERRED)
		return;
	if (policy_snapshot_profile(check->snapshot, action->args[0]))
		return;
	near.word = smime_bytes_str(action->args[0]);
	for (size_t i = 0; i < check->snapshot->profile_count; i++)
		policy_suggest(&near, check->snapshot->profiles[i].name);
	say_missing("sending_profile", action->args[0], &near, what);
	set_error(check->error, action, what);
}

static bool
has_group(const struct policy_snapshot *snapshot, const char *name)
{
	for (size_t i = 0; i < snapshot->group_count; i++)
		if (strcmp(snapshot->groups[i].name, name) == 0)
			return true;
	return false;
}

/* The table that lacks what a condition names; NULL: none does. Listeners are the MTA's to name:
 * any may come. */
static const char *
missing_in(const struct policy_snapshot *snapshot, const struct policy_reference *reference)
{
	switch (reference->kind) {
	case POLICY_REFERS_SENDER_GROUP:
		return has_group(snapshot, reference->name) ? NULL : "sender_group";
	case POLICY_REFERS_DICTIONARY:
		return policy_snapshot_dictionary(snapshot, reference->name) ? NULL : "dictionary";
	case POLICY_REFERS_LISTENER:
	case POLICY_REFERS_NOTHING:
		break;
	}
	return NULL;
}

static void
check_reference(void *arg, const struct policy_reference *reference)
{
	const struct action_check *check = arg;
	struct policy_action at = { .line = reference->line, .column = reference->column };
	const struct policy_snapshot *s = check->snapshot;
	const char *table = missing_in(s, reference);
	struct policy_suggestion near = { .word = smime_bytes_str(reference->name) };
	char what[400];

	if (!table)
		return;
	for (size_t i = 0; reference->kind == POLICY_REFERS_SENDER_GROUP && i < s->group_count; i++)
		policy_suggest(&near, s->groups[i].name);
	for (size_t i = 0; reference->kind == POLICY_REFERS_DICTIONARY && i < s->dictionary_count;
	     i++)
		policy_suggest(&near, s->dictionaries[i]->name);
	say_missing(table, reference->name, &near, what);
	set_error(check->error, &at, what);
}

/* Does all that it names exist? */
static bool
refers_well(const struct policy_snapshot *snapshot, const struct policy_filter *filter,
    struct policy_error *error)
{
	struct action_check check = { .snapshot = snapshot, .error = error };

	if (filter->script) {
		policy_script_each_action(filter->script, check_action, &check);
		policy_script_each_reference(filter->script, check_reference, &check);
	}
	if (filter->condition)
		policy_rule_each_reference(filter->condition, check_reference, &check);
	for (size_t i = 0; i < filter->action_count; i++)
		check_action(&check, &filter->actions[i]);
	return error->text[0] == 0;
}

static struct policy_filter *
find(struct policy_filter **filters, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(filters[i]->name, name) == 0)
			return filters[i];
	return NULL;
}

static enum smime_status
add(struct policy_filter ***filters, size_t *count, struct policy_filter *filter)
{
	struct policy_filter **grown = policy_array_grow(*filters, *count, sizeof **filters);

	if (!grown)
		return SMIME_E_SYSTEM;
	*filters = grown;
	(void)atomic_fetch_add(&filter->references, 1);
	grown[(*count)++] = filter;
	return SMIME_OK;
}

/* It does not run. */
static enum smime_status
rest(struct policy_build *build, const char *table, const char *name, const char *reason)
{
	struct policy_snapshot *s = build->snapshot;
	struct policy_idle *idle = policy_array_grow(s->idles, s->idle_count, sizeof *idle);

	if (!idle)
		return SMIME_E_SYSTEM;
	s->idles = idle;
	idle += s->idle_count++;
	*idle =
	    (struct policy_idle){ .table = table, .name = strdup(name), .reason = strdup(reason) };
	return idle->name && idle->reason ? SMIME_OK : SMIME_E_SYSTEM;
}

/* Who has no earlier snapshot (smimectl, a daemon that starts) does not know what others have. */
static enum smime_status
report(struct policy_build *build, const struct draft *draft, bool has_last)
{
	const char *what = build->previous
			       ? "it is left out"
			       : "it is left out; a daemon that runs keeps the last good version";
	char reason[600];

	(void)snprintf(reason, sizeof reason, "%s (%s)", draft->error.text,
	    has_last ? "its last good version stays in force until a restart or SIGUSR1" : what);
	if (!has_last)
		SMIME_TRY(rest(build, draft->table, draft->filter->name, reason));
	return policy_problem_add(build, draft->table, draft->filter->name, false, reason);
}

/* The draft itself, or the last good version of it, or nothing. */
static enum smime_status
settle(struct policy_build *build, struct draft *draft, struct policy_filter *last,
    struct policy_filter ***filters, size_t *count)
{
	struct policy_error unused = { 0 };

	if (draft->error.text[0] == 0 &&
	    refers_well(build->snapshot, draft->filter, &draft->error)) {
		bool runs = draft->filter->condition ||
			    (draft->filter->script && policy_script_active(draft->filter->script));

		return runs ? add(filters, count, draft->filter)
			    : rest(build, draft->table, draft->filter->name,
				  draft->filter->script ? "\"!\" behind its name: it is inactive"
							: "its script is empty");
	}
	if (last && !refers_well(build->snapshot, last, &unused))
		last = NULL;
	SMIME_TRY(report(build, draft, last));
	return last ? add(filters, count, last) : SMIME_OK;
}

/* Columns: name, and what it is compiled from. */
static enum smime_status
new_filter(struct policy_stmt *row, struct policy_filter **out)
{
	struct policy_filter *filter = calloc(1, sizeof *filter);

	*out = filter;
	if (!filter)
		return SMIME_E_SYSTEM;
	atomic_init(&filter->references, 1);
	filter->name = strdup(policy_column_text(row, 0));
	filter->source = strdup(policy_column_text(row, 1));
	return filter->name && filter->source ? SMIME_OK : SMIME_E_SYSTEM;
}

/* ---- message filters ---- */

static enum smime_status
compile_script(struct draft *draft)
{
	struct policy_filter *f = draft->filter;
	enum smime_status status = policy_script_parse(f->source, &f->script, &draft->error);

	if (status != SMIME_OK || !f->script)
		return status == SMIME_E_SYSTEM ? status : SMIME_OK;
	if (strcmp(policy_script_name(f->script), f->name) != 0)
		(void)snprintf(draft->error.text, sizeof draft->error.text,
		    "the filter in it is called \"%.200s\": give it the row's name",
		    policy_script_name(f->script));
	return SMIME_OK;
}

/* Columns: name, script, enabled. */
static enum smime_status
message_filter(struct policy_build *build, struct policy_stmt *row, void *arg)
{
	struct policy_snapshot *s = build->snapshot;
	const struct policy_snapshot *previous = build->previous;
	SMIME_AUTO(policy_filter) filter = NULL;
	struct draft draft = { .table = "message_filter" };
	struct policy_filter *last = NULL;

	(void)arg;
	if (policy_column_int(row, 2) == 0)
		return rest(build, draft.table, policy_column_text(row, 0), "enabled is 0");
	SMIME_TRY(new_filter(row, &filter));
	if (previous)
		last =
		    find(previous->message_filters, previous->message_filter_count, filter->name);
	if (last && strcmp(last->source, filter->source) == 0)
		draft.filter = last;
	else {
		draft.filter = filter;
		SMIME_TRY(compile_script(&draft));
	}
	return settle(build, &draft, last, &s->message_filters, &s->message_filter_count);
}

/* ---- content filters ---- */

/* The texts of one action are complete: make it. */
static enum smime_status
finish_action(struct draft *draft)
{
	struct policy_filter *f = draft->filter;
	struct policy_action *grown;
	enum smime_status status;

	if (draft->position == 0)
		return SMIME_OK;
	grown = policy_array_grow(f->actions, f->action_count, sizeof *grown);
	if (!grown)
		return SMIME_E_SYSTEM;
	f->actions = grown;
	status = policy_action_make(draft->action, (const char *const *)draft->texts,
	    draft->text_count, &grown[f->action_count], &draft->error);
	if (status == SMIME_OK)
		f->action_count++;
	policy_strings_free(&draft->texts, &draft->text_count);
	free(draft->action);
	draft->action = NULL;
	draft->position = 0;
	return status == SMIME_E_SYSTEM ? status : SMIME_OK;
}

/* Columns: position, action, sending_profile, text. */
static enum smime_status
action_text(struct policy_build *build, struct policy_stmt *row, void *arg)
{
	struct draft *draft = arg;

	(void)build;
	if (draft->error.text[0])
		return SMIME_OK;
	if (policy_column_int(row, 0) != draft->position) {
		SMIME_TRY(finish_action(draft));
		draft->position = policy_column_int(row, 0);
		draft->action = strdup(policy_column_text(row, 1));
		if (!draft->action)
			return SMIME_E_SYSTEM;
		if (!policy_column_null(row, 2))
			SMIME_TRY(policy_strings_add(
			    &draft->texts, &draft->text_count, policy_column_text(row, 2)));
	}
	if (policy_column_null(row, 3))
		return SMIME_OK;
	return policy_strings_add(&draft->texts, &draft->text_count, policy_column_text(row, 3));
}

static void
draft_reset(struct draft *draft)
{
	policy_strings_free(&draft->texts, &draft->text_count);
	free(draft->action);
}

static enum smime_status
compile_content(struct policy_build *build, struct draft *draft)
{
	struct policy_filter *f = draft->filter;
	enum smime_status status = policy_rule_parse(f->source, &f->condition, &draft->error);

	if (status == SMIME_E_SYSTEM)
		return status;
	status = policy_each_row(build, POLICY_SQL_FILTER_ACTIONS, f->name, action_text, draft);
	if (status == SMIME_OK && draft->error.text[0] == 0)
		status = finish_action(draft);
	if (draft->error.text[0] == 0 && f->action_count == 0)
		set_error(&draft->error, &(struct policy_action){ 0 },
		    "it has no action: add a row to content_filter_action");
	draft_reset(draft);
	return status;
}

/* Columns: name, condition, enabled. The actions are rows of their own: always compiled again. */
static enum smime_status
content_filter(struct policy_build *build, struct policy_stmt *row, void *arg)
{
	struct policy_snapshot *s = build->snapshot;
	const struct policy_snapshot *previous = build->previous;
	SMIME_AUTO(policy_filter) filter = NULL;
	struct draft draft = { .table = "content_filter" };
	struct policy_filter *last = NULL;

	(void)arg;
	if (policy_column_int(row, 2) == 0)
		return rest(build, draft.table, policy_column_text(row, 0), "enabled is 0");
	SMIME_TRY(new_filter(row, &filter));
	draft.filter = filter;
	SMIME_TRY(compile_content(build, &draft));
	if (previous)
		last =
		    find(previous->content_filters, previous->content_filter_count, filter->name);
	return settle(build, &draft, last, &s->content_filters, &s->content_filter_count);
}

enum smime_status
policy_build_filters(struct policy_build *build)
{
	SMIME_TRY(policy_each_row(build, POLICY_SQL_MESSAGE_FILTERS, NULL, message_filter, NULL));
	return policy_each_row(build, POLICY_SQL_CONTENT_FILTERS, NULL, content_filter, NULL);
}
