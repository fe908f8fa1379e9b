/* support_gateway.c - a gateway without database: policy says what the test wants. */
#include "support_gateway.h"

#include "support.h"
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

static enum smime_status
judge(struct gateway *gateway, struct policy_message *message, struct gateway_judgement *out,
    struct smime_diag *diag)
{
	struct test_gateway *t = smime_container_of(gateway, struct test_gateway, gateway);

	*diag = t->diag;
	if (!t->make)
		return SMIME_E_SYSTEM;
	out->outcome = calloc(1, sizeof *out->outcome);
	out->outcome->record = strdup("direction=outgoing");
	out->site = t->site;
	t->make(message, out->outcome);
	return t->diag.status;
}

void
test_gateway_init(
    struct test_gateway *t, enum fake_kind kind, const char *message, const char *const *recipients)
{
	static const struct gateway_gate_conf wide = { .width = 2, .wait_ms = 10, .alive_ms = 10 };
	const struct sockaddr_in client = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	*t = (struct test_gateway){ .gateway.judge = judge,
		.site = { .reinject_host = "127.0.0.1",
		    .reinject_port = 1,
		    .postmaster = "postmaster@gw.test" } };
	t->log_fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	ck_assert_int_ge(t->log_fd, 0);
	ck_assert_int_eq(gateway_log_new(t->log_fd, &t->gateway.log), SMIME_OK);
	ck_assert_int_eq(gateway_gate_new(&wide, &t->gateway.gate), SMIME_OK);
	ck_assert_int_eq(gateway_session_new(&t->gateway, &t->session), SMIME_OK);
	fake_mta_init(&t->mta, kind, message);
	fake_mta_macro(&t->mta, "i", "4QUEUE1");
	fake_mta_macro(&t->mta, "{daemon_port}", "25");
	for (; *recipients; recipients++)
		fake_mta_recipient(&t->mta, *recipients);
	ck_assert_int_eq(gateway_session_connect(t->session, &t->mta.base, "localhost",
			     (const struct sockaddr *)&client),
	    GATEWAY_CONTINUE);
	ck_assert_int_eq(gateway_session_helo(t->session, "me(test"), GATEWAY_CONTINUE);
}

void
test_gateway_reset(struct test_gateway *t)
{
	gateway_session_free(&t->session);
	gateway_gate_free(&t->gateway.gate);
	gateway_log_free(&t->gateway.log);
	fake_mta_reset(&t->mta);
	(void)close(t->log_fd);
}

enum gateway_answer
test_gateway_run(struct test_gateway *t, outcome_maker *make)
{
	static const struct fake_envelope envelope = { .from = "<a@lab.test>" };

	t->make = make;
	return fake_mta_run(&t->mta, t->session, &envelope);
}

const char *
test_gateway_log(const struct test_gateway *t)
{
	static char text[20000];
	ssize_t n = pread(t->log_fd, text, sizeof text - 1, 0);

	text[n > 0 ? n : 0] = 0;
	return text;
}

struct policy_copy *
outcome_copy(struct policy_outcome *out, size_t from, size_t to, const char *entity)
{
	struct policy_copy *copy;

	out->copies = realloc(out->copies, (out->copy_count + 1) * sizeof *out->copies);
	copy = &out->copies[out->copy_count++];
	*copy = (struct policy_copy){ .recipient_count = to - from };
	copy->recipients = calloc(to - from + 1, sizeof *copy->recipients);
	for (size_t r = from; r < to; r++)
		copy->recipients[r - from] = r;
	if (!entity)
		return copy;
	ck_assert_int_eq(smime_spool_new(NULL, &copy->entity), SMIME_OK);
	ck_assert_int_eq(smime_spool_write(copy->entity, entity, strlen(entity)), SMIME_OK);
	return copy;
}

void
outcome_edit(struct policy_copy *copy, enum policy_edit_kind kind, const char *name,
    const char *value, const char *pattern)
{
	struct policy_edits *edits = &copy->edits;

	edits->item = realloc(edits->item, (edits->count + 1) * sizeof *edits->item);
	edits->item[edits->count++] = (struct policy_edit){ .kind = kind,
		.name = strdup(name),
		.value = value ? strdup(value) : NULL,
		.pattern = pattern ? strdup(pattern) : NULL };
}

static enum gateway_answer
tell_envelope(
    struct fake_mta *fake, struct gateway_session *session, const struct fake_envelope *envelope)
{
	char *from = strdup(envelope->from);
	char *mail_arg = envelope->mail_arg ? strdup(envelope->mail_arg) : NULL;
	char *rcpt_arg = envelope->rcpt_arg ? strdup(envelope->rcpt_arg) : NULL;
	char *mail[] = { from, mail_arg, NULL };
	enum gateway_answer answer = gateway_session_mail(session, &fake->base, mail);

	for (size_t i = 0; i < fake->recipient_count && answer == GATEWAY_CONTINUE; i++) {
		char *rcpt[] = { fake->recipients[i], rcpt_arg, NULL };

		answer = gateway_session_rcpt(session, rcpt);
	}
	free(from);
	free(mail_arg);
	free(rcpt_arg);
	return answer;
}

static enum gateway_answer
tell_data(struct fake_mta *fake, struct gateway_session *session, size_t piece)
{
	enum gateway_answer answer = GATEWAY_CONTINUE;

	for (size_t i = 0; i < fake->field_count && answer == GATEWAY_CONTINUE; i++)
		answer =
		    gateway_session_header(session, fake->fields[i].name, fake->fields[i].value);
	if (answer == GATEWAY_CONTINUE)
		answer = gateway_session_end_of_header(session, &fake->base);
	for (size_t at = 0; at < fake->body.len && answer == GATEWAY_CONTINUE; at += piece)
		answer = gateway_session_body(session, fake->body.data + at,
		    fake->body.len - at < piece ? fake->body.len - at : piece);
	return answer;
}

enum gateway_answer
fake_mta_run(
    struct fake_mta *fake, struct gateway_session *session, const struct fake_envelope *envelope)
{
	enum gateway_answer answer = tell_envelope(fake, session, envelope);

	if (answer == GATEWAY_CONTINUE && fake->kind == FAKE_POSTFIX) {
		fake_mta_macro(fake, "i", "4QUEUE1");
		fake_mta_macro(fake, "{daemon_name}", "of-main.cf");
	}
	if (answer == GATEWAY_CONTINUE)
		answer = tell_data(fake, session, envelope->piece ? envelope->piece : 65535);
	if (answer == GATEWAY_CONTINUE)
		answer = gateway_session_end_of_message(session, &fake->base);
	return answer;
}
