/* socket.h - the socket on which the MTA finds us. */
#ifndef GATEWAY_SOCKET_H
#define GATEWAY_SOCKET_H

#include "smime/status.h"
#include <sys/types.h>

/* Path of a UNIX socket ("unix:PATH", "local:PATH", "/PATH"); NULL for another kind. Borrowed. */
const char *gateway_socket_path(const char *spec);

/* SMIME_E_UNSUPPORTED: spec is no socket, or its port or host does not exist. */
SMIME_MUST_USE enum smime_status gateway_socket_check(const char *spec, struct smime_diag *diag);

/*
 * Make way for a UNIX socket: one that nobody listens on any more is removed. SMIME_E_UNSUPPORTED:
 * somebody does, or the path is no socket. Nothing to do for other kinds.
 */
SMIME_MUST_USE enum smime_status gateway_socket_clear(const char *spec, struct smime_diag *diag);

/* Bind and listen through libmilter, after its callbacks were registered. mode and group (NULL: as
 * it comes) are for UNIX sockets. SMIME_E_UNSUPPORTED: gateway_socket_check() says why. */
SMIME_MUST_USE enum smime_status gateway_socket_open(
    const char *spec, mode_t mode, const char *group, struct smime_diag *diag);

/* Connect once, so that libmilter looks up and sees that it is to stop. */
void gateway_socket_wake(const char *spec);

#endif
