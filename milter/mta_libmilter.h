/* mta_libmilter.h - the MTA behind one libmilter callback. */
#ifndef GATEWAY_MTA_LIBMILTER_H
#define GATEWAY_MTA_LIBMILTER_H

#include "mta.h"
#include <libmilter/mfapi.h>

struct gateway_mta_libmilter {
	struct gateway_mta base;
	SMFICTX *ctx;
};

/* Valid during the callback that ctx belongs to. */
struct gateway_mta_libmilter gateway_mta_libmilter(SMFICTX *ctx);

#endif
