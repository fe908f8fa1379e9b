/*
 * policy/rule.h - the filter language: text to tree, tree to text, tree and facts to a decision.
 * FILTERS.md is the language.
 */
#ifndef POLICY_RULE_H
#define POLICY_RULE_H

#include "smime/bytes.h"
#include "smime/status.h"
#include <stdbool.h>
#include <stdint.h>

struct policy_facts;
struct policy_trace;
struct policy_rule;   /* a condition */
struct policy_script; /* a whole filter: name, active, condition, blocks */

/* Where and why a text does not parse. The sentence names line and column, what was found, what was
 * expected and the nearest known name. */
struct policy_error {
	unsigned line, column; /* from 1 */
	char text[400];
};

/* Actions, as FILTERS.md names them. A row each in policy/action.c. */
enum policy_action_kind {
	POLICY_ACT_SMIME_GATEWAY,          /* final */
	POLICY_ACT_SMIME_GATEWAY_DEFERRED, /* the last mark wins */
	POLICY_ACT_QUARANTINE,
	POLICY_ACT_DROP,         /* final */
	POLICY_ACT_BOUNCE,       /* final */
	POLICY_ACT_DELIVER,      /* final */
	POLICY_ACT_SKIP_FILTERS, /* final */
	POLICY_ACT_INSERT_HEADER,
	POLICY_ACT_STRIP_HEADER,
	POLICY_ACT_EDIT_HEADER_TEXT,
	POLICY_ACT_LOG_ENTRY,
	POLICY_ACT_NOTIFY,
	POLICY_ACT_NOTIFY_COPY,
	POLICY_ACT_BCC,
	POLICY_ACT_ALT_RCPT_TO,
	POLICY_ACT_TAG_MESSAGE,
	POLICY_ACT_NO_OP,
};

struct policy_action {
	enum policy_action_kind kind;
	char **args; /* texts, variables not yet expanded; for the S/MIME actions args[0] is the
			profile */
	size_t arg_count;
	unsigned line, column; /* 0 for a row of content_filter_action */
};

bool policy_action_is_final(enum policy_action_kind kind);
const char *policy_action_name(enum policy_action_kind kind);

/* An action from its name and texts (a row of content_filter_action); checks name and number of
 * texts. SMIME_E_SYNTAX / SMIME_E_UNSUPPORTED with error->text filled. */
SMIME_MUST_USE enum smime_status policy_action_make(const char *name, const char *const *args,
    size_t arg_count, struct policy_action *out, struct policy_error *error);
void policy_action_reset(struct policy_action *action); /* leaves it empty; twice is harmless */

/* A condition alone (content_filter.condition); an empty text is `true`. SMIME_E_SYNTAX,
 * SMIME_E_UNSUPPORTED ("not supported here"), SMIME_E_SYSTEM. */
SMIME_MUST_USE enum smime_status policy_rule_parse(
    const char *text, struct policy_rule **out, struct policy_error *error);
void policy_rule_free(struct policy_rule **rule);

/* Exactly one filter (message_filter.script); comments around it allowed. An empty script sets *out
 * to NULL. */
SMIME_MUST_USE enum smime_status policy_script_parse(
    const char *text, struct policy_script **out, struct policy_error *error);
/* The next filter of a file with any number of them: source moves to the one behind it; *out NULL
 * at the end. Positions, those of actions and references too, are those in the file. */
struct policy_script_source {
	const char *at; /* at first: the whole text, line 1, column 1 */
	unsigned line, column;
};
SMIME_MUST_USE enum smime_status policy_script_next(
    struct policy_script_source *source, struct policy_script **out, struct policy_error *error);
void policy_script_free(struct policy_script **script);
const char *policy_script_name(const struct policy_script *script);
bool policy_script_active(const struct policy_script *script);

/* Calls visit for every action in the script (all blocks): for checking profile names. */
void policy_script_each_action(const struct policy_script *script,
    void (*visit)(void *arg, const struct policy_action *action), void *arg);

/* A name in a condition that must exist elsewhere. */
enum policy_refers {
	POLICY_REFERS_NOTHING,
	POLICY_REFERS_DICTIONARY,
	POLICY_REFERS_SENDER_GROUP,
	POLICY_REFERS_LISTENER,
};
struct policy_reference {
	enum policy_refers kind;
	const char *name; /* borrowed */
	unsigned line, column;
};
/* Calls visit for every such name: for checking that it is there. */
void policy_rule_each_reference(const struct policy_rule *rule,
    void (*visit)(void *arg, const struct policy_reference *reference), void *arg);
void policy_script_each_reference(const struct policy_script *script,
    void (*visit)(void *arg, const struct policy_reference *reference), void *arg);

/* Canonical text; parses back to the same tree. */
SMIME_MUST_USE enum smime_status policy_rule_print(
    const struct policy_rule *rule, struct smime_buf *out);
SMIME_MUST_USE enum smime_status policy_script_print(
    const struct policy_script *script, struct smime_buf *out);

/*
 * Does the condition hold? No side effects. SMIME_E_LIMIT: a pattern ran away (its filter is
 * invalid for this message; the caller takes the stricter outcome). trace may be NULL; gets one
 * line per test.
 */
SMIME_MUST_USE enum smime_status policy_rule_eval(const struct policy_rule *rule,
    const struct policy_facts *facts, struct policy_trace *trace, bool *out,
    struct smime_diag *diag);

/*
 * Run a script: the actions of the branches taken, in order, are given to act, until act says stop
 * (a final action). *matched tells whether the top condition held.
 */
SMIME_MUST_USE enum smime_status policy_script_run(const struct policy_script *script,
    const struct policy_facts *facts, struct policy_trace *trace,
    bool (*act)(void *arg, const struct policy_action *action), void *arg, bool *matched,
    struct smime_diag *diag);

/*
 * Variables in a text, case ignored: $Subject $EnvelopeFrom $EnvelopeRecipients $FilterName $Policy
 * $Group $RecvListener $RemoteIP $MID $BodySize $Date $GMTimeStamp $Hostname $Header['Name']
 * $filenames $filetypes $filesizes $MatchedContent $CertificateSigners; others stay as they are.
 * Cleaned of CR, LF and control characters; appended. filter: the name for $FilterName.
 */
SMIME_MUST_USE enum smime_status policy_expand(
    const char *text, const struct policy_facts *facts, const char *filter, struct smime_buf *out);

/* The same for a replacement (policy_pattern_replace): what a variable stands for comes out of the
 * message, and a backslash in it is one. */
SMIME_MUST_USE enum smime_status policy_expand_replacement(
    const char *text, const struct policy_facts *facts, const char *filter, struct smime_buf *out);

/* An explanation: lines of text, indented by depth. NULL is accepted everywhere and records
 * nothing. */
SMIME_MUST_USE enum smime_status policy_trace_new(struct policy_trace **out);
void policy_trace_free(struct policy_trace **trace);
void policy_trace_line(struct policy_trace *trace, unsigned depth, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
struct smime_bytes policy_trace_text(const struct policy_trace *trace);

#endif
