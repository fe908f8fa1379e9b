/*
 * cmd_log.c - log: the daemon's lines out of a log, those about one message, address, verdict ...
 * Reads a file, which it can follow across rotation, or journalctl(1) when there is none.
 * Memory: one line, at most 64 KiB; what is longer is no line of the daemon's.
 */
#include "ctl.h"

#include "log_line.h"
#include "policy/json.h"
#include "policy/process.h"
#include "program.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define USUAL           "/var/log/mail.log"
#define LINE_MAX_OCTETS 65536
#define PATIENCE_NS     250000000L

struct filter {
	const char *queue_id, *address;
	const char **where; /* KEY=VALUE, or KEY */
	size_t where_count;
	bool trouble, json;
};

/* ---- which lines ---- */

static bool
has_where(const struct log_line *line, const char *where)
{
	const char *equals = strchr(where, '=');
	struct smime_bytes name =
	    smime_bytes(where, equals ? (size_t)(equals - where) : strlen(where));
	struct smime_bytes rest = line->rest, key, value;

	while (log_line_next(&rest, &key, &value))
		if (smime_bytes_equal(key, name) &&
		    (!equals || smime_bytes_equal_nocase(value, smime_bytes_str(equals + 1)) ||
			log_value_has(value, equals + 1)))
			return true;
	return false;
}

/* As sender, recipient, or whoever is named in a line. */
static bool
has_address(const struct log_line *line, const char *address)
{
	struct smime_bytes rest = line->rest, key, value;

	while (log_line_next(&rest, &key, &value))
		if (log_value_has(value, address))
			return true;
	return false;
}

/* Its own line, and those of which it is a copy. */
static bool
has_queue_id(const struct log_line *line, const char *id)
{
	struct smime_bytes rest = line->rest, key, value;

	if (smime_bytes_equal_nocase(line->queue_id, smime_bytes_str(id)))
		return true;
	while (log_line_next(&rest, &key, &value))
		if ((smime_bytes_equal(key, smime_bytes_str("reinjected")) ||
			smime_bytes_equal(key, smime_bytes_str("as"))) &&
		    log_value_has(value, id))
			return true;
	return false;
}

static bool
matches(const struct filter *f, const struct log_line *line)
{
	if (f->queue_id && !has_queue_id(line, f->queue_id))
		return false;
	if (f->address && !has_address(line, f->address))
		return false;
	for (size_t i = 0; i < f->where_count; i++)
		if (!has_where(line, f->where[i]))
			return false;
	return !f->trouble || log_line_is_trouble(line);
}

/* ---- how they are shown ---- */

static enum smime_status
append_text(struct smime_bytes text, struct smime_buf *out)
{
	SMIME_AUTO_BUF copy = { 0 };

	SMIME_TRY(smime_buf_append(&copy, text.data, text.len));
	SMIME_TRY(smime_buf_terminate(&copy));
	return policy_json_text((const char *)copy.data, out);
}

/* The values of one key, which may stand more than once. */
static enum smime_status
append_values(struct smime_bytes rest, struct smime_bytes name, struct smime_buf *out)
{
	struct smime_bytes key, value;
	bool more = false;

	SMIME_TRY(append_text(name, out));
	SMIME_TRY(smime_buf_appendf(out, ":["));
	while (log_line_next(&rest, &key, &value)) {
		if (!smime_bytes_equal(key, name))
			continue;
		SMIME_TRY(smime_buf_append(out, ",", more));
		SMIME_TRY(append_text(value, out));
		more = true;
	}
	return smime_buf_append(out, "]", 1);
}

/* Whether the same key stands in the line before this one. */
static bool
stands_before(struct smime_bytes rest, struct smime_bytes name)
{
	struct smime_bytes key, value;

	while (log_line_next(&rest, &key, &value) && key.data < name.data)
		if (smime_bytes_equal(key, name))
			return true;
	return false;
}

/* {"time":...,"queue_id":...,"values":{"key":["value",...],...}} */
static enum smime_status
append_json(const struct log_line *line, struct smime_buf *out)
{
	struct smime_bytes rest = line->rest, key, value;
	bool more = false;

	SMIME_TRY(smime_buf_appendf(out, "{\"time\":"));
	SMIME_TRY(append_text(line->before, out));
	SMIME_TRY(smime_buf_appendf(out, ",\"queue_id\":"));
	SMIME_TRY(append_text(line->queue_id, out));
	SMIME_TRY(smime_buf_appendf(out, ",\"values\":{"));
	while (log_line_next(&rest, &key, &value)) {
		if (stands_before(line->rest, key))
			continue;
		SMIME_TRY(smime_buf_append(out, ",", more));
		SMIME_TRY(append_values(line->rest, key, out));
		more = true;
	}
	return smime_buf_appendf(out, "}}");
}

static enum smime_status
show(const struct filter *f, const char *text, size_t len)
{
	SMIME_AUTO_BUF json = { 0 };
	struct log_line line;

	if (!log_line_parse(smime_bytes(text, len), &line) || !matches(f, &line))
		return SMIME_OK;
	if (!f->json) {
		ctl_say("%s\n", text);
		return SMIME_OK;
	}
	if (line.queue_id.len == 0)
		return SMIME_OK;
	SMIME_TRY(append_json(&line, &json));
	SMIME_TRY(smime_buf_terminate(&json));
	(void)printf("%s\n", (const char *)json.data);
	return SMIME_OK;
}

/* ---- where they come from ---- */

/* Has the name come to mean another file, or has the file become shorter than we have read? */
static bool
was_rotated(const char *path, FILE *f)
{
	struct stat named, open;

	if (fstat(fileno(f), &open) != 0 || stat(path, &named) != 0)
		return false;
	return named.st_ino != open.st_ino || named.st_dev != open.st_dev ||
	       named.st_size < ftello(f);
}

/* All lines up to the end; the last one may lack its end, and waits for it. */
static enum smime_status
read_lines(const struct filter *filter, FILE *f, struct smime_buf *line)
{
	int c;

	while ((c = getc(f)) != EOF) {
		if (c != '\n') {
			const char octet = (char)c;

			if (line->len < LINE_MAX_OCTETS)
				SMIME_TRY(smime_buf_append(line, &octet, 1));
			continue;
		}
		SMIME_TRY(smime_buf_terminate(line));
		if (line->len < LINE_MAX_OCTETS)
			SMIME_TRY(show(filter, (const char *)line->data, line->len));
		line->len = 0;
	}
	return SMIME_OK;
}

/* Until somebody ends us, or nobody reads what we print. */
static enum smime_status
follow(struct ctl *ctl, const struct filter *filter, const char *path, FILE **f)
{
	const struct timespec patience = { .tv_nsec = PATIENCE_NS };
	SMIME_AUTO_BUF line = { 0 };

	for (;;) {
		SMIME_TRY(read_lines(filter, *f, &line));
		if (fflush(stdout) != 0)
			return SMIME_OK;
		clearerr(*f);
		if (was_rotated(path, *f)) {
			FILE *fresh;

			SMIME_TRY(ctl_open_file(ctl, path, &fresh));
			(void)fclose(*f);
			*f = fresh;
			line.len = 0;
			continue;
		}
		(void)nanosleep(&patience, NULL);
	}
}

static enum smime_status
read_file(struct ctl *ctl, const struct filter *filter, const char *path, bool follows)
{
	SMIME_AUTO_BUF line = { 0 };
	enum smime_status status;
	FILE *f;

	SMIME_TRY(ctl_open_file(ctl, path, &f));
	status =
	    follows && f != stdin ? follow(ctl, filter, path, &f) : read_lines(filter, f, &line);
	if (status != SMIME_OK) {
		(void)!ctl_close_file(ctl, path, f);
		return status;
	}
	return ctl_close_file(ctl, path, f);
}

static enum smime_status
read_journal(struct ctl *ctl, const struct filter *filter, bool follows)
{
	const char *argv[] = { "journalctl", "-q", "--no-pager", "-o", "short-iso", "-t",
		"smime-milter", follows ? "-f" : NULL, "-n", "all", NULL };
	SMIME_AUTO_BUF line = { 0 };
	enum smime_status status;
	FILE *f = NULL;
	pid_t pid;
	int fd;

	if (!ctl_program_start(argv, &fd, &pid) || !(f = fdopen(fd, "r")))
		return smime_fail(
		    &ctl->diag, SMIME_E_SYSTEM, NULL, "cannot run journalctl: name a file");
	if (follows)
		(void)setvbuf(stdout, NULL, _IOLBF, 0);
	status = read_lines(filter, f, &line);
	(void)fclose(f);
	return ctl_program_end(pid)
		   ? status
		   : smime_fail(&ctl->diag, SMIME_E_SYNTAX, NULL,
			 "there is no " USUAL ", and journalctl does not tell: name a file");
}

int
ctl_log(struct ctl *ctl, const struct ctl_args *args)
{
	const char *path = args->count > 0 ? args->positional[0] : NULL;
	bool follows = ctl_get(args, "follow");
	struct filter filter = { .queue_id = ctl_get(args, "queue-id"),
		.address = ctl_get(args, "address"),
		.trouble = ctl_get(args, "trouble"),
		.json = ctl_get(args, "json") };
	enum smime_status status;

	filter.where = ctl_all(args, "where", &filter.where_count);
	if (!filter.where)
		return ctl_error(EX_OSERR, "no memory");
	if (!path && access(USUAL, R_OK) == 0)
		path = USUAL;
	status =
	    path ? read_file(ctl, &filter, path, follows) : read_journal(ctl, &filter, follows);
	free((void *)filter.where);
	return status == SMIME_OK ? EX_OK : ctl_fail(ctl, status);
}
