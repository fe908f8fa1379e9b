/*
 * rule_action_parse.c - one action of a block: its name and its texts in quotes, checked against
 * the action's row in action.c, so that a wrong one is reported with its position.
 */
#include "action.h"
#include "array.h"
#include "rule_parse.h"

#include <stdio.h>
#include <stdlib.h>

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

enum smime_status
policy_parse_action(struct policy_parser *p, struct policy_action *out)
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
