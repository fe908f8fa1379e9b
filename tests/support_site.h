/* support_site.h - a database, its snapshot, and one message in it, without any program around. */
#ifndef TEST_SUPPORT_SITE_H
#define TEST_SUPPORT_SITE_H

#include "policy/process.h"
#include "support_db.h"

/* One at a time, and what is in it. */
struct site {
	struct policy_store *store;
	struct policy_snapshot *snapshot;
	struct policy_message *message;
	struct policy_outcome *outcome;
};
extern struct site site;

void site_make(void);   /* a fresh database (db_path()), an empty message from 127.0.0.1 */
void site_remove(void); /* all of it */

/* A new message: addr-spec, and its octets. */
void site_message(const char *from, const void *octets, size_t len);
void site_octets(const void *octets, size_t len); /* others in their place */
/* Recipients, a blank between them. */
void site_recipients(const char *addresses);

/* What the tables say now; without a problem, or the test fails. */
void site_compile(void);
/* Compile, and process the message at PKI_NOW; plan_only: nothing is sealed. */
void site_run(bool plan_only);

#endif
