/* fuzz_rule.c - policy/rule_*.c: any text as a filter. What parses, prints, and parses back to the
 * same text. */
#include "policy/rule.h"
#include "support_fuzz.h"

#include <stdlib.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	SMIME_AUTO_BUF text = { 0 };
	SMIME_AUTO_BUF once = { 0 };
	SMIME_AUTO_BUF twice = { 0 };
	SMIME_AUTO(policy_script) script = NULL;
	SMIME_AUTO(policy_script) again = NULL;
	struct policy_error error = { 0 };
	enum smime_status status;

	if (smime_buf_append(&text, data, size) != SMIME_OK ||
	    smime_buf_terminate(&text) != SMIME_OK)
		return 0;
	status = policy_script_parse((const char *)text.data, &script, &error);
	FUZZ_HOLDS(status == SMIME_OK || error.text[0]);
	if (status != SMIME_OK || !script)
		return 0;
	FUZZ_HOLDS(policy_script_print(script, &once) == SMIME_OK);
	FUZZ_HOLDS(smime_buf_terminate(&once) == SMIME_OK);
	FUZZ_HOLDS(policy_script_parse((const char *)once.data, &again, &error) == SMIME_OK);
	FUZZ_HOLDS(policy_script_print(again, &twice) == SMIME_OK);
	FUZZ_HOLDS(smime_bytes_equal(smime_buf_bytes(&once), smime_buf_bytes(&twice)));
	return 0;
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char *const seeds[] = {
		"q:if (smime-gateway-message and not smime-gateway-verified)\n{ quarantine(\"P\"); "
		"}",
		"a! if subject == '(?i)x\\\\.y' OR header('To') != \".\" { insert-header('A', "
		"'b'); } "
		"else if body-size > 10K { drop(); } else { if true { no-op() } }",
		"# c\nb: if (remote-ip == '10.0.0.0/8' and rcpt-count >= 3) or random(4) == 1 { "
		"edit-header-text('S', 'a', 'b'); log-entry('$Subject'); bounce(); }",
	};
	char name[] = "0";

	for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++, name[0]++)
		fuzz_seed(*argc, *argv, name, smime_bytes_str(seeds[i]));
	return 0;
}
