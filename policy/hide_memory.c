/* hide_memory.c - private keys and passphrases do not get into core files: core(5), prctl(2). Swap
 * is the service manager's to forbid (MemorySwapMax=0). */
#include "policy/hide_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* No anonymous memory, should a core be made all the same: gcore heeds it, for one. Where there is
 * no /proc, or no right to it any more, what follows has to do. */
static void
leave_memory_out(void)
{
	int fd = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!write(fd, "0", 1);
	(void)close(fd);
}

enum smime_status
policy_hide_memory(struct smime_diag *diag)
{
	static const struct rlimit no_core = { 0, 0 };

	leave_memory_out();
	if (setrlimit(RLIMIT_CORE, &no_core) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0)
		return SMIME_OK;
	return smime_fail(diag, SMIME_E_SYSTEM, "memory",
	    "cannot keep the process's memory from being dumped: %s", strerrordesc_np(errno));
}
