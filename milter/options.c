/* options.c - the command line of smime-milter; smime-milter.8 describes it. One table holds every
 * option. Refuses numbers out of range and arguments that are no option. */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SOCKET   "unix:/run/smime-milter/smime-milter.sock"
#define DATABASE "/var/lib/smime-milter/policy.db"

/* clang-format off */
static const struct option long_options[] = {
	{ "concurrency",        required_argument, NULL, 'c' },
	{ "database",           required_argument, NULL, 'd' },
	{ "drain-seconds",      required_argument, NULL, 'D' },
	{ "foreground",         no_argument,       NULL, 'f' },
	{ "socket-group",       required_argument, NULL, 'G' },
	{ "help",               no_argument,       NULL, 'h' },
	{ "passphrase-file",    required_argument, NULL, 'k' },
	{ "log",                required_argument, NULL, 'l' },
	{ "socket-mode",        required_argument, NULL, 'm' },
	{ "message-size-limit", required_argument, NULL, 'M' },
	{ "pid-file",           required_argument, NULL, 'p' },
	{ "socket",             required_argument, NULL, 's' },
	{ "test",               no_argument,       NULL, 't' },
	{ "user",               required_argument, NULL, 'u' },
	{ "version",            no_argument,       NULL, 'V' },
	{ "spool-directory",    required_argument, NULL, 'w' },
	{ "exempt-listener",    required_argument, NULL, 'x' },
	{ NULL,                 0,                 NULL, 0 },
};
static const char short_options[] = "c:d:D:fG:hk:l:m:M:p:s:tu:Vw:x:";
/* clang-format on */

void
gateway_options_usage(FILE *to)
{
	(void)fputs(
	    "usage: smime-milter [options]\n"
	    "  -d, --database FILE          policy database (" DATABASE ")\n"
	    "  -s, --socket SOCKET          unix:PATH, inet:PORT@HOST or inet6:PORT@HOST\n"
	    "                               (" SOCKET ")\n"
	    "  -m, --socket-mode MODE       of a UNIX socket, octal (0660)\n"
	    "  -G, --socket-group GROUP     of a UNIX socket\n"
	    "  -u, --user USER[:GROUP]      run as USER\n"
	    "  -k, --passphrase-file FILE   passphrase of the private keys: its first line\n"
	    "                               (DATABASE.passphrase, if it exists)\n"
	    "  -w, --spool-directory DIR    for large messages in work (/tmp)\n"
	    "  -c, --concurrency N          messages worked on at once (twice the processors)\n"
	    "  -M, --message-size-limit N   largest message that may leave, in octets (no limit)\n"
	    "  -x, --exempt-listener NAME   leave alone what comes from here to this listener\n"
	    "  -D, --drain-seconds N        time to finish messages before stopping (30)\n"
	    "  -p, --pid-file FILE\n"
	    "  -l, --log syslog|stderr      (syslog; with -f stderr)\n"
	    "  -f, --foreground             do not become a daemon\n"
	    "  -t, --test                   check database, keys and certificates; exit 0 or 78\n"
	    "  -V, --version\n"
	    "  -h, --help\n",
	    to);
}

/* text as a number in [least, most]. */
static bool
parse_number(
    const char *what, const char *text, uint64_t least, uint64_t most, uint64_t *out, FILE *errors)
{
	char *end = NULL;

	errno = 0;
	*out = strtoull(text, &end, 10);
	if (errno == 0 && end != text && *end == 0 && *text != '-' && *out >= least && *out <= most)
		return true;
	(void)fprintf(errors, "smime-milter: %s \"%s\" is not a number between %llu and %llu\n",
	    what, text, (unsigned long long)least, (unsigned long long)most);
	return false;
}

static bool
parse_unsigned(
    const char *what, const char *text, unsigned least, unsigned most, unsigned *out, FILE *errors)
{
	uint64_t number;

	if (!parse_number(what, text, least, most, &number, errors))
		return false;
	*out = (unsigned)number;
	return true;
}

static bool
parse_mode(const char *text, unsigned *out, FILE *errors)
{
	char *end = NULL;
	unsigned long mode = strtoul(text, &end, 8);

	if (end == text || *end != 0 || mode == 0 || mode > 0777) {
		(void)fprintf(
		    errors, "smime-milter: socket mode \"%s\" is not octal like 0660\n", text);
		return false;
	}
	*out = (unsigned)mode;
	return true;
}

static bool
parse_log(const char *text, bool *to_stderr, FILE *errors)
{
	*to_stderr = strcmp(text, "stderr") == 0;
	if (*to_stderr || strcmp(text, "syslog") == 0)
		return true;
	(void)fprintf(errors, "smime-milter: log \"%s\" is neither syslog nor stderr\n", text);
	return false;
}

/* Options whose argument is kept as it is. */
static const char **
string_of(struct gateway_options *o, int option)
{
	switch (option) {
	case 'd':
		return &o->database;
	case 'G':
		return &o->socket_group;
	case 'k':
		return &o->passphrase_file;
	case 'p':
		return &o->pid_file;
	case 's':
		return &o->socket;
	case 'u':
		return &o->user;
	case 'w':
		return &o->spool_dir;
	case 'x':
		return &o->exempt;
	default:
		return NULL;
	}
}

static bool
take(struct gateway_options *o, int option, const char *arg, FILE *errors)
{
	const char **string = string_of(o, option);

	if (string) {
		*string = arg;
		return true;
	}
	switch (option) {
	case 'c':
		return parse_unsigned("concurrency", arg, 1, 1000, &o->width, errors);
	case 'D':
		return parse_unsigned("drain-seconds", arg, 0, 600, &o->drain, errors);
	case 'f':
		o->foreground = true;
		return true;
	case 'h':
		o->command = GATEWAY_HELP;
		return true;
	case 'l':
		o->log_chosen = true;
		return parse_log(arg, &o->log_to_stderr, errors);
	case 'm':
		return parse_mode(arg, &o->socket_mode, errors);
	case 'M':
		return parse_number("message-size-limit", arg, 0, INT64_MAX, &o->size_max, errors);
	case 't':
		o->command = GATEWAY_TEST;
		return true;
	case 'V':
		o->command = GATEWAY_VERSION;
		return true;
	default:
		return false;
	}
}

static unsigned
default_width(void)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	return processors > 0 && processors < 500 ? 2 * (unsigned)processors : 2;
}

bool
gateway_options_parse(int argc, char *const *argv, struct gateway_options *out, FILE *errors)
{
	int option;

	*out = (struct gateway_options){
		.database = DATABASE,
		.socket = SOCKET,
		.socket_mode = 0660,
		.width = default_width(),
		.drain = 30,
	};
	opterr = 0;
	optind = 0;
	/* One thread. */
	while ((option = getopt_long( // NOLINT(concurrency-mt-unsafe)
		    argc, argv, short_options, long_options, NULL)) != -1) {
		if (option == '?') {
			(void)fprintf(errors,
			    "smime-milter: \"%s\" is no option, or lacks its argument; try "
			    "--help\n",
			    argv[optind - 1]);
			return false;
		}
		if (!take(out, option, optarg, errors))
			return false;
	}
	if (optind < argc) {
		(void)fprintf(
		    errors, "smime-milter: \"%s\" is no option; try --help\n", argv[optind]);
		return false;
	}
	if (!out->log_chosen)
		out->log_to_stderr = out->foreground;
	return true;
}
