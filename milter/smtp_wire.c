/*
 * smtp_wire.c - lines to and from an SMTP server, with time limits.  RFC 5321 s4.
 * Memory: 64 KiB out, 2 KiB in. Refuses replies without end, and octets after a reply that nobody
 * asked for (they would be taken for the next one).
 */
#include "smtp_wire.h"

#include "clock.h"
#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define OUT_SIZE   65536
#define LINE_SIZE  2000
#define LINES_MOST 100

struct gateway_smtp_wire {
	struct smime_stage data;
	int fd;
	int timeout_ms;
	bool line_start; /* of message octets */
	size_t out_len, in_from, in_to;
	uint8_t out[OUT_SIZE];
	char in[LINE_SIZE];
};

/* ---- octets ---- */

/* Wait until fd can do what events say. */
static enum smime_status
wait_for(int fd, short events, int64_t until_ms)
{
	struct pollfd p = { .fd = fd, .events = events };

	for (;;) {
		int64_t left = until_ms - gateway_now_ms();
		int n;

		if (left <= 0)
			return SMIME_E_SYSTEM;
		n = poll(&p, 1, left > INT32_MAX ? INT32_MAX : (int)left);
		if (n > 0)
			return SMIME_OK;
		if (n < 0 && errno != EINTR)
			return SMIME_E_SYSTEM;
	}
}

static enum smime_status
flush(struct gateway_smtp_wire *wire)
{
	int64_t until = gateway_now_ms() + wire->timeout_ms;
	size_t sent = 0;

	while (sent < wire->out_len) {
		ssize_t n = send(wire->fd, wire->out + sent, wire->out_len - sent, MSG_NOSIGNAL);

		if (n > 0)
			sent += (size_t)n;
		else if (n < 0 && (errno == EAGAIN || errno == EINTR))
			SMIME_TRY(wait_for(wire->fd, POLLOUT, until));
		else
			return SMIME_E_SYSTEM;
	}
	wire->out_len = 0;
	return SMIME_OK;
}

static enum smime_status
put(struct gateway_smtp_wire *wire, const void *data, size_t len)
{
	const uint8_t *from = data;

	while (len > 0) {
		size_t n = OUT_SIZE - wire->out_len < len ? OUT_SIZE - wire->out_len : len;

		memcpy(wire->out + wire->out_len, from, n);
		wire->out_len += n;
		from += n;
		len -= n;
		if (wire->out_len == OUT_SIZE)
			SMIME_TRY(flush(wire));
	}
	return SMIME_OK;
}

/* ---- message octets ---- */

static enum smime_status
data_write(struct smime_stage *s, const uint8_t *data, size_t len)
{
	struct gateway_smtp_wire *wire = smime_container_of(s, struct gateway_smtp_wire, data);

	while (len > 0) {
		const uint8_t *lf = memchr(data, '\n', len);
		size_t n = lf ? (size_t)(lf - data) + 1 : len;

		if (wire->line_start && *data == '.')
			SMIME_TRY(put(wire, ".", 1));
		SMIME_TRY(put(wire, data, n));
		wire->line_start = lf != NULL;
		data += n;
		len -= n;
	}
	return SMIME_OK;
}

static enum smime_status
data_finish(struct smime_stage *s)
{
	struct gateway_smtp_wire *wire = smime_container_of(s, struct gateway_smtp_wire, data);

	assert(wire->line_start);
	SMIME_TRY(put(wire, ".\r\n", 3));
	return flush(wire);
}

static const struct smime_stage_ops data_ops = {
	.name = "smtp-data", .write = data_write, .finish = data_finish
};

struct smime_stage *
gateway_smtp_data(struct gateway_smtp_wire *wire)
{
	wire->line_start = true;
	return &wire->data;
}

/* ---- connecting ---- */

void
gateway_smtp_set_timeout(struct gateway_smtp_wire *wire, int timeout_ms)
{
	wire->timeout_ms = timeout_ms;
}

void
gateway_smtp_wire_free(struct gateway_smtp_wire **wire)
{
	if (!*wire)
		return;
	if ((*wire)->fd >= 0)
		(void)close((*wire)->fd);
	free(*wire);
	*wire = NULL;
}

/* Connected socket, or -1 with errno. */
static int
connect_one(const struct addrinfo *address, int64_t until_ms)
{
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int error = 0;
	int on = 1;
	socklen_t len = sizeof error;

	if (fd < 0)
		return -1;
	if (connect(fd, address->ai_addr, address->ai_addrlen) != 0) {
		error = errno;
		if (error == EINPROGRESS) {
			error = ETIMEDOUT;
			if (wait_for(fd, POLLOUT, until_ms) == SMIME_OK)
				(void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
		}
	}
	if (error != 0) {
		(void)close(fd);
		errno = error;
		return -1;
	}
	/* Replies are waited for: Nagle's algorithm would cost 40 ms a message. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	return fd;
}

static int
connect_any(const char *host, int port, int64_t until_ms)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
	struct addrinfo *found = NULL;
	char service[16];
	int fd = -1;

	(void)snprintf(service, sizeof service, "%d", port);
	if (getaddrinfo(host, service, &hints, &found) != 0) {
		errno = EADDRNOTAVAIL;
		return -1;
	}
	for (const struct addrinfo *a = found; a && fd < 0; a = a->ai_next)
		fd = connect_one(a, until_ms);
	freeaddrinfo(found);
	return fd;
}

enum smime_status
gateway_smtp_connect(const char *host, int port, int timeout_ms, struct gateway_smtp_wire **out,
    struct smime_diag *diag)
{
	struct gateway_smtp_wire *wire = calloc(1, sizeof *wire);

	*out = NULL;
	if (!wire)
		return smime_fail(diag, SMIME_E_SYSTEM, NULL, "no memory for an SMTP connection");
	wire->data.ops = &data_ops;
	wire->timeout_ms = timeout_ms;
	wire->fd = connect_any(host, port, gateway_now_ms() + timeout_ms);
	if (wire->fd < 0) {
		gateway_smtp_wire_free(&wire);
		return smime_fail(diag, SMIME_E_SYSTEM, "connect",
		    "cannot connect to the re-injection listener %s port %d: %s", host, port,
		    strerrordesc_np(errno));
	}
	*out = wire;
	return SMIME_OK;
}

/* ---- commands and replies ---- */

enum smime_status
gateway_smtp_command(struct gateway_smtp_wire *wire, const char *format, ...)
{
	SMIME_AUTO_BUF line = { 0 };
	va_list args;
	char *text = NULL;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	if (len < 0)
		return SMIME_E_SYSTEM;
	line.data = (uint8_t *)text; /* released with the buffer */
	line.len = line.capacity = (size_t)len;
	/* Addresses and arguments were checked by the caller; one that was not must not get here.
	 */
	if (memchr(text, '\r', (size_t)len) || memchr(text, '\n', (size_t)len))
		return SMIME_E_SYSTEM;
	SMIME_TRY(put(wire, text, (size_t)len));
	return put(wire, "\r\n", 2);
}

/* More octets behind those that are there. */
static enum smime_status
fill(struct gateway_smtp_wire *wire, int64_t until_ms)
{
	ssize_t n;

	memmove(wire->in, wire->in + wire->in_from, wire->in_to - wire->in_from);
	wire->in_to -= wire->in_from;
	wire->in_from = 0;
	if (wire->in_to == sizeof wire->in)
		return SMIME_E_SYSTEM;
	for (;;) {
		n = recv(wire->fd, wire->in + wire->in_to, sizeof wire->in - wire->in_to, 0);
		if (n > 0) {
			wire->in_to += (size_t)n;
			return SMIME_OK;
		}
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			return SMIME_E_SYSTEM;
		SMIME_TRY(wait_for(wire->fd, POLLIN, until_ms));
	}
}

/* The next line, NUL-terminated, without line end; valid until the next call. */
static enum smime_status
read_line(struct gateway_smtp_wire *wire, int64_t until_ms, char **out)
{
	for (;;) {
		char *from = wire->in + wire->in_from;
		char *lf = memchr(from, '\n', wire->in_to - wire->in_from);

		if (lf) {
			wire->in_from += (size_t)(lf - from) + 1;
			*lf = 0;
			if (lf > from && lf[-1] == '\r')
				lf[-1] = 0;
			*out = from;
			return SMIME_OK;
		}
		SMIME_TRY(fill(wire, until_ms));
	}
}

/* Take "5.7.1 " off the beginning of text. */
static const char *
take_xcode(const char *text, char *out, size_t out_size)
{
	size_t len = strspn(text, "0123456789.");

	*out = 0;
	if (len < 5 || len >= out_size || text[1] != '.' || (text[len] != ' ' && text[len] != 0))
		return text;
	memcpy(out, text, len);
	out[len] = 0;
	return text + len + (text[len] == ' ');
}

/* "250-text" or "250 text" or "250". *last: no line follows. */
static bool
parse_line(const char *line, struct gateway_smtp_reply *out, const char **text, bool *last)
{
	for (int i = 0; i < 3; i++)
		if (!isdigit((unsigned char)line[i]))
			return false;
	if (line[0] < '2' || line[0] > '5' || (line[3] != ' ' && line[3] != '-' && line[3] != 0))
		return false;
	out->code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
	*last = line[3] != '-';
	*text = line + 3 + (line[3] != 0);
	return true;
}

static enum smime_status
broken(struct smime_diag *diag)
{
	return smime_fail(diag, SMIME_E_SYSTEM, "connection",
	    "the re-injection listener went away, was silent for too long, or does not speak SMTP");
}

enum smime_status
gateway_smtp_read(struct gateway_smtp_wire *wire, struct gateway_smtp_reply *out,
    void (*line)(void *arg, const char *text), void *arg, struct smime_diag *diag)
{
	int64_t until = gateway_now_ms() + wire->timeout_ms;

	*out = (struct gateway_smtp_reply){ 0 };
	if (flush(wire) != SMIME_OK)
		return broken(diag);
	for (int i = 0; i < LINES_MOST; i++) {
		const char *text;
		char *whole;
		bool last;

		if (read_line(wire, until, &whole) != SMIME_OK ||
		    !parse_line(whole, out, &text, &last))
			return broken(diag);
		if (line)
			line(arg, text);
		if (!last)
			continue;
		text = take_xcode(text, out->xcode, sizeof out->xcode);
		(void)snprintf(out->text, sizeof out->text, "%s", text);
		return SMIME_OK;
	}
	return broken(diag);
}
