/* options.h - the command line of smime-milter; smime-milter.8 describes it. */
#ifndef GATEWAY_OPTIONS_H
#define GATEWAY_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

enum gateway_command {
	GATEWAY_RUN,
	GATEWAY_TEST,    /* -t */
	GATEWAY_VERSION, /* -V */
	GATEWAY_HELP,    /* -h */
};

/* Strings are borrowed from argv or constant; NULL where there is no default. */
struct gateway_options {
	enum gateway_command command;
	const char *database;
	const char *socket;       /* as libmilter wants it */
	const char *socket_group; /* of a UNIX socket */
	unsigned socket_mode;
	const char *user; /* "USER[:GROUP]" */
	const char *passphrase_file;
	const char *pid_file;
	const char *spool_dir;
	const char *exempt; /* listener whose mail is none of our business */
	unsigned width;     /* messages worked on at once */
	uint64_t size_max;  /* octets; 0: no limit */
	unsigned drain;     /* seconds to finish messages before stopping */
	bool foreground;
	bool log_chosen; /* -l was given; else foreground means standard error */
	bool log_to_stderr;
};

/* Fills *out. False: a sentence that says what is wrong went to errors. */
bool gateway_options_parse(int argc, char *const *argv, struct gateway_options *out, FILE *errors);

void gateway_options_usage(FILE *to);

#endif
