/*
 * gateway.h - what all sessions of the daemon share.
 *
 * Made before the first session, and then only read; its parts lock for themselves.
 */
#ifndef GATEWAY_H
#define GATEWAY_H

#include "gate.h"
#include "log.h"
#include "policy/process.h"

struct gateway;

/* Settings of the snapshot that the milter itself needs. Borrowed from it. */
struct gateway_site {
	const char *reinject_host;
	int reinject_port;
	const char *postmaster; /* whom our own bounces come from */
};

/* What policy says to one message, and the snapshot by which it said so; owned by the caller. */
struct gateway_judgement {
	struct policy_snapshot *snapshot;
	struct gateway_site site;
	struct policy_outcome *outcome;
};
void gateway_judgement_reset(struct gateway_judgement *judgement);

/* The daemon's are those of store.h; tests have their own. */
typedef enum smime_status gateway_judge(struct gateway *gateway, struct policy_message *message,
    struct gateway_judgement *out, struct smime_diag *diag);
typedef enum smime_status gateway_reload(struct gateway *gateway, struct smime_diag *diag);

struct gateway {
	struct gateway_log *log;
	struct gateway_gate *gate;
	struct gateway_store *store;        /* store.h */
	struct policy_journal *journal;     /* policy/journal.h; NULL: none */
	struct policy_harvester *harvester; /* policy/harvest.h; NULL: none */
	struct policy_seen_keys *seen;      /* policy/seen.h; NULL: none */
	const char *hostname;               /* ours */
	gateway_judge *judge;
	gateway_reload *reload;
	struct smime_spool_conf spool;
	uint64_t size_max;  /* of a message as it leaves; 0: no limit */
	const char *exempt; /* listener whose mail is none of our business; NULL: none */
};

#endif
