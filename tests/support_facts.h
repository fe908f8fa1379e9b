/* support_facts.h - one message as rules see it, without database or MTA. */
#ifndef TEST_SUPPORT_FACTS_H
#define TEST_SUPPORT_FACTS_H

#include "content.h"
#include "plan.h"
#include "policy/facts.h"
#include "policy/rule.h"
#include "policy/snapshot.h"
#include "support.h"

struct test_facts {
	struct policy_message *message;
	struct smime_mime *mime;
	struct policy_content *content;
	struct policy_edits edits;
	struct policy_facts facts;
	struct policy_snapshot snapshot; /* without dictionaries; the test may give it some */
	struct smime_buf matched;
	struct smime_diag diag;
};

/* From Joe@a.example at 192.0.2.7, who logged in as joe, to x@b.example and y@c.example. octets are
 * borrowed. What was there before is freed. */
void test_facts_read(struct test_facts *t, const void *octets, size_t len);
void test_facts_reset(struct test_facts *t);

/* Fails the test when the rule does not parse. */
enum smime_status test_facts_ask(struct test_facts *t, const char *rule, bool *out);
/* Fails the test also when it cannot be evaluated. */
bool test_facts_hold(struct test_facts *t, const char *rule);

#endif
