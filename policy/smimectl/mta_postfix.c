/* mta_postfix.c - how a Postfix is configured: asks postconf(1), which knows defaults, $names and
 * overrides in master.cf better than we could.  postconf(1), master(5).
 * Memory: what postconf prints, at most 4 MiB. Runs nothing through a shell. */
#include "mta_postfix.h"

#include "program.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdlib.h>
#include <unistd.h>

#define OUTPUT_MAX ((size_t)4 << 20)

void
mta_postfix_reset(struct mta_postfix *postfix)
{
	smime_buf_reset(&postfix->main_text);
	smime_buf_reset(&postfix->service_text);
	smime_buf_reset(&postfix->override_text);
	free(postfix->services);
	free(postfix->params);
	*postfix = (struct mta_postfix){ 0 };
}

/* ---- postconf ---- */

static enum smime_status
read_all(int fd, struct smime_buf *out)
{
	char piece[8192];
	ssize_t got;

	while ((got = read(fd, piece, sizeof piece)) > 0) {
		if (out->len + (size_t)got > OUTPUT_MAX)
			return SMIME_E_LIMIT;
		SMIME_TRY(smime_buf_append(out, piece, (size_t)got));
	}
	return got == 0 ? smime_buf_terminate(out) : SMIME_E_SYSTEM;
}

/* Runs postconf [-c dir] flags... and keeps what it prints. */
static enum smime_status
postconf(struct ctl *ctl, const char *dir, const char *const *flags, struct smime_buf *out)
{
	const char *argv[8] = { "postconf" };
	size_t n = 1;
	int out_fd;
	pid_t pid;
	enum smime_status status;

	if (dir) {
		argv[n++] = "-c";
		argv[n++] = dir;
	}
	for (; *flags; flags++)
		argv[n++] = *flags;
	if (!ctl_program_start(argv, &out_fd, &pid))
		return smime_fail(
		    &ctl->diag, SMIME_E_SYNTAX, NULL, "cannot run postconf: is Postfix installed?");
	status = read_all(out_fd, out);
	(void)close(out_fd);
	if (!ctl_program_end(pid) || status != SMIME_OK)
		return smime_fail(&ctl->diag, SMIME_E_SYNTAX, NULL,
		    "postconf cannot read the configuration%s%s", dir ? " in " : "",
		    dir ? dir : "");
	return SMIME_OK;
}

/* ---- its output, cut in pieces ---- */

/* The next line of *rest, its end cut off; NULL: no more. */
static char *
next_line(char **rest)
{
	char *line = strsep(rest, "\n");

	return line && *line ? line : NULL;
}

static bool
add_param(struct mta_postfix *p, const char *service, const char *name, const char *value)
{
	struct mta_param *grown =
	    realloc(p->params, (p->param_count + 1) * sizeof *grown); // NOLINT(*-sizeof-*)

	if (!grown)
		return false;
	p->params = grown;
	p->params[p->param_count++] =
	    (struct mta_param){ .service = service, .name = name, .value = value };
	return true;
}

/* Lines "name = value"; of master.cf, "service/type/name = value". */
static bool
cut_params(struct mta_postfix *p, struct smime_buf *text, bool of_services)
{
	char *rest = (char *)text->data, *line;

	while ((line = next_line(&rest))) {
		char *value = strstr(line, " =");
		char *slash = NULL;

		if (!value)
			continue;
		*value = 0;
		value += 2;
		value += strspn(value, " ");
		if (of_services && !(slash = strrchr(line, '/')))
			continue;
		if (slash)
			*slash++ = 0;
		if (!add_param(p, slash ? line : NULL, slash ? slash : line, value))
			return false;
	}
	return true;
}

/* Lines of master.cf: name type private unpriv chroot wakeup maxproc command ... */
static bool
cut_services(struct mta_postfix *p)
{
	char *rest = (char *)p->service_text.data, *line;

	while ((line = next_line(&rest))) {
		char *field[8], *save = NULL;
		size_t n = 0;
		struct mta_service *grown;

		for (char *f = strtok_r(line, " \t", &save); f && n < 8;
		     f = strtok_r(NULL, " \t", &save))
			field[n++] = f;
		if (n < 8)
			continue;
		grown = realloc(p->services, (p->service_count + 1) * sizeof *grown);
		if (!grown)
			return false;
		p->services = grown;
		/* chroot is off unless it says y (Postfix 3.0). */
		p->services[p->service_count++] = (struct mta_service){ .name = field[0],
			.type = field[1],
			.command = field[7],
			.chroot = *field[4] == 'y' };
	}
	return true;
}

enum smime_status
mta_postfix_read(struct ctl *ctl, const char *dir, struct mta_postfix *out)
{
	SMIME_TRY(postconf(ctl, dir, (const char *[]){ "-x", NULL }, &out->main_text));
	SMIME_TRY(postconf(ctl, dir, (const char *[]){ "-M", NULL }, &out->service_text));
	SMIME_TRY(postconf(ctl, dir, (const char *[]){ "-P", "-x", NULL }, &out->override_text));
	if (!cut_params(out, &out->main_text, false) ||
	    !cut_params(out, &out->override_text, true) || !cut_services(out))
		return smime_fail(&ctl->diag, SMIME_E_SYSTEM, NULL, "no memory");
	return SMIME_OK;
}

/* ---- questions ---- */

static const char *
find(const struct mta_postfix *p, const char *service, const char *name)
{
	for (size_t i = 0; i < p->param_count; i++) {
		const struct mta_param *param = &p->params[i];

		if ((service != NULL) == (param->service != NULL) &&
		    strcmp(param->name, name) == 0 &&
		    (!service || strcmp(param->service, service) == 0))
			return param->value;
	}
	return NULL;
}

const char *
mta_get(const struct mta_postfix *postfix, const struct mta_service *service, const char *name)
{
	const char *value = NULL;
	char label[256];

	if (service) {
		(void)snprintf(label, sizeof label, "%s/%s", service->name, service->type);
		value = find(postfix, label, name);
	}
	if (!value)
		value = find(postfix, NULL, name);
	return value ? value : "";
}

bool
mta_knows(const struct mta_postfix *postfix, const char *name)
{
	return find(postfix, NULL, name) != NULL;
}

static bool
is_loopback_host(const char *host, size_t len)
{
	if (len > 1 && host[0] == '[' && host[len - 1] == ']') {
		host++;
		len -= 2;
	}
	return (len > 4 && strncmp(host, "127.", 4) == 0) ||
	       (len == 3 && strncmp(host, "::1", 3) == 0) ||
	       (len == 9 && strncasecmp(host, "localhost", 9) == 0) ||
	       (len == 13 && strncmp(host, "loopback-only", 13) == 0);
}

bool
mta_is_loopback(const struct mta_postfix *postfix, const struct mta_service *service)
{
	const char *colon = strrchr(service->name, ':');
	const char *at = mta_get(postfix, NULL, "inet_interfaces");
	bool any = false;

	if (strcmp(service->type, "inet") != 0)
		return false;
	if (colon)
		return is_loopback_host(service->name, (size_t)(colon - service->name));
	while (*(at += strspn(at, ", \t"))) {
		size_t len = strcspn(at, ", \t");

		if (!is_loopback_host(at, len))
			return false;
		any = true;
		at += len;
	}
	return any;
}

int
mta_port(const struct mta_service *service)
{
	const char *colon = strrchr(service->name, ':');
	const char *port = colon ? colon + 1 : service->name;
	const struct servent *known;
	char *end;
	long number = strtol(port, &end, 10);

	if (end != port && *end == 0)
		return number > 0 && number < 65536 ? (int)number : 0;
	known = getservbyname(port, "tcp"); // NOLINT(concurrency-mt-unsafe): one thread
	return known ? ntohs((uint16_t)known->s_port) : 0;
}

int64_t
mta_seconds(const char *text)
{
	char *unit;
	int64_t number = strtoll(text, &unit, 10);

	switch (*unit) {
	case 'm':
		return number * 60;
	case 'h':
		return number * 3600;
	case 'd':
		return number * 86400;
	case 'w':
		return number * 7 * 86400;
	default:
		return number;
	}
}

bool
mta_lists(const char *list, const char *word)
{
	while (*(list += strspn(list, ", \t"))) {
		size_t len = strcspn(list, ", \t");

		if (len == strlen(word) && strncasecmp(list, word, len) == 0)
			return true;
		list += len;
	}
	return false;
}
