/*
 * rule_parse.c - the grammar of filters: rules, blocks, else, scripts. Recursive descent.
 * Memory: the tree, a small multiple of the script. Refuses parentheses and blocks that are open
 * more than POLICY_RULE_DEPTH_MAX deep; chains of and, or, else if may be as long as they like.
 */
#include "rule_parse.h"
#include "action.h"
#include "rule_tests.h"

#include <stdio.h>
#include <stdlib.h>

enum smime_status
policy_parse_advance(struct policy_parser *p)
{
	return policy_lex_next(&p->lexer, &p->token, p->error);
}

enum smime_status
policy_parse_no_memory(struct policy_parser *p)
{
	return policy_error_set(
	    p->error, SMIME_E_SYSTEM, p->token.line, p->token.column, "no memory for the filter");
}

/* The next token as an error shows it. */
static void
show(const struct policy_token *token, char *out, size_t size)
{
	int len = (int)(token->source.len < 64 ? token->source.len : 64);

	if (token->kind == POLICY_TOKEN_END)
		(void)snprintf(out, size, "the end of the text");
	else if (token->kind == POLICY_TOKEN_TEXT)
		(void)snprintf(out, size, "the text %.*s", len, (const char *)token->source.data);
	else if (token->kind == POLICY_TOKEN_NUMBER)
		(void)snprintf(out, size, "the number %.*s", len, (const char *)token->source.data);
	else
		(void)snprintf(out, size, "\"%.*s\"", len, (const char *)token->source.data);
}

enum smime_status
policy_parse_found(struct policy_parser *p, const char *expected, const char *near)
{
	char found[96];

	show(&p->token, found, sizeof found);
	return policy_error_set(p->error, SMIME_E_SYNTAX, p->token.line, p->token.column,
	    "found %s, expected %s%s%s%s", found, expected, near ? "; did you mean \"" : "",
	    near ? near : "", near ? "\"?" : "");
}

enum smime_status
policy_parse_expect(struct policy_parser *p, const char *source)
{
	char quoted[32];

	if (policy_token_is(&p->token, source))
		return policy_parse_advance(p);
	(void)snprintf(quoted, sizeof quoted, "\"%s\"", source);
	return policy_parse_found(p, quoted, NULL);
}

static enum smime_status
deeper(struct policy_parser *p)
{
	if (p->depth == POLICY_RULE_DEPTH_MAX)
		return policy_error_set(p->error, SMIME_E_LIMIT, p->token.line, p->token.column,
		    "parentheses and blocks are more than %d deep; split the filter",
		    POLICY_RULE_DEPTH_MAX);
	p->depth++;
	return SMIME_OK;
}

/* ---- rules ---- */

static enum smime_status parse_rule(struct policy_parser *p, struct policy_rule **out);

static enum smime_status
rule_new(struct policy_parser *p, enum policy_rule_op op, struct policy_rule **out)
{
	*out = calloc(1, sizeof **out);
	if (!*out)
		return policy_parse_no_memory(p);
	(*out)->op = op;
	return SMIME_OK;
}

/* rule gets a child, which it owns from now on. */
static enum smime_status
adopt(struct policy_parser *p, struct policy_rule *rule, struct policy_rule **child)
{
	struct policy_rule **grown =
	    policy_array_grow(rule->child, rule->count, sizeof *rule->child);

	if (!grown)
		return policy_parse_no_memory(p);
	rule->child = grown;
	rule->child[rule->count++] = *child;
	if ((*child)->cost > rule->cost)
		rule->cost = (*child)->cost;
	*child = NULL;
	return SMIME_OK;
}

/* Tests have no side effects: those that look at less are asked first, else as written. */
static enum smime_status
sort_by_cost(struct policy_parser *p, struct policy_rule *rule)
{
	size_t n = 0;

	rule->cheap_first = calloc(rule->count, sizeof *rule->cheap_first);
	if (!rule->cheap_first)
		return policy_parse_no_memory(p);
	for (unsigned cost = POLICY_COST_ENVELOPE; cost <= rule->cost; cost++)
		for (size_t i = 0; i < rule->count; i++)
			if (rule->child[i]->cost == cost)
				rule->cheap_first[n++] = rule->child[i];
	return SMIME_OK;
}

/* "(" rule ")" or a test. */
static enum smime_status
parse_primary(/* NOLINT(misc-no-recursion): depth 100 */
    struct policy_parser *p, struct policy_rule **out)
{
	SMIME_AUTO(policy_rule) rule = NULL;

	if (policy_token_is(&p->token, "(")) {
		SMIME_TRY(deeper(p));
		SMIME_TRY(policy_parse_advance(p));
		SMIME_TRY(parse_rule(p, &rule));
		SMIME_TRY(policy_parse_expect(p, ")"));
		p->depth--;
	} else {
		SMIME_TRY(rule_new(p, POLICY_RULE_TEST, &rule));
		SMIME_TRY(policy_parse_test(p, &rule->test));
		rule->cost = rule->test.kind->cost;
	}
	*out = rule;
	rule = NULL;
	return SMIME_OK;
}

static enum smime_status
parse_not(/* NOLINT(misc-no-recursion): depth 100 */
    struct policy_parser *p, struct policy_rule **out)
{
	SMIME_AUTO(policy_rule) rule = NULL;
	SMIME_AUTO(policy_rule) child = NULL;

	if (!policy_token_is(&p->token, "not") && !policy_token_is(&p->token, "NOT"))
		return parse_primary(p, out);
	SMIME_TRY(policy_parse_advance(p));
	SMIME_TRY(rule_new(p, POLICY_RULE_NOT, &rule));
	SMIME_TRY(parse_primary(p, &child));
	SMIME_TRY(adopt(p, rule, &child));
	*out = rule;
	rule = NULL;
	return SMIME_OK;
}

struct joint {
	enum policy_rule_op op;
	const char *lower, *upper;
	enum smime_status (*operand)(struct policy_parser *p, struct policy_rule **out);
};

/* operand { word operand } */
static enum smime_status
parse_joint(/* NOLINT(misc-no-recursion): depth 100 */
    struct policy_parser *p, const struct joint *joint, struct policy_rule **out)
{
	SMIME_AUTO(policy_rule) rule = NULL;
	SMIME_AUTO(policy_rule) child = NULL;

	SMIME_TRY(joint->operand(p, &child));
	while (
	    policy_token_is(&p->token, joint->lower) || policy_token_is(&p->token, joint->upper)) {
		SMIME_TRY(policy_parse_advance(p));
		if (!rule)
			SMIME_TRY(rule_new(p, joint->op, &rule));
		if (child)
			SMIME_TRY(adopt(p, rule, &child));
		SMIME_TRY(joint->operand(p, &child));
		SMIME_TRY(adopt(p, rule, &child));
	}
	if (rule)
		SMIME_TRY(sort_by_cost(p, rule));
	*out = rule ? rule : child;
	rule = NULL;
	child = NULL;
	return SMIME_OK;
}

static enum smime_status
parse_and(/* NOLINT(misc-no-recursion): depth 100 */
    struct policy_parser *p, struct policy_rule **out)
{
	static const struct joint conjunction = { POLICY_RULE_AND, "and", "AND", parse_not };

	return parse_joint(p, &conjunction, out);
}

static enum smime_status
parse_rule(/* NOLINT(misc-no-recursion): depth 100 */
    struct policy_parser *p, struct policy_rule **out)
{
	static const struct joint disjunction = { POLICY_RULE_OR, "or", "OR", parse_and };

	return parse_joint(p, &disjunction, out);
}

enum smime_status
policy_rule_parse(const char *text, struct policy_rule **out, struct policy_error *error)
{
	SMIME_AUTO(policy_rule) rule = NULL;
	struct policy_parser p = { .error = error };

	*out = NULL;
	policy_lex_begin(&p.lexer, text);
	SMIME_TRY(policy_parse_advance(&p));
	if (p.token.kind == POLICY_TOKEN_END) {
		policy_lex_begin(&p.lexer, "true");
		SMIME_TRY(policy_parse_advance(&p));
	}
	SMIME_TRY(parse_rule(&p, &rule));
	if (p.token.kind != POLICY_TOKEN_END)
		return policy_parse_found(&p, "and, or, or the end of the condition", NULL);
	*out = rule;
	rule = NULL;
	return SMIME_OK;
}

/* ---- blocks ---- */

static enum smime_status parse_if(struct policy_parser *p, struct policy_if **out);

/* Frees the texts of an action's arguments, then their list. */
struct texts {
	char **item;
	size_t count;
};

static void
texts_reset(struct texts *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		free(texts->item[i]);
	free(texts->item);
}

static enum smime_status
parse_texts(struct policy_parser *p, struct texts *texts)
{
	SMIME_TRY(policy_parse_expect(p, "("));
	if (policy_token_is(&p->token, ")"))
		return policy_parse_advance(p);
	for (;;) {
		char **grown = policy_array_grow(texts->item, texts->count, sizeof *texts->item);

		if (p->token.kind != POLICY_TOKEN_TEXT) {
			texts->item = grown ? grown : texts->item;
			return policy_parse_found(p,
			    texts->count ? "a text in quotes" : "a text in quotes or \")\"", NULL);
		}
		if (!grown)
			return policy_parse_no_memory(p);
		texts->item = grown;
		texts->item[texts->count] = policy_token_text(&p->token);
		if (!texts->item[texts->count])
			return policy_parse_no_memory(p);
		texts->count++;
		SMIME_TRY(policy_parse_advance(p));
		if (!policy_token_is(&p->token, ","))
			return policy_parse_expect(p, ")");
		SMIME_TRY(policy_parse_advance(p));
	}
}

static enum smime_status
parse_action(struct policy_parser *p, struct policy_action *out)
{
	__attribute__((cleanup(texts_reset))) struct texts texts = { 0 };
	struct policy_token at = p->token;
	struct policy_error wrong = { 0 };
	char name[64];
	enum smime_status status;

	if (at.kind != POLICY_TOKEN_WORD)
		return policy_parse_found(p, "an action, \"if\" or \"}\"", NULL);
	(void)snprintf(name, sizeof name, "%.*s",
	    (int)(at.source.len < sizeof name ? at.source.len : sizeof name),
	    (const char *)at.source.data);
	/* A wrong name is told before what stands behind it. */
	status = policy_action_make(name, NULL, 0, out, &wrong);
	if (status == SMIME_OK)
		policy_action_reset(out);
	if (!policy_action_known(smime_bytes_str(name)))
		return policy_error_set(p->error, status, at.line, at.column, "%s", wrong.text);
	SMIME_TRY(policy_parse_advance(p));
	SMIME_TRY(parse_texts(p, &texts));
	status =
	    policy_action_make(name, (const char *const *)texts.item, texts.count, out, &wrong);
	if (status != SMIME_OK)
		return policy_error_set(p->error, status, at.line, at.column, "%s", wrong.text);
	out->line = at.line;
	out->column = at.column;
	return SMIME_OK;
}

/* A statement; an action is followed by ";" or by the "}" of its block. */
static enum smime_status
parse_statement(/* NOLINT(misc-no-recursion): depth 100 */
    struct policy_parser *p, struct policy_branch *branch)
{
	struct policy_statement *grown =
	    policy_array_grow(branch->statement, branch->count, sizeof *branch->statement);
	struct policy_statement *statement;

	if (!grown)
		return policy_parse_no_memory(p);
	branch->statement = grown;
	statement = &grown[branch->count];
	*statement = (struct policy_statement){ 0 };
	if (policy_token_is(&p->token, "if")) {
		SMIME_TRY(parse_if(p, &statement->nested));
		branch->count++;
		return SMIME_OK;
	}
	SMIME_TRY(parse_action(p, &statement->action));
	branch->count++;
	if (policy_token_is(&p->token, "}"))
		return SMIME_OK;
	return policy_parse_expect(p, ";");
}

static enum smime_status
parse_block(/* NOLINT(misc-no-recursion): depth 100 */
    struct policy_parser *p, struct policy_branch *branch)
{
	SMIME_TRY(deeper(p));
	SMIME_TRY(policy_parse_expect(p, "{"));
	while (!policy_token_is(&p->token, "}"))
		SMIME_TRY(parse_statement(p, branch));
	p->depth--;
	return policy_parse_advance(p);
}

static enum smime_status
branch_new(struct policy_parser *p, struct policy_if *node, struct policy_branch **out)
{
	struct policy_branch *grown =
	    policy_array_grow(node->branch, node->count, sizeof *node->branch);

	if (!grown)
		return policy_parse_no_memory(p);
	node->branch = grown;
	*out = &grown[node->count++];
	**out = (struct policy_branch){ 0 };
	return SMIME_OK;
}

/* "if" rule block { "else" "if" rule block } [ "else" block ] */
static enum smime_status
parse_if(/* NOLINT(misc-no-recursion): depth 100 */
    struct policy_parser *p, struct policy_if **out)
{
	SMIME_AUTO(policy_if) node = calloc(1, sizeof *node);
	struct policy_branch *branch = NULL;
	bool more = true;

	if (!node)
		return policy_parse_no_memory(p);
	SMIME_TRY(policy_parse_expect(p, "if"));
	while (more) {
		SMIME_TRY(branch_new(p, node, &branch));
		SMIME_TRY(parse_rule(p, &branch->rule));
		if (!policy_token_is(&p->token, "{"))
			return policy_parse_found(p, "and, or, or \"{\"", NULL);
		SMIME_TRY(parse_block(p, branch));
		more = false;
		if (!policy_token_is(&p->token, "else"))
			break;
		SMIME_TRY(policy_parse_advance(p));
		more = policy_token_is(&p->token, "if");
		if (more) {
			SMIME_TRY(policy_parse_advance(p));
			continue;
		}
		if (!policy_token_is(&p->token, "{"))
			return policy_parse_found(p, "\"{\" or \"if\"", NULL);
		SMIME_TRY(branch_new(p, node, &branch));
		SMIME_TRY(parse_block(p, branch));
	}
	*out = node;
	node = NULL;
	return SMIME_OK;
}

/* ---- scripts ---- */

/* A filter at the next token; *out NULL when there is none. */
static enum smime_status
parse_script(struct policy_parser *p, struct policy_script **out)
{
	SMIME_AUTO(policy_script) script = NULL;

	*out = NULL;
	if (p->token.kind == POLICY_TOKEN_END)
		return SMIME_OK;
	if (p->token.kind != POLICY_TOKEN_WORD)
		return policy_parse_found(p, "the name of a filter", NULL);
	script = calloc(1, sizeof *script);
	if (!script)
		return policy_parse_no_memory(p);
	script->name = strndup((const char *)p->token.source.data, p->token.source.len);
	if (!script->name)
		return policy_parse_no_memory(p);
	SMIME_TRY(policy_parse_advance(p));
	script->active = policy_token_is(&p->token, ":");
	if (!script->active && !policy_token_is(&p->token, "!"))
		return policy_parse_found(
		    p, "\":\" (or \"!\", inactive) behind the name of the filter", NULL);
	SMIME_TRY(policy_parse_advance(p));
	SMIME_TRY(parse_if(p, &script->top));
	*out = script;
	script = NULL;
	return SMIME_OK;
}

enum smime_status
policy_script_next(const char **text, struct policy_script **out, struct policy_error *error)
{
	struct policy_parser p = { .error = error };

	*out = NULL;
	policy_lex_begin(&p.lexer, *text);
	SMIME_TRY(policy_parse_advance(&p));
	SMIME_TRY(parse_script(&p, out));
	if (*out)
		*text = p.token.kind == POLICY_TOKEN_END ? p.lexer.at
							 : (const char *)p.token.source.data;
	return SMIME_OK;
}

enum smime_status
policy_script_parse(const char *text, struct policy_script **out, struct policy_error *error)
{
	SMIME_AUTO(policy_script) script = NULL;
	struct policy_parser p = { .error = error };

	*out = NULL;
	policy_lex_begin(&p.lexer, text);
	SMIME_TRY(policy_parse_advance(&p));
	SMIME_TRY(parse_script(&p, &script));
	if (p.token.kind != POLICY_TOKEN_END)
		return policy_parse_found(&p,
		    policy_token_is(&p.token, "else") ? "the end of the filter"
						      : "the end of the script (one filter)",
		    NULL);
	*out = script;
	script = NULL;
	return SMIME_OK;
}
