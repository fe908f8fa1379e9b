/* support_fake_smtp.c - an SMTP server on loopback that answers as it is told and remembers. */
#include "support_fake_smtp.h"

#include "support.h"
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct fake_smtp_rule defaults[] = {
	{ "", "220 fake ESMTP\r\n" },
	{ "EHLO", "250-fake\r\n250-SIZE 1000000\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n"
		  "250 XFORWARD NAME ADDR PROTO HELO SOURCE PORT IDENT\r\n" },
	{ "DATA", "354 go on\r\n" },
	{ ".", "250 2.0.0 Ok: queued as 4FAKE1\r\n" },
	{ "QUIT", "221 2.0.0 Bye\r\n" },
	{ NULL, "250 2.1.0 Ok\r\n" },
};

static const struct fake_smtp_rule *
find_rule(const struct fake_smtp_rule *rules, const char *command)
{
	for (; rules && rules->command; rules++)
		if (*rules->command ? strncmp(command, rules->command, strlen(rules->command)) == 0
				    : *command == 0)
			return rules;
	return rules;
}

/* False: the connection is to be closed. *code: first digit of the answer. */
static bool
answer(struct fake_smtp *fake, FILE *to, const char *command, char *code)
{
	const struct fake_smtp_rule *rule = find_rule(fake->rules, command);

	if (!rule || !rule->command)
		rule = find_rule(defaults, command);
	*code = rule->reply ? rule->reply[0] : 0;
	if (!rule->reply)
		return true;
	(void)fputs(rule->reply, to);
	(void)fflush(to);
	return *rule->reply != 0;
}

/* The lines of a message up to its final dot. False: the connection ended before. */
static bool
take_message(struct fake_smtp *fake, FILE *from)
{
	char line[70000];

	fake->message.len = 0;
	while (fgets(line, sizeof line, from)) {
		if (strcmp(line, ".\r\n") == 0)
			return true;
		ck_assert_int_eq(smime_buf_append(&fake->message, line, strlen(line)), SMIME_OK);
	}
	return false;
}

static void
serve(struct fake_smtp *fake, int fd)
{
	FILE *from = fdopen(dup(fd), "r");
	FILE *to = fdopen(fd, "w");
	char line[4096];
	char code;
	bool goes_on = answer(fake, to, "", &code);

	while (goes_on && fgets(line, sizeof line, from)) {
		line[strcspn(line, "\r\n")] = 0;
		ck_assert_int_eq(smime_buf_appendf(&fake->commands, "%s\n", line), SMIME_OK);
		goes_on = answer(fake, to, line, &code);
		if (strcmp(line, "DATA") == 0 && code == '3') {
			goes_on = goes_on && take_message(fake, from);
			goes_on = goes_on && answer(fake, to, ".", &code);
			fake->messages += goes_on && code == '2';
		}
	}
	(void)fclose(from);
	(void)fclose(to);
}

static void *
run(void *arg)
{
	struct fake_smtp *fake = arg;
	int fd;

	while ((fd = accept(fake->listener, NULL, NULL)) >= 0)
		serve(fake, fd);
	return NULL;
}

void
fake_smtp_start(struct fake_smtp *fake, const struct fake_smtp_rule *rules)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof address;

	*fake = (struct fake_smtp){ .rules = rules };
	fake->listener = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_ge(fake->listener, 0);
	ck_assert_int_eq(bind(fake->listener, (struct sockaddr *)&address, len), 0);
	ck_assert_int_eq(listen(fake->listener, 5), 0);
	ck_assert_int_eq(getsockname(fake->listener, (struct sockaddr *)&address, &len), 0);
	fake->port = ntohs(address.sin_port);
	ck_assert_int_eq(pthread_create(&fake->thread, NULL, run, fake), 0);
}

void
fake_smtp_stop(struct fake_smtp *fake)
{
	(void)shutdown(fake->listener, SHUT_RDWR);
	ck_assert_int_eq(pthread_join(fake->thread, NULL), 0);
	(void)close(fake->listener);
	ck_assert_int_eq(smime_buf_terminate(&fake->commands), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&fake->message), SMIME_OK);
}

void
fake_smtp_reset(struct fake_smtp *fake)
{
	smime_buf_reset(&fake->commands);
	smime_buf_reset(&fake->message);
}
