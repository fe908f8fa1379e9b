/*
 * rule_tests.h - the questions a rule may ask: one row each in rule_tests.c.
 */
#ifndef POLICY_RULE_TESTS_H
#define POLICY_RULE_TESTS_H

#include "content.h"
#include "policy/facts.h"
#include "policy/header.h"
#include "rule_tree.h"

/* One evaluation of one condition. */
struct policy_eval {
	const struct policy_facts *facts;
	struct policy_header *header;   /* as earlier actions left it; made when first needed */
	struct policy_matcher *matcher; /* likewise */
	struct policy_trace *trace;     /* NULL: nobody wants to know */
	uint64_t counted;               /* most matches in a reading of the value in work */
	struct smime_buf saw;           /* what the test in work looked at, escaped, bounded */
	struct smime_diag *diag;
};

/* What stands behind the comparison. */
enum policy_value_kind {
	POLICY_VALUE_NONE,
	POLICY_VALUE_PATTERN,
	POLICY_VALUE_PATTERN_NOCASE,
	POLICY_VALUE_NAME,
	POLICY_VALUE_NUMBER,
	POLICY_VALUE_DATE,
	POLICY_VALUE_IP,
	POLICY_VALUE_TYPE,     /* "text/plain", a part of it or all of it "*" */
	POLICY_VALUE_FILETYPE, /* "pdf", or a TYPE */
};

/* What a test has to look at: tests with less come first. */
enum policy_cost {
	POLICY_COST_ENVELOPE,
	POLICY_COST_HEADER,
	POLICY_COST_BODY, /* decodes */
};

/* Does it hold? "!=" is asked as "==" and turned round by the caller. */
typedef enum smime_status policy_ask(struct policy_eval *e, const struct policy_test *t, bool *out);

struct policy_test_kind {
	const char *name;
	/*
	 * Arguments, a letter each: p pattern, t text, c one character, d dictionary, n number.
	 * '?': those behind it may be left out; '+': any number more of the last one.
	 */
	const char *args;
	const char *choices; /* what the first argument may be, "a|b"; NULL: anything */
	enum policy_value_kind value;
	bool value_optional;
	enum policy_cost cost;
	enum policy_refers refers;
	policy_ask *ask;
};

/* As the filter would write it; appended. */
SMIME_MUST_USE enum smime_status policy_test_print(
    const struct policy_test *test, struct smime_buf *out);

/* NULL: no such test. */
const struct policy_test_kind *policy_test_find(struct smime_bytes name);
/* Row i of the table; NULL after the last. */
const struct policy_test_kind *policy_test_at(size_t i);

/* Is it a rule or an action of other products that we do not have? */
bool policy_name_is_foreign(struct smime_bytes name);

/* ---- for those who ask ---- */

/* Note for the trace what the test looked at. */
enum smime_status policy_saw(struct policy_eval *e, struct smime_bytes value);
enum smime_status policy_saw_number(struct policy_eval *e, uint64_t number);

/* n against the test's value. */
bool policy_compare(const struct policy_test *t, uint64_t n);

/* Does the test's pattern match? Notes the value, and what matched for $MatchedContent. */
SMIME_MUST_USE enum smime_status policy_ask_pattern(struct policy_eval *e,
    const struct policy_pattern *pattern, struct smime_bytes value, bool *out);

/* The same, of the test's own pattern: a policy_try (rule_readings.h). */
SMIME_MUST_USE enum smime_status policy_try_pattern(
    struct policy_eval *e, const struct policy_test *t, struct smime_bytes value, bool *out);

/* Remember what matched, for $MatchedContent. */
SMIME_MUST_USE enum smime_status policy_eval_matched(
    struct policy_eval *e, struct smime_bytes matched);

/* The matcher of this evaluation is there, e->matcher. */
SMIME_MUST_USE enum smime_status policy_eval_matcher(struct policy_eval *e);

/* The header of this evaluation. */
SMIME_MUST_USE enum smime_status policy_eval_header(
    struct policy_eval *e, struct policy_header **out);

/* rule_tests_envelope.c */
policy_ask policy_ask_true;
policy_ask policy_ask_mail_from;
policy_ask policy_ask_rcpt_to;
policy_ask policy_ask_body_size;
policy_ask policy_ask_rcpt_count;
policy_ask policy_ask_sendergroup;
policy_ask policy_ask_recv_listener;
policy_ask policy_ask_remote_ip;
policy_ask policy_ask_date;
policy_ask policy_ask_random;
/* rule_tests_header.c */
policy_ask policy_ask_subject;
policy_ask policy_ask_header;
policy_ask policy_ask_addr_count;
policy_ask policy_ask_auth_id;
policy_ask policy_ask_malformed_header;
policy_ask policy_ask_duplicate_boundaries;
/* rule_tests_dictionary.c */
policy_ask policy_ask_subject_dictionary;
policy_ask policy_ask_header_dictionary;
policy_ask policy_ask_mail_from_dictionary;
policy_ask policy_ask_rcpt_to_dictionary;
/* rule_tests_smime.c */
policy_ask policy_ask_encrypted;
policy_ask policy_ask_signed;
policy_ask policy_ask_signed_certificate;
policy_ask policy_ask_gateway_message;
policy_ask policy_ask_gateway_verified;
/* rule_tests_content.c */
policy_ask policy_ask_valid;
policy_ask policy_ask_body_contains;
policy_ask policy_ask_only_body_contains;
policy_ask policy_ask_attachment_contains;
policy_ask policy_ask_every_attachment_contains;
policy_ask policy_ask_attachment_binary_contains;
policy_ask policy_ask_attachment_filename;
policy_ask policy_ask_attachment_type;
policy_ask policy_ask_attachment_mimetype;
policy_ask policy_ask_attachment_size;
policy_ask policy_ask_attachment_filetype;
policy_ask policy_ask_attachment_protected;
policy_ask policy_ask_attachment_unprotected;

#endif
