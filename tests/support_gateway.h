/* support_gateway.h - a gateway without database: policy says what the test wants. */
#ifndef TEST_GATEWAY_H
#define TEST_GATEWAY_H

#include "session.h"
#include "support_fake_mta.h"

/*
 * One message of a session, from MAIL to its end, as this MTA tells it: sender and recipients as
 * they were set, argv of MAIL and RCPT with args, body in pieces of `piece` octets. Postfix gives
 * the queue id from DATA on only, and at the end of the message main.cf's {daemon_name}.
 */
struct fake_envelope {
	const char
	    *from; /* as the MTA gives it: with brackets from SMTP, without from sendmail(1) */
	const char *mail_arg, *rcpt_arg; /* one each, or NULL */
	size_t piece;                    /* 0: 65535 */
};
enum gateway_answer fake_mta_run(
    struct fake_mta *fake, struct gateway_session *session, const struct fake_envelope *envelope);

/* Fills what policy is to say about the message; *out is empty, of its own memory. */
typedef void outcome_maker(const struct policy_message *message, struct policy_outcome *out);

struct test_gateway {
	struct gateway gateway;
	outcome_maker *make;    /* NULL: policy has no memory even to say so */
	struct smime_diag diag; /* what policy says beside it */
	struct gateway_site site;
	struct gateway_session *session;
	struct fake_mta mta;
	int log_fd;
};

/* Begins a session of one client on a listener; message and recipients (ends with NULL) are those
 * of test_gateway_run(). */
void test_gateway_init(struct test_gateway *t, enum fake_kind kind, const char *message,
    const char *const *recipients);
void test_gateway_reset(struct test_gateway *t);

/* One message from <a@lab.test>. */
enum gateway_answer test_gateway_run(struct test_gateway *t, outcome_maker *make);

/* All lines logged so far. */
const char *test_gateway_log(const struct test_gateway *t);

/* For outcome_makers: one more copy for recipients [from, to), sealed as entity (NULL: untouched).
 */
struct policy_copy *outcome_copy(
    struct policy_outcome *out, size_t from, size_t to, const char *entity);
void outcome_edit(struct policy_copy *copy, enum policy_edit_kind kind, const char *name,
    const char *value, const char *pattern);

#endif
