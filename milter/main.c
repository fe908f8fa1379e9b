/*
 * main.c - smime-milter: from the command line to a running service, in the order that privileges
 * ask for: secrets are read and the socket is bound first, then the user is changed, then the
 * database is opened, and only then is the MTA answered.
 */
#include "callbacks.h"
#include "daemon.h"
#include "options.h"
#include "policy/expiry.h"
#include "policy/hide_memory.h"
#include "policy/journal.h"
#include "policy/passphrase.h"
#include "privileges.h"
#include "selftest.h"
#include "service.h"
#include "smime/spool.h"
#include "socket.h"
#include "store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#define GATE_WAIT_MS  90000
#define GATE_ALIVE_MS 10000

/* All that lives as long as the process. */
struct process {
	struct gateway_options options;
	struct smime_buf passphrase;
	struct gateway gateway;
	char hostname[256];
	struct policy_expiry_watch *watch;
	int ready_fd; /* -1: in the foreground */
};

static int
fail(const struct smime_diag *diag, int code)
{
	(void)fprintf(stderr, "smime-milter: %s\n",
	    diag->text[0] ? diag->text : "no memory, or no access to something it needs");
	return code;
}

/* What happened beside the mail. */
static void
tell(void *arg, bool alert, const char *text)
{
	struct gateway *gateway = arg;

	gateway_log_line(gateway->log, alert ? GATEWAY_WARNING : GATEWAY_INFO, "%s", text);
}

static enum smime_status
open_database(struct process *p, struct smime_diag *diag)
{
	const char *path = p->options.database;

	SMIME_TRY(
	    gateway_store_open(path, (const char *)p->passphrase.data, &p->gateway.store, diag));
	SMIME_TRY(policy_journal_open(path, &p->gateway.journal, diag));
	SMIME_TRY(policy_seen_keys_open(path, &p->gateway.seen, diag));
	SMIME_TRY(policy_harvester_new(path, tell, &p->gateway, &p->gateway.harvester, diag));
	return policy_expiry_watch_new(path, tell, &p->gateway, &p->watch);
}

static enum smime_status
make_gateway(struct process *p)
{
	const struct gateway_gate_conf gate = {
		.width = p->options.width, .wait_ms = GATE_WAIT_MS, .alive_ms = GATE_ALIVE_MS
	};

	SMIME_TRY(gateway_log_new(p->options.log_to_stderr ? STDERR_FILENO : -1, &p->gateway.log));
	SMIME_TRY(gateway_gate_new(&gate, &p->gateway.gate));
	if (gethostname(p->hostname, sizeof p->hostname - 1) != 0)
		(void)snprintf(p->hostname, sizeof p->hostname, "localhost");
	p->gateway.hostname = p->hostname;
	p->gateway.judge = gateway_store_judge;
	p->gateway.reload = gateway_store_reload;
	p->gateway.spool.dir = p->options.spool_dir;
	p->gateway.size_max = p->options.size_max;
	p->gateway.exempt = p->options.exempt;
	return SMIME_OK;
}

static enum smime_status
bind_socket(struct process *p, struct smime_diag *diag)
{
	SMIME_TRY(gateway_socket_clear(p->options.socket, diag));
	if (!gateway_callbacks_register(&p->gateway))
		return smime_fail(diag, SMIME_E_SYSTEM, NULL, "libmilter refused to start");
	SMIME_TRY(gateway_socket_open(
	    p->options.socket, p->options.socket_mode, p->options.socket_group, diag));
	return p->options.pid_file ? gateway_write_pid(p->options.pid_file, diag) : SMIME_OK;
}

static enum smime_status
give_up_privileges(const struct process *p, struct smime_diag *diag)
{
	if (p->options.user)
		SMIME_TRY(gateway_become(p->options.user, diag));
	return policy_hide_memory(diag);
}

/* As the first large message would: whether a file can be made there. */
static enum smime_status
try_spool(const struct process *p, struct smime_diag *diag)
{
	const struct smime_spool_conf conf = { .dir = p->options.spool_dir, .memory_max = 1 };
	SMIME_AUTO(smime_spool) spool = NULL;

	SMIME_TRY(smime_spool_new(&conf, &spool));
	errno = 0;
	if (smime_spool_write(spool, "..", 2) != SMIME_OK)
		return smime_fail(diag, SMIME_E_SYSTEM, "spool",
		    "cannot keep messages in work in %s: %s: choose another directory with -w",
		    conf.dir, strerrordesc_np(errno));
	return SMIME_OK;
}

/* The rest happens as the user that the daemon is. */
static enum smime_status
settle(const struct process *p, struct smime_diag *diag)
{
	SMIME_TRY(give_up_privileges(p, diag));
	return try_spool(p, diag);
}

static int
test(const struct process *p)
{
	struct smime_diag diag = { 0 };

	if (gateway_socket_check(p->options.socket, &diag) != SMIME_OK ||
	    settle(p, &diag) != SMIME_OK)
		return fail(&diag, EX_CONFIG);
	return gateway_selftest(p->options.database, (const char *)p->passphrase.data, time(NULL),
		   stderr) == SMIME_OK
		   ? EX_OK
		   : EX_CONFIG;
}

static int
serve(struct process *p)
{
	struct smime_diag diag = { 0 };
	enum smime_status status;

	if (make_gateway(p) != SMIME_OK)
		return fail(&diag, EX_OSERR);
	if (bind_socket(p, &diag) != SMIME_OK || settle(p, &diag) != SMIME_OK ||
	    open_database(p, &diag) != SMIME_OK)
		return fail(&diag, EX_CONFIG);
	if (p->ready_fd >= 0)
		gateway_daemon_ready(p->ready_fd, p->options.log_to_stderr);
	gateway_log_line(p->gateway.log, GATEWAY_INFO,
	    "smime-milter %s started: database %s, socket %s", SMIME_VERSION, p->options.database,
	    p->options.socket);
	gateway_store_tell(&p->gateway);
	status =
	    gateway_service_run(&p->gateway, p->options.socket, 1000 * (int64_t)p->options.drain);
	gateway_log_line(p->gateway.log, GATEWAY_INFO, "stopped");
	return status == SMIME_OK ? EX_OK : EX_UNAVAILABLE;
}

static void
release(struct process *p)
{
	policy_expiry_watch_free(&p->watch);
	policy_harvester_free(&p->gateway.harvester);
	policy_seen_keys_free(&p->gateway.seen);
	policy_journal_free(&p->gateway.journal);
	gateway_store_free(&p->gateway.store);
	gateway_gate_free(&p->gateway.gate);
	gateway_log_free(&p->gateway.log);
	smime_buf_reset(&p->passphrase);
	if (p->options.pid_file)
		(void)unlink(p->options.pid_file);
}

/* From the file named, or from where it usually is; without any, keys must not need one. */
static enum smime_status
read_passphrase(struct process *p, struct smime_diag *diag)
{
	SMIME_AUTO_BUF usual = { 0 };
	bool found;

	if (p->options.passphrase_file)
		return policy_passphrase_read(p->options.passphrase_file, &p->passphrase, diag);
	SMIME_TRY(policy_passphrase_default(p->options.database, &usual, &found));
	if (!found)
		return SMIME_OK;
	return policy_passphrase_read((const char *)usual.data, &p->passphrase, diag);
}

static int
run(struct process *p)
{
	struct smime_diag diag = { 0 };

	if (policy_hide_memory(&diag) != SMIME_OK)
		return fail(&diag, EX_OSERR);
	if (read_passphrase(p, &diag) != SMIME_OK)
		return fail(&diag, EX_CONFIG);
	if (p->options.command == GATEWAY_TEST)
		return test(p);
	gateway_raise_open_files();
	gateway_service_block_signals();
	if (!p->options.foreground && gateway_daemonize(&p->ready_fd, &diag) != SMIME_OK)
		return fail(&diag, EX_OSERR);
	return serve(p);
}

int
main(int argc, char **argv)
{
	/* Static: should a thread of libmilter outlive the service, what it refers to is there. */
	static struct process process = { .passphrase.secret = true, .ready_fd = -1 };
	int code;

	if (!gateway_options_parse(argc, argv, &process.options, stderr))
		return EX_USAGE;
	if (process.options.command == GATEWAY_HELP) {
		gateway_options_usage(stdout);
		return EX_OK;
	}
	if (process.options.command == GATEWAY_VERSION) {
		(void)printf("smime-milter %s\n", SMIME_VERSION);
		return EX_OK;
	}
	code = run(&process);
	/* After an unclean stop sessions may still be there: the process ends with all it has. */
	if (code != EX_UNAVAILABLE)
		release(&process);
	return code;
}
