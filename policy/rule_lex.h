/* rule_lex.h - the words of the filter language. */
#ifndef POLICY_RULE_LEX_H
#define POLICY_RULE_LEX_H

#include "policy/rule.h"

enum policy_token_kind {
	POLICY_TOKEN_END,
	POLICY_TOKEN_WORD,   /* letters, digits, '-', '_', '.'; begins with a letter or '_' */
	POLICY_TOKEN_TEXT,   /* quoted */
	POLICY_TOKEN_NUMBER, /* decimal, K or M behind it */
	POLICY_TOKEN_MARK,   /* ( ) { } , ; : ! == != < <= > >= */
};

struct policy_token {
	enum policy_token_kind kind;
	struct smime_bytes source; /* as written; borrowed from the script */
	uint64_t number;           /* of a NUMBER */
	unsigned line, column;
};

struct policy_lexer {
	const char *at; /* NUL-terminated rest of the script; borrowed */
	unsigned line, column;
	bool line_begins; /* only blanks since the line's beginning: '#' is a comment */
};

void policy_lex_begin(struct policy_lexer *lexer, const char *text);

/* The next token. SMIME_E_SYNTAX: none of the above; error (may be NULL) says where. */
SMIME_MUST_USE enum smime_status policy_lex_next(
    struct policy_lexer *lexer, struct policy_token *out, struct policy_error *error);

/* What a TEXT says, without quotes, `\\` read as `\` and an escaped quote as the quote. Caller owns
 * it; NULL: no memory. */
char *policy_token_text(const struct policy_token *token);

/* Is it this word or mark? */
bool policy_token_is(const struct policy_token *token, const char *source);

/* Fill error (may be NULL) with the sentence, behind "line x, column y: " unless line is 0; returns
 * status. */
enum smime_status policy_error_set(struct policy_error *error, enum smime_status status,
    unsigned line, unsigned column, const char *format, ...) __attribute__((format(printf, 5, 6)));

#endif
