/* mta_postfix.h - how a Postfix is configured, as postconf(1) tells it for one directory. */
#ifndef CTL_MTA_POSTFIX_H
#define CTL_MTA_POSTFIX_H

#include "ctl.h"

/* A line of master.cf. Strings are borrowed from the struct mta_postfix. */
struct mta_service {
	const char *name, *type, *command; /* "127.0.0.1:10026", "inet", "smtpd" */
	bool chroot;
};

struct mta_param {
	const char *service; /* "127.0.0.1:10026/inet"; NULL: main.cf */
	const char *name, *value;
};

struct mta_postfix {
	struct smime_buf main_text, service_text, override_text; /* cut in pieces */
	struct mta_service *services;
	size_t service_count;
	struct mta_param *params;
	size_t param_count;
};

#define MTA_AUTO_POSTFIX __attribute__((cleanup(mta_postfix_reset))) struct mta_postfix
void mta_postfix_reset(struct mta_postfix *postfix);

/* dir: where main.cf and master.cf are; NULL: where postconf looks. SMIME_E_SYNTAX: postconf is not
 * there, or does not like what it finds; it has told why. */
SMIME_MUST_USE enum smime_status mta_postfix_read(
    struct ctl *ctl, const char *dir, struct mta_postfix *out);

/* A parameter as the service sees it: its own line in master.cf first. service NULL: main.cf. ""
 * also when this Postfix knows no such parameter. */
const char *mta_get(
    const struct mta_postfix *postfix, const struct mta_service *service, const char *name);
bool mta_knows(const struct mta_postfix *postfix, const char *name);

/* An address that only this machine can reach: the host of an inet service, or, when it names none,
 * all that inet_interfaces names. */
bool mta_is_loopback(const struct mta_postfix *postfix, const struct mta_service *service);

/* The port of an inet service; 0: unknown. */
int mta_port(const struct mta_service *service);

/* "300s", "5m", "1h" or "1d" in seconds; a bare number is seconds. */
int64_t mta_seconds(const char *text);

/* Whether a list of words, parted by commas or blanks, has that one. */
bool mta_lists(const char *list, const char *word);

#endif
