/* mta_milter.h - our entry in a list of milters, as smtpd_milters holds it.  postconf(5). */
#ifndef CTL_MTA_MILTER_H
#define CTL_MTA_MILTER_H

#include "ctl.h"

struct mta_milter {
	bool found;
	bool out_of_reach; /* its path leads nowhere inside the chroot */
	/* The entry's own settings; "": those of main.cf. */
	char default_action[32], content_timeout[32];
};

/* socket: as smime-milter -s has it. queue: Postfix's queue_directory. */
struct mta_milter mta_find_milter(
    const char *list, const char *socket, const char *queue, bool chroot);

#endif
