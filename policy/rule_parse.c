/*
 * rule_parse.c - the grammar of filters: scripts, branches, blocks. Recursive descent.
 * Memory: the tree, a small multiple of the script. Refuses parentheses and blocks that are open
 * more than POLICY_RULE_DEPTH_MAX deep; chains of else if may be as long as they like.
 */
#include "rule_parse.h"

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

enum smime_status
policy_parse_deeper(struct policy_parser *p)
{
	if (p->depth == POLICY_RULE_DEPTH_MAX)
		return policy_error_set(p->error, SMIME_E_LIMIT, p->token.line, p->token.column,
		    "parentheses and blocks are more than %d deep; split the filter",
		    POLICY_RULE_DEPTH_MAX);
	p->depth++;
	return SMIME_OK;
}

/* ---- blocks ---- */

static enum smime_status parse_if(struct policy_parser *p, struct policy_if **out);

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
	SMIME_TRY(policy_parse_action(p, &statement->action));
	branch->count++;
	if (policy_token_is(&p->token, "}"))
		return SMIME_OK;
	return policy_parse_expect(p, ";");
}

static enum smime_status
parse_block(/* NOLINT(misc-no-recursion): depth 100 */
    struct policy_parser *p, struct policy_branch *branch)
{
	SMIME_TRY(policy_parse_deeper(p));
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
		SMIME_TRY(policy_parse_condition(p, &branch->rule));
		if (!policy_token_is(&p->token, "{"))
			return policy_parse_found(p, "and, or, or \"{\"", NULL);
		SMIME_TRY(parse_block(p, branch));
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
policy_script_next(
    struct policy_script_source *source, struct policy_script **out, struct policy_error *error)
{
	struct policy_parser p = { .error = error };

	*out = NULL;
	policy_lex_begin(&p.lexer, source->at);
	p.lexer.line = source->line;
	p.lexer.column = source->column;
	SMIME_TRY(policy_parse_advance(&p));
	SMIME_TRY(parse_script(&p, out));
	source->at =
	    p.token.kind == POLICY_TOKEN_END ? p.lexer.at : (const char *)p.token.source.data;
	source->line = p.token.line;
	source->column = p.token.column;
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
