/* args.c - options and arguments behind a command, by its row in the table. Options may stand
 * before, between and behind arguments; "--name VALUE" and "--name=VALUE" are the same; "--" ends
 * them. */
#include "ctl.h"

#include <stdlib.h>

void
ctl_usage(const struct ctl_command *command, FILE *to)
{
	const struct ctl_option *o = command->options;

	(void)fprintf(to, "usage: smimectl [-d DATABASE] %s%s%s%s\n  %s\n", command->name,
	    o ? " [options]" : "", *command->arguments ? " " : "", command->arguments,
	    command->help);
	for (; o && o->name; o++) {
		char left[48];

		(void)snprintf(left, sizeof left, "--%s%s%s", o->name, o->value ? " " : "",
		    o->value ? o->value : "");
		(void)fprintf(to, "  %-28s %s\n", left, o->help);
	}
}

static const struct ctl_option *
find_option(const struct ctl_command *command, const char *name, size_t len)
{
	const struct ctl_option *o = command->options;

	for (; o && o->name; o++)
		if (strlen(o->name) == len && strncmp(o->name, name, len) == 0)
			return o;
	return NULL;
}

/* The option at argv[0], its value perhaps in argv[1]. Returns words used; 0: wrong. */
static int
take_option(const struct ctl_command *command, int argc, char **argv, struct ctl_given *out)
{
	const char *name = argv[0] + 2, *equals = strchr(name, '=');
	const struct ctl_option *o =
	    find_option(command, name, equals ? (size_t)(equals - name) : strlen(name));

	if (!o || (equals && !o->value)) {
		(void)ctl_error(
		    EX_USAGE, "%s: no option \"%s\"; try --help", command->name, argv[0]);
		return 0;
	}
	out->name = o->name;
	out->value = equals ? equals + 1 : "";
	if (!o->value || equals)
		return 1;
	if (argc < 2) {
		(void)ctl_error(EX_USAGE, "%s: --%s needs %s", command->name, o->name, o->value);
		return 0;
	}
	out->value = argv[1];
	return 2;
}

static bool
check_count(const struct ctl_command *command, unsigned count)
{
	if (count >= command->least && count <= command->most)
		return true;
	(void)ctl_error(EX_USAGE, "%s: %s", command->name,
	    count < command->least ? "an argument is missing" : "too many arguments");
	ctl_usage(command, stderr);
	return false;
}

bool
ctl_args_parse(
    const struct ctl_command *command, int argc, char **argv, struct ctl_args *out, int *code)
{
	bool options_end = false;

	*code = EX_USAGE;
	*out = (struct ctl_args){ .positional = argv };
	out->given = calloc((size_t)argc + 1, sizeof *out->given);
	if (!out->given) {
		*code = ctl_error(EX_OSERR, "no memory");
		return false;
	}
	for (int i = 0; i < argc;) {
		int used = 1;

		if (!options_end && strcmp(argv[i], "--help") == 0) {
			ctl_usage(command, stdout);
			*code = EX_OK;
			return false;
		}
		if (!options_end && strcmp(argv[i], "--") == 0)
			options_end = true;
		else if (!options_end && strncmp(argv[i], "--", 2) == 0)
			used = take_option(
			    command, argc - i, argv + i, &out->given[out->given_count++]);
		else
			argv[out->count++] = argv[i]; /* never ahead of what is still unread */
		if (used == 0)
			return false;
		i += used;
	}
	return check_count(command, out->count);
}

void
ctl_args_reset(struct ctl_args *args)
{
	free(args->given);
	args->given = NULL;
}

const char *
ctl_get(const struct ctl_args *args, const char *name)
{
	const char *value = NULL;

	for (size_t i = 0; i < args->given_count; i++)
		if (strcmp(args->given[i].name, name) == 0)
			value = args->given[i].value;
	return value;
}

const char **
ctl_all(const struct ctl_args *args, const char *name, size_t *count)
{
	const char **all = calloc(args->given_count + 1, sizeof(char *));

	*count = 0;
	for (size_t i = 0; all && i < args->given_count; i++)
		if (strcmp(args->given[i].name, name) == 0)
			all[(*count)++] = args->given[i].value;
	return all;
}
