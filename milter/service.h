/* service.h - run libmilter until a signal says stop; reload; drain. */
#ifndef GATEWAY_SERVICE_H
#define GATEWAY_SERVICE_H

#include "gateway.h"

/* Block the signals that gateway_service_run() waits for. Before any thread is made. */
void gateway_service_block_signals(void);

/*
 * Serve. Returns after SIGTERM, SIGINT or SIGHUP, when the messages in work were answered or
 * drain_ms went by. SIGUSR1 reloads. socket: as given to gateway_socket_open().
 *
 * SMIME_E_SYSTEM: libmilter stopped by itself, or messages were left unanswered.
 */
SMIME_MUST_USE enum smime_status gateway_service_run(
    struct gateway *gateway, const char *socket, int64_t drain_ms);

#endif
