/*
 * action.c - the table of actions: name, number and kind of texts, and whether it ends filtering.
 * Texts are checked when the filter is compiled, so that a wrong one never waits for a message.
 */
#include "action.h"
#include "pattern.h"
#include "policy/suggest.h"
#include "rule_lex.h"
#include "rule_tests.h"

#include <stdlib.h>

struct action_kind {
	const char *name;
	/* A letter for each text: t any, h header name, p pattern, a address, n name, r profile;
	 * those behind '?' may be left out. Variables are expanded in t, a and n. */
	const char *args;
	bool final;
};

/* clang-format off */
static const struct action_kind actions[] = {
	[POLICY_ACT_SMIME_GATEWAY]          = { "smime-gateway",          "r",     true },
	[POLICY_ACT_SMIME_GATEWAY_DEFERRED] = { "smime-gateway-deferred", "r",     false },
	[POLICY_ACT_QUARANTINE]             = { "quarantine",             "n",     false },
	[POLICY_ACT_DROP]                   = { "drop",                   "",      true },
	[POLICY_ACT_BOUNCE]                 = { "bounce",                 "",      true },
	[POLICY_ACT_DELIVER]                = { "deliver",                "",      true },
	[POLICY_ACT_SKIP_FILTERS]           = { "skip-filters",           "",      true },
	[POLICY_ACT_INSERT_HEADER]          = { "insert-header",          "ht",    false },
	[POLICY_ACT_STRIP_HEADER]           = { "strip-header",           "h",     false },
	[POLICY_ACT_EDIT_HEADER_TEXT]       = { "edit-header-text",       "hpt",   false },
	[POLICY_ACT_LOG_ENTRY]              = { "log-entry",              "t",     false },
	[POLICY_ACT_NOTIFY]                 = { "notify",                 "a?ta",  false },
	[POLICY_ACT_NOTIFY_COPY]            = { "notify-copy",            "a?ta",  false },
	[POLICY_ACT_BCC]                    = { "bcc",                    "a",     false },
	[POLICY_ACT_ALT_RCPT_TO]            = { "alt-rcpt-to",            "a",     false },
	[POLICY_ACT_TAG_MESSAGE]            = { "tag-message",            "n",     false },
	[POLICY_ACT_NO_OP]                  = { "no-op",                  "",      false },
};
/* clang-format on */

#define ACTIONS (sizeof actions / sizeof *actions)

bool
policy_action_is_final(enum policy_action_kind kind)
{
	return actions[kind].final;
}

const char *
policy_action_name(enum policy_action_kind kind)
{
	return actions[kind].name;
}

bool
policy_action_expands(enum policy_action_kind kind, size_t arg)
{
	const char *letter = actions[kind].args;

	for (; *letter; letter++)
		if (*letter != '?' && arg-- == 0)
			return strchr("tan", *letter) != NULL;
	return false;
}

const char *
policy_action_at(size_t i)
{
	return i < ACTIONS ? actions[i].name : NULL;
}

/* The number of its row; ACTIONS when there is none. */
static size_t
find(struct smime_bytes name)
{
	size_t i = 0;

	while (i < ACTIONS && !smime_bytes_equal(name, smime_bytes_str(actions[i].name)))
		i++;
	return i;
}

bool
policy_action_known(struct smime_bytes name)
{
	return find(name) < ACTIONS;
}

void
policy_action_reset(struct policy_action *action)
{
	for (size_t i = 0; i < action->arg_count; i++)
		free(action->args[i]);
	free(action->args);
	action->args = NULL;
	action->arg_count = 0;
}

static enum smime_status
unknown(const char *name, struct policy_error *error)
{
	struct policy_suggestion near = { .word = smime_bytes_str(name) };

	if (policy_name_is_foreign(near.word))
		return policy_error_set(
		    error, SMIME_E_UNSUPPORTED, 0, 0, "\"%.64s\" is not supported here", name);
	if (policy_test_find(near.word))
		return policy_error_set(error, SMIME_E_SYNTAX, 0, 0,
		    "found \"%.64s\", which is a rule, expected an action", name);
	for (size_t i = 0; i < ACTIONS; i++)
		policy_suggest(&near, actions[i].name);
	if (near.best)
		return policy_error_set(error, SMIME_E_SYNTAX, 0, 0,
		    "found \"%.64s\", expected an action; did you mean \"%s\"?", name, near.best);
	return policy_error_set(
	    error, SMIME_E_SYNTAX, 0, 0, "found \"%.64s\", expected an action", name);
}

/* RFC 5322 s3.6.8: a field name is printable US-ASCII without the colon. */
static bool
is_header_name(const char *name)
{
	const char *c = name;

	while (*c > ' ' && *c < 127 && *c != ':')
		c++;
	return *name && !*c;
}

bool
policy_is_address(const char *text)
{
	const char *at = strrchr(text, '@');

	return at && at > text && at[1] && !strpbrk(text, " \t\r\n<>,;");
}

static enum smime_status
check_text(const char *name, char kind, const char *text, struct policy_error *error)
{
	SMIME_AUTO(policy_pattern) pattern = NULL;
	struct smime_diag diag = { 0 };
	enum smime_status status;

	if (kind == 'h' && !is_header_name(text))
		return policy_error_set(error, SMIME_E_SYNTAX, 0, 0,
		    "%s: found \"%.64s\", expected the name of a header field", name, text);
	/* What is made of variables shows when they are known. */
	if (kind == 'a' && !strchr(text, '$') && !policy_is_address(text))
		return policy_error_set(error, SMIME_E_SYNTAX, 0, 0,
		    "%s: found \"%.64s\", expected a mail address", name, text);
	if ((kind == 'r' || kind == 'n') && !*text)
		return policy_error_set(
		    error, SMIME_E_SYNTAX, 0, 0, "%s: found an empty text, expected a name", name);
	if (kind != 'p')
		return SMIME_OK;
	status = policy_pattern_new(text, false, &pattern, &diag);
	if (status != SMIME_OK)
		(void)policy_error_set(error, status, 0, 0, "%s: %s", name, diag.text);
	return status;
}

static enum smime_status
check_texts(const struct action_kind *kind, const char *const *args, size_t count,
    struct policy_error *error)
{
	const char *optional = strchr(kind->args, '?');
	size_t max = strlen(kind->args) - (optional ? 1 : 0);
	size_t min = optional ? (size_t)(optional - kind->args) : max;
	const char *letter = kind->args;

	if (count < min || count > max) {
		if (min == max)
			return policy_error_set(error, SMIME_E_SYNTAX, 0, 0,
			    "%s: found %zu text%s, expected %zu", kind->name, count,
			    count == 1 ? "" : "s", max);
		return policy_error_set(error, SMIME_E_SYNTAX, 0, 0,
		    "%s: found %zu text%s, expected %zu to %zu", kind->name, count,
		    count == 1 ? "" : "s", min, max);
	}
	for (size_t i = 0; i < count; i++, letter++) {
		if (*letter == '?')
			letter++;
		SMIME_TRY(check_text(kind->name, *letter, args[i], error));
	}
	return SMIME_OK;
}

enum smime_status
policy_action_make(const char *name, const char *const *args, size_t arg_count,
    struct policy_action *out, struct policy_error *error)
{
	size_t row = find(smime_bytes_str(name));

	*out = (struct policy_action){ 0 };
	if (row == ACTIONS)
		return unknown(name, error);
	SMIME_TRY(check_texts(&actions[row], args, arg_count, error));
	out->kind = (enum policy_action_kind)row;
	out->args = calloc(arg_count + 1, sizeof *out->args);
	if (!out->args)
		return policy_error_set(error, SMIME_E_SYSTEM, 0, 0, "no memory for an action");
	for (; out->arg_count < arg_count; out->arg_count++) {
		out->args[out->arg_count] = strdup(args[out->arg_count]);
		if (!out->args[out->arg_count]) {
			policy_action_reset(out);
			return policy_error_set(
			    error, SMIME_E_SYSTEM, 0, 0, "no memory for an action");
		}
	}
	return SMIME_OK;
}
