/*
 * cmd_filter.c - message filters as one text with all of them: import and export.
 *
 * An import is one transaction: every filter of the file parses and names what is there, or no row
 * changes. A comment belongs to the filter behind it; what stands at the end, to the last one.
 */
#include "ctl.h"

#include "policy/rule.h"
#include "policy/suggest.h"
#include <ctype.h>
#include <stdlib.h>

#define NAME_MOST 300

/* ---- import ---- */

struct import {
	const char *path;
	const char *text;
	bool replace;
	char **names; /* of the file so far */
	size_t count;
	struct policy_db *db;
	struct ctl *ctl;
	enum smime_status status; /* of what a filter names; the first failure */
};

static enum smime_status
refuse(const struct import *import, const char *what)
{
	(void)ctl_error(EX_OK, "%s: %s", import->path, what);
	return SMIME_E_SYNTAX;
}

static bool
is_comment(const char *line)
{
	line += strspn(line, " \t\r\f");
	return *line == '#' || *line == '\n' || *line == 0;
}

/* Where what belongs to the filter at `at` begins: above it, blank lines and comments only. */
static const char *
with_comments(const char *text, const char *at)
{
	const char *begin = at;

	while (begin > text && begin[-1] != '\n')
		begin--;
	if (!is_comment(begin) && strspn(begin, " \t\r\f") < (size_t)(at - begin))
		return at; /* another one ends on its line */
	while (begin > text) {
		const char *above = begin - 1;

		while (above > text && above[-1] != '\n')
			above--;
		if (!is_comment(above))
			break;
		begin = above;
	}
	return begin;
}

/* ---- what a filter names ---- */

struct search {
	const char *name;
	bool found;
	struct policy_suggestion near;
	char best[NAME_MOST]; /* what near.best points to: rows go */
};

static void
compare(struct search *search, const char *name)
{
	search->found = search->found || strcmp(name, search->name) == 0;
	policy_suggest(&search->near, name);
	if (search->near.best != name)
		return;
	(void)snprintf(search->best, sizeof search->best, "%s", name);
	search->near.best = search->best;
}

static enum smime_status
find(struct import *import, enum policy_sql sql, struct search *search)
{
	SMIME_AUTO(policy_stmt) stmt = NULL;

	SMIME_TRY(policy_stmt_take(import->db, sql, &stmt, &import->ctl->diag));
	for (bool row;;) {
		SMIME_TRY(policy_step(stmt, &row, &import->ctl->diag));
		if (!row)
			return SMIME_OK;
		compare(search, policy_column_text(stmt, 0));
	}
}

static void
need(struct import *import, enum policy_sql sql, const char *table, const char *name, unsigned line,
    unsigned column)
{
	struct search search = { .name = name, .near.word = smime_bytes_str(name) };
	char what[2 * NAME_MOST + 200];

	if (import->status != SMIME_OK)
		return;
	import->status = find(import, sql, &search);
	if (import->status != SMIME_OK || search.found)
		return;
	(void)snprintf(what, sizeof what, "line %u, column %u: there is no %s \"%.200s\": %s%s%s",
	    line, column, table, name, search.near.best ? "did you mean \"" : "make it first",
	    search.near.best ? search.near.best : "", search.near.best ? "\"?" : "");
	import->status = refuse(import, what);
}

static void
check_action(void *arg, const struct policy_action *action)
{
	if (action->kind == POLICY_ACT_SMIME_GATEWAY ||
	    action->kind == POLICY_ACT_SMIME_GATEWAY_DEFERRED)
		need(arg, POLICY_SQL_PROFILE_NAMES, "sending_profile", action->args[0],
		    action->line, action->column);
}

static void
check_reference(void *arg, const struct policy_reference *r)
{
	if (r->kind == POLICY_REFERS_DICTIONARY)
		need(arg, POLICY_SQL_DICTIONARY_NAMES, "dictionary", r->name, r->line, r->column);
	else if (r->kind == POLICY_REFERS_SENDER_GROUP)
		need(arg, POLICY_SQL_SENDER_GROUP_NAMES, "sender_group", r->name, r->line,
		    r->column);
}

/* ---- one filter ---- */

static enum smime_status
check_name(const struct import *import, const struct policy_script *script, unsigned line)
{
	char what[400];

	for (size_t i = 0; i < import->count; i++)
		if (strcmp(import->names[i], policy_script_name(script)) == 0) {
			(void)snprintf(what, sizeof what,
			    "line %u: the file has a filter \"%.200s\" already", line,
			    import->names[i]);
			return refuse(import, what);
		}
	return SMIME_OK;
}

static enum smime_status
remember_name(struct import *import, const struct policy_script *script)
{
	char **grown = realloc(import->names, (import->count + 1) * sizeof *grown);

	if (!grown)
		return SMIME_E_SYSTEM;
	import->names = grown;
	grown[import->count] = strdup(policy_script_name(script));
	return grown[import->count++] ? SMIME_OK : SMIME_E_SYSTEM;
}

/* from..to: what its row will hold. */
static enum smime_status
add_filter(
    struct import *import, const struct policy_script *script, const char *from, const char *to)
{
	SMIME_AUTO_BUF row = { 0 };
	int64_t changed;

	while (from < to && isspace((unsigned char)*from))
		from++;
	while (to > from && isspace((unsigned char)to[-1]))
		to--;
	policy_script_each_action(script, check_action, import);
	policy_script_each_reference(script, check_reference, import);
	SMIME_TRY(import->status);
	SMIME_TRY(remember_name(import, script));
	SMIME_TRY(smime_buf_append(&row, from, (size_t)(to - from)));
	SMIME_TRY(smime_buf_terminate(&row));
	return ctl_run(import->ctl, import->db, POLICY_SQL_FILTER_PUT,
	    (const char *[]){ policy_script_name(script), (const char *)row.data }, 2, &changed);
}

static enum smime_status
add_filters(struct import *import)
{
	struct policy_script_source source = { import->text, 1, 1 };
	struct policy_error error = { 0 };
	const char *from = import->text;

	for (;;) {
		SMIME_AUTO(policy_script) script = NULL;
		unsigned line = source.line;
		const char *to;
		enum smime_status status = policy_script_next(&source, &script, &error);

		if (status != SMIME_OK)
			return status == SMIME_E_SYSTEM ? status : refuse(import, error.text);
		if (!script)
			return SMIME_OK;
		SMIME_TRY(check_name(import, script, line));
		to = *source.at ? with_comments(import->text, source.at) : source.at;
		SMIME_TRY(add_filter(import, script, from, to));
		from = to;
	}
}

static enum smime_status
import_all(struct ctl *ctl, struct policy_db *db, void *arg)
{
	struct import *import = arg;
	int64_t changed;

	(void)ctl;
	import->db = db;
	if (import->replace)
		SMIME_TRY(ctl_run(ctl, db, POLICY_SQL_FILTER_DELETE_ALL, NULL, 0, &changed));
	return add_filters(import);
}

/* Windows puts a mark before the text. */
static const char *
skip_mark(const struct smime_buf *text)
{
	const char *at = (const char *)text->data;

	return text->len >= 3 && memcmp(at, "\xEF\xBB\xBF", 3) == 0 ? at + 3 : at;
}

int
ctl_filter_import(struct ctl *ctl, const struct ctl_args *args)
{
	SMIME_AUTO_BUF text = { 0 };
	struct import import = {
		.path = args->positional[0], .replace = ctl_get(args, "replace") != NULL, .ctl = ctl
	};
	enum smime_status status = ctl_read_file(ctl, import.path, &text);

	if (status != SMIME_OK)
		return ctl_fail(ctl, status);
	if (strlen((const char *)text.data) != text.len)
		return ctl_error(EX_DATAERR, "%s: it holds a NUL: no text", import.path);
	import.text = skip_mark(&text);
	status = ctl_transaction(ctl, import_all, &import);
	for (size_t i = 0; i < import.count; i++)
		free(import.names[i]);
	free(import.names);
	if (status != SMIME_OK)
		return ctl->diag.text[0] || status == SMIME_E_SYSTEM
			   ? ctl_fail(ctl, status)
			   : ctl_error(EX_DATAERR, "nothing was changed");
	ctl_say("message_filter: %zu imported\n", import.count);
	return EX_OK;
}

/* ---- export ---- */

/* The mark behind the name, which says whether it is active; NULL: the text is no filter. */
static char *
find_mark(char *text, const char *name)
{
	char *at = text;

	while (*at && is_comment(at)) {
		at += strcspn(at, "\n");
		at += *at == '\n';
	}
	at += strspn(at, " \t\r\f");
	if (strncmp(at, name, strlen(name)) != 0)
		return NULL;
	at += strlen(name);
	at += strspn(at, " \t\r\n\f");
	return *at == ':' || *at == '!' ? at : NULL;
}

/* What would not be read again is not lost: every line of it becomes a comment. */
static void
print_broken(const char *name, const char *text, const char *why)
{
	(void)ctl_error(
	    EX_OK, "note: message_filter \"%s\" is exported as a comment: %s", name, why);
	ctl_say("# %s does not parse: %s\n", name, why);
	while (*text) {
		size_t len = strcspn(text, "\n");

		(void)printf("# %.*s\n", (int)len, text);
		text += len;
		text += *text == '\n';
	}
	(void)putchar('\n');
}

/* Columns: name, script, enabled. */
static enum smime_status
print_filter(struct ctl *ctl, struct policy_stmt *row, void *arg)
{
	SMIME_AUTO(policy_script) script = NULL;
	struct policy_error error = { 0 };
	const char *name = policy_column_text(row, 0);
	const char *source = policy_column_text(row, 1);
	enum smime_status status = policy_script_parse(source, &script, &error);
	char *text, *mark;

	(void)ctl;
	(void)arg;
	if (status == SMIME_E_SYSTEM)
		return status;
	if (status == SMIME_OK && !script)
		return SMIME_OK;
	if (status != SMIME_OK) {
		print_broken(name, source, error.text);
		return SMIME_OK;
	}
	text = strdup(source);
	if (!text)
		return SMIME_E_SYSTEM;
	mark = find_mark(text, policy_script_name(script));
	if (mark && policy_column_int(row, 2) == 0)
		*mark = '!';
	/* As it was written: it is to be read again. */
	(void)printf("%s\n\n", text);
	free(text);
	return SMIME_OK;
}

int
ctl_filter_export(struct ctl *ctl, const struct ctl_args *args)
{
	enum smime_status status =
	    ctl_each(ctl, POLICY_SQL_MESSAGE_FILTERS, NULL, print_filter, NULL);

	(void)args;
	return status == SMIME_OK ? EX_OK : ctl_fail(ctl, status);
}
