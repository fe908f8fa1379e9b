/*
 * rule_tree.h - a filter as a tree. Made by rule_parse.c, never changed afterwards, read by any
 * number of threads.
 */
#ifndef POLICY_RULE_TREE_H
#define POLICY_RULE_TREE_H

#include "array.h"
#include "pattern.h"
#include "policy/ip_range.h"
#include "policy/rule.h"

/* Parentheses and blocks inside each other: what recursion over a tree relies on. */
#define POLICY_RULE_DEPTH_MAX 100

enum policy_cmp {
	POLICY_CMP_NONE,
	POLICY_CMP_EQ,
	POLICY_CMP_NE,
	POLICY_CMP_LT,
	POLICY_CMP_LE,
	POLICY_CMP_GT,
	POLICY_CMP_GE,
};
const char *policy_cmp_mark(enum policy_cmp cmp);

struct policy_value {
	char *text; /* NULL: a number */
	uint64_t number;
};

struct policy_test_kind; /* rule_tests.h */

/* One question about a message. */
struct policy_test {
	const struct policy_test_kind *kind;
	unsigned line, column;
	struct policy_value *args;
	size_t arg_count;
	enum policy_cmp cmp;
	struct policy_value value;       /* when cmp is not NONE */
	struct policy_pattern *pattern;  /* of value or of the first argument; NULL: none */
	struct policy_ip_range ip_range; /* of value */
	int64_t date;                    /* of value */
};

enum policy_rule_op {
	POLICY_RULE_TEST,
	POLICY_RULE_NOT,
	POLICY_RULE_AND,
	POLICY_RULE_OR,
};

struct policy_rule {
	enum policy_rule_op op;
	struct policy_test test;    /* TEST */
	struct policy_rule **child; /* NOT: one; AND, OR: two or more */
	size_t count;
	struct policy_rule **cheap_first; /* AND, OR: the children in the order of their cost */
	unsigned cost;                    /* of the dearest test below */
};

struct policy_if;

struct policy_statement {
	struct policy_action action; /* when nested is NULL */
	struct policy_if *nested;
};

struct policy_branch {
	struct policy_rule *rule; /* NULL: else */
	struct policy_statement *statement;
	size_t count;
};

/* if, any number of else if, else. */
struct policy_if {
	struct policy_branch *branch;
	size_t count;
};

struct policy_script {
	char *name;
	bool active;
	struct policy_if *top;
};

void policy_if_free(struct policy_if **node);
void policy_test_reset(struct policy_test *test);

#endif
