/* support_wire.c - the MTA's side of the milter protocol (version 6) on a UNIX socket. */
#include "support_wire.h"

#include "support.h"
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void
wire_connect(struct wire *wire, const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	*wire = (struct wire){ .fd = -1 };
	(void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	for (int i = 0; i < 500; i++) {
		wire->fd = socket(AF_UNIX, SOCK_STREAM, 0);
		if (connect(wire->fd, (struct sockaddr *)&address, sizeof address) == 0)
			return;
		(void)close(wire->fd);
		(void)usleep(10000);
	}
	ck_abort_msg("nobody listens on %s", path);
}

void
wire_close(struct wire *wire)
{
	(void)close(wire->fd);
	smime_buf_reset(&wire->data);
	smime_buf_reset(&wire->requests);
	smime_buf_reset(&wire->body);
}

void
wire_send(struct wire *wire, char command, const void *data, size_t len)
{
	uint32_t size = htonl((uint32_t)len + 1);
	SMIME_AUTO_BUF packet = { 0 };

	ck_assert_int_eq(smime_buf_append(&packet, &size, 4), SMIME_OK);
	ck_assert_int_eq(smime_buf_append(&packet, &command, 1), SMIME_OK);
	ck_assert_int_eq(smime_buf_append(&packet, data, len), SMIME_OK);
	ck_assert_int_eq(
	    send(wire->fd, packet.data, packet.len, MSG_NOSIGNAL), (ssize_t)packet.len);
}

void
wire_send_strings(struct wire *wire, char command, const char *first, ...)
{
	SMIME_AUTO_BUF data = { 0 };
	va_list args;

	va_start(args, first);
	for (const char *s = first; s; s = va_arg(args, const char *))
		ck_assert_int_eq(smime_buf_append(&data, s, strlen(s) + 1), SMIME_OK);
	va_end(args);
	wire_send(wire, command, data.data, data.len);
}

static bool
receive_all(int fd, void *out, size_t len)
{
	return recv(fd, out, len, MSG_WAITALL) == (ssize_t)len;
}

char
wire_receive(struct wire *wire)
{
	uint32_t size;
	uint8_t *room;
	char letter;

	if (!receive_all(wire->fd, &size, 4) || !receive_all(wire->fd, &letter, 1))
		return 0;
	wire->data.len = 0;
	size = ntohl(size) - 1;
	ck_assert_int_eq(smime_buf_extend(&wire->data, size, &room), SMIME_OK);
	ck_assert(size == 0 || receive_all(wire->fd, room, size));
	ck_assert_int_eq(smime_buf_terminate(&wire->data), SMIME_OK);
	return letter;
}

char
wire_negotiate(struct wire *wire, uint32_t actions, uint32_t steps)
{
	const uint32_t offer[3] = { htonl(6), htonl(actions), htonl(steps) };

	wire_send(wire, 'O', offer, sizeof offer);
	return wire_receive(wire);
}

void
wire_macros(struct wire *wire, char command, const char *name, ...)
{
	SMIME_AUTO_BUF data = { 0 };
	va_list args;

	ck_assert_int_eq(smime_buf_append(&data, &command, 1), SMIME_OK);
	va_start(args, name);
	for (const char *s = name; s; s = va_arg(args, const char *))
		ck_assert_int_eq(smime_buf_append(&data, s, strlen(s) + 1), SMIME_OK);
	va_end(args);
	wire_send(wire, 'D', data.data, data.len);
}

static void
goes_on(struct wire *wire)
{
	char letter = wire_receive(wire);

	ck_assert_msg(letter == 'c', "answer %c (%d)", letter ? letter : '-', letter);
}

char
wire_client(struct wire *wire)
{
	static const char client[] = "localhost\0004\0\031127.0.0.1";

	wire_macros(wire, 'C', "{daemon_name}", "LISTENER", "{client_addr}", "127.0.0.1", NULL);
	wire_send(wire, 'C', client, sizeof client);
	return wire_receive(wire);
}

void
wire_begin(struct wire *wire)
{
	ck_assert_int_eq(wire_client(wire), 'c');
	wire_send_strings(wire, 'H', "me.test", NULL);
	goes_on(wire);
}

void
wire_message(struct wire *wire, const char *from, const char *rcpt)
{
	wire_send_strings(wire, 'M', from, "SIZE=10", NULL);
	goes_on(wire);
	wire_send_strings(wire, 'R', rcpt, NULL);
	goes_on(wire);
	wire_send_strings(wire, 'L', "Subject", " x\n\ty", NULL);
	goes_on(wire);
	wire_send_strings(wire, 'L', "Content-Type", "text/plain", NULL);
	goes_on(wire);
	wire_macros(wire, 'N', "i", "4WIRE1", NULL);
	wire_send(wire, 'N', "", 0);
	goes_on(wire);
	wire_send(wire, 'B', "one\r", 4);
	goes_on(wire);
	wire_send(wire, 'B', "\ntwo\r\n", 6);
	goes_on(wire);
	wire_send(wire, 'E', "", 0);
}

/* "m 1 Name value" from a packet of an index (for i and m) and strings. */
static void
note_request(struct wire *wire, char letter)
{
	const uint8_t *data = wire->data.data;
	size_t len = wire->data.len;
	uint32_t index;

	ck_assert_int_eq(smime_buf_appendf(&wire->requests, "%c", letter), SMIME_OK);
	if (letter == 'i' || letter == 'm') {
		memcpy(&index, data, 4);
		ck_assert_int_eq(smime_buf_appendf(&wire->requests, " %u", ntohl(index)), SMIME_OK);
		data += 4;
		len -= 4;
	}
	while (len > 0) {
		size_t n = strlen((const char *)data);

		ck_assert_int_eq(smime_buf_append(&wire->requests, " ", 1), SMIME_OK);
		for (size_t i = 0; i < n; i++)
			ck_assert_int_eq(smime_buf_appendf(&wire->requests,
					     data[i] == '\n' ? "\\n" : "%c", data[i]),
			    SMIME_OK);
		data += n + 1;
		len -= n + 1;
	}
	ck_assert_int_eq(smime_buf_appendf(&wire->requests, "\n"), SMIME_OK);
}

char
wire_end(struct wire *wire)
{
	wire->requests.len = wire->body.len = 0;
	for (;;) {
		char letter = wire_receive(wire);

		if (letter == 'b')
			ck_assert_int_eq(
			    smime_buf_append(&wire->body, wire->data.data, wire->data.len),
			    SMIME_OK);
		else if (letter == 0 || strchr("crtdya", letter)) {
			ck_assert_int_eq(smime_buf_terminate(&wire->requests), SMIME_OK);
			ck_assert_int_eq(smime_buf_terminate(&wire->body), SMIME_OK);
			(void)snprintf(wire->reply, sizeof wire->reply, "%s",
			    letter == 'y' ? (const char *)wire->data.data : "");
			return letter;
		} else
			note_request(wire, letter);
	}
}
