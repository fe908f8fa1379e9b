/*
 * rule_lex.c - the words of the filter language: names, quoted texts, numbers, marks.
 * Memory: none; tokens point into the script.
 * Refuses texts that are not closed on their line, numbers over 64 bits, and stray characters.
 */
#include "rule_lex.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum smime_status
policy_error_set(struct policy_error *error, enum smime_status status, unsigned line,
    unsigned column, const char *format, ...)
{
	int used = 0;
	va_list args;

	if (!error)
		return status;
	error->line = line;
	error->column = column;
	if (line > 0)
		used =
		    snprintf(error->text, sizeof error->text, "line %u, column %u: ", line, column);
	va_start(args, format);
	(void)vsnprintf(error->text + used, sizeof error->text - (size_t)used, format, args);
	va_end(args);
	return status;
}

void
policy_lex_begin(struct policy_lexer *lexer, const char *text)
{
	*lexer = (struct policy_lexer){ .at = text, .line = 1, .column = 1, .line_begins = true };
}

/* Past one octet; columns count characters. */
static void
step(struct policy_lexer *lexer)
{
	uint8_t c = (uint8_t)*lexer->at++;

	if (c == '\n') {
		lexer->line++;
		lexer->column = 1;
		lexer->line_begins = true;
	} else if ((c & 0xC0) != 0x80) {
		lexer->column++;
	}
}

static void
skip_blanks_and_comments(struct policy_lexer *lexer)
{
	for (;;) {
		char c = *lexer->at;

		if (c == '#' && lexer->line_begins)
			while (*lexer->at && *lexer->at != '\n')
				step(lexer);
		else if (c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f')
			step(lexer);
		else
			return;
	}
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_word(char c)
{
	return is_letter(c) || is_digit(c) || c == '-' || c == '.';
}

static enum smime_status
lex_text(struct policy_lexer *lexer, struct policy_token *token, struct policy_error *error)
{
	char quote = *lexer->at;

	step(lexer);
	while (*lexer->at != quote) {
		if (*lexer->at == '\\' && lexer->at[1] && lexer->at[1] != '\n')
			step(lexer);
		if (!*lexer->at || *lexer->at == '\n')
			return policy_error_set(error, SMIME_E_SYNTAX, token->line, token->column,
			    "found a text that is not closed on its line, expected %c at its end",
			    quote);
		step(lexer);
	}
	step(lexer);
	token->kind = POLICY_TOKEN_TEXT;
	return SMIME_OK;
}

static enum smime_status
lex_number(struct policy_lexer *lexer, struct policy_token *token, struct policy_error *error)
{
	bool fits = true;
	uint64_t unit = 1;

	token->number = 0;
	for (; is_digit(*lexer->at); step(lexer))
		fits = fits && !__builtin_mul_overflow(token->number, 10, &token->number) &&
		       !__builtin_add_overflow(
			   token->number, (uint64_t)(*lexer->at - '0'), &token->number);
	if (*lexer->at == 'K' || *lexer->at == 'k')
		unit = 1024;
	if (*lexer->at == 'M' || *lexer->at == 'm')
		unit = 1048576;
	if (unit != 1)
		step(lexer);
	fits = fits && !__builtin_mul_overflow(token->number, unit, &token->number);
	if (is_word(*lexer->at))
		return policy_error_set(error, SMIME_E_SYNTAX, lexer->line, lexer->column,
		    "found \"%c\" in a number, expected digits with K or M behind them",
		    *lexer->at);
	if (!fits)
		return policy_error_set(error, SMIME_E_SYNTAX, token->line, token->column,
		    "found a number that is too large, expected less than 2 to the power of 64");
	token->kind = POLICY_TOKEN_NUMBER;
	return SMIME_OK;
}

/* Octets of the mark at p; 0 when there is none. */
static size_t
mark_length(const char *p)
{
	if (strchr("=!<>", *p) && p[1] == '=')
		return 2;
	return strchr("(){},;:!<>", *p) ? 1 : 0;
}

static enum smime_status
lex_mark(struct policy_lexer *lexer, struct policy_token *token, struct policy_error *error)
{
	size_t len = mark_length(lexer->at);
	int octets = 1;

	token->kind = POLICY_TOKEN_MARK;
	for (size_t i = 0; i < len; i++)
		step(lexer);
	if (len > 0)
		return SMIME_OK;
	while (octets < 4 && ((uint8_t)lexer->at[octets] & 0xC0) == 0x80)
		octets++;
	if (*lexer->at == '=')
		return policy_error_set(error, SMIME_E_SYNTAX, token->line, token->column,
		    "found \"=\", expected \"==\"");
	if (*lexer->at == '#')
		return policy_error_set(error, SMIME_E_SYNTAX, token->line, token->column,
		    "found \"#\", expected a comment to have a line of its own");
	return policy_error_set(error, SMIME_E_SYNTAX, token->line, token->column,
	    "found \"%.*s\", expected a name, a quoted text, a number or a mark", octets,
	    lexer->at);
}

static enum smime_status
lex_token(struct policy_lexer *lexer, struct policy_token *token, struct policy_error *error)
{
	if (*lexer->at == '\0') {
		token->kind = POLICY_TOKEN_END;
		return SMIME_OK;
	}
	if (*lexer->at == '"' || *lexer->at == '\'')
		return lex_text(lexer, token, error);
	if (is_digit(*lexer->at))
		return lex_number(lexer, token, error);
	if (!is_letter(*lexer->at))
		return lex_mark(lexer, token, error);
	token->kind = POLICY_TOKEN_WORD;
	while (is_word(*lexer->at))
		step(lexer);
	return SMIME_OK;
}

enum smime_status
policy_lex_next(struct policy_lexer *lexer, struct policy_token *out, struct policy_error *error)
{
	const char *begin;

	skip_blanks_and_comments(lexer);
	begin = lexer->at;
	lexer->line_begins = false;
	*out = (struct policy_token){ .line = lexer->line, .column = lexer->column };
	SMIME_TRY(lex_token(lexer, out, error));
	out->source = smime_bytes(begin, (size_t)(lexer->at - begin));
	return SMIME_OK;
}

char *
policy_token_text(const struct policy_token *token)
{
	const char *from = (const char *)token->source.data + 1;
	const char *end = from + token->source.len - 2;
	char quote = from[-1];
	char *text = malloc(token->source.len);
	char *to = text;

	if (!text)
		return NULL;
	while (from < end) {
		if (*from == '\\' && (from[1] == '\\' || from[1] == quote))
			from++;
		*to++ = *from++;
	}
	*to = '\0';
	return text;
}

bool
policy_token_is(const struct policy_token *token, const char *source)
{
	return (token->kind == POLICY_TOKEN_WORD || token->kind == POLICY_TOKEN_MARK) &&
	       smime_bytes_equal(token->source, smime_bytes_str(source));
}
