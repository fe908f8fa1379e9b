/* rule_parse.h - the parser's state, shared by rule_parse.c (scripts and blocks),
 * rule_condition_parse.c (and, or, not), rule_test_parse.c (one test) and rule_action_parse.c. */
#ifndef POLICY_RULE_PARSE_H
#define POLICY_RULE_PARSE_H

#include "rule_lex.h"
#include "rule_tree.h"

struct policy_parser {
	struct policy_lexer lexer;
	struct policy_token token; /* the next one, not yet used */
	unsigned depth;            /* parentheses and blocks that are open */
	struct policy_error *error;
};

/* Use the next token. */
SMIME_MUST_USE enum smime_status policy_parse_advance(struct policy_parser *p);

/* The next token has to be this mark or word; uses it. */
SMIME_MUST_USE enum smime_status policy_parse_expect(struct policy_parser *p, const char *source);

/* Fails: found the next token, expected something else; did you mean near (NULL: nothing)? */
enum smime_status policy_parse_found(
    struct policy_parser *p, const char *expected, const char *near);

enum smime_status policy_parse_no_memory(struct policy_parser *p);

/* A parenthesis or a block more is open; who closes it counts p->depth down. SMIME_E_LIMIT: too
 * many. */
SMIME_MUST_USE enum smime_status policy_parse_deeper(struct policy_parser *p);

/* A rule: tests joined by or, and, not, parentheses. */
SMIME_MUST_USE enum smime_status policy_parse_condition(
    struct policy_parser *p, struct policy_rule **out);

/* NAME "(" texts ")". */
SMIME_MUST_USE enum smime_status policy_parse_action(
    struct policy_parser *p, struct policy_action *out);

/* NAME, NAME cmp value, NAME "(" args ")" [ cmp value ]. On failure *out is reset. */
SMIME_MUST_USE enum smime_status policy_parse_test(
    struct policy_parser *p, struct policy_test *out);

#endif
