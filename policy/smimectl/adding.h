/* adding.h - a file of certificates into a table: all of them or none. */
#ifndef CTL_ADDING_H
#define CTL_ADDING_H

#include "ctl.h"

struct ctl_adding {
	const char *table;
	enum policy_sql list; /* its rows; column 1 is the certificate */
	enum policy_sql add;  /* name, certificate, and more; leaves a row of that name alone */
	const char *more[2];  /* parameters 3 and 4 */
	size_t more_count;
	const char *name; /* --name, for one certificate; NULL: the certificate's own */
	bool summary;     /* only tell how many */
	/* Refuse, or say what is to be known of it; row: its name. */
	enum smime_status (*check)(
	    struct ctl *ctl, const struct smime_cert *cert, const char *row, void *arg);
	void *arg;
	/* What a row is called when nobody says. */
	enum smime_status (*row_name)(const struct smime_cert *cert, struct smime_buf *out);
};

/*
 * One transaction. A certificate that is there already is known, and no error; names that are taken
 * get a piece of the fingerprint behind them. The exit code.
 */
int ctl_add_certificates(struct ctl *ctl, const char *path, const struct ctl_adding *adding);

/* The same for one that is there already; name: what it is called unless adding->name says. */
int ctl_add_certificate(struct ctl *ctl, const struct smime_cert *cert, const char *name,
    const struct ctl_adding *adding);

/* Into public_key (cmd_public_key.c). */
struct ctl_adding ctl_public_keys(const char *name);

#endif
