/* limits.c - see limits.h. */
#include "limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <valgrind/callgrind.h>

struct limits limits;

void
limits_must(enum smime_status status)
{
	if (status != SMIME_OK)
		abort();
}

void
limits_put(struct smime_buf *out, const char *text)
{
	limits_must(smime_buf_append(out, text, strlen(text)));
}

void
limits_start(bool count)
{
	limits.count = count;
	limits.root = pki_make(&(struct pki_spec){ .name = "Root", .ca = true });
	limits.alice = pki_make(&(struct pki_spec){
	    .name = "Alice", .mailboxes = "alice@a.example", .issuer = limits.root });
	limits.bob = pki_make(&(struct pki_spec){ .name = "Bob",
	    .mailboxes = "bob@b.example",
	    .key = "rsa-2048",
	    .issuer = limits.root });
	limits.stranger = pki_make(&(struct pki_spec){
	    .name = "X", .mailboxes = "x@b.example", .key = "rsa-2048", .issuer = limits.root });
	limits.ring = pki_keyring((struct pki_cert *[]){ limits.alice, limits.bob, NULL });
	limits_must(smime_trust_new(&limits.trust));
	limits_must(smime_trust_add_anchor(limits.trust, limits.root->cert, false, NULL));
	smime_trust_seal(limits.trust);
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
}

void
limits_stop(void)
{
	struct rusage usage;

	(void)getrusage(RUSAGE_SELF, &usage);
	(void)printf("\npeak resident memory: %ld MiB\n", usage.ru_maxrss / 1024);
	smime_trust_free(&limits.trust);
	smime_keyring_free(&limits.ring);
	pki_free(&limits.stranger);
	pki_free(&limits.bob);
	pki_free(&limits.alice);
	pki_free(&limits.root);
}

void
limits_put_object(struct smime_bytes der, struct smime_buf *out)
{
	SMIME_AUTO(smime_stage) collect = NULL;
	SMIME_AUTO(smime_stage) base64 = NULL;

	limits_put(out, FIELDS
	    "Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n");
	limits_must(smime_stage_buf_new(out, UINT32_MAX, &collect));
	limits_must(smime_stage_base64_new(collect, &base64));
	limits_must(smime_push_bytes(base64, der));
	limits_must(smime_finish(base64));
}

/* Of this process: others on the same machine do not count. */
static double
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* One pass over the message; the verdict is that of the first layer that is not right. */
static void
open_once(struct smime_bytes message, char verdict[32])
{
	const struct smime_open how = { .keys = smime_keyring_keys(limits.ring),
		.trust = limits.trust,
		.now = PKI_NOW,
		.remove_signature = true };
	SMIME_AUTO(smime_mime) mime = NULL;
	SMIME_AUTO(smime_opened) opened = NULL;
	struct smime_diag diag = { 0 };
	enum smime_status status = smime_mime_scan(message, NULL, &mime, &diag);
	const char *token = "ok";

	if (status == SMIME_OK)
		limits_must(smime_open_message(&how, mime, &opened, NULL));
	else
		token = diag.token[0] ? diag.token : "refused";
	if (opened && !opened->layer_count)
		token = "no layer";
	for (size_t i = 0; opened && i < opened->layer_count && strcmp(token, "ok") == 0; i++)
		if (!opened->layers[i].ok)
			token = opened->layers[i].token;
	(void)snprintf(verdict, 32, "%s", token);
}

/* The best of three. */
static double
take_time(struct smime_bytes message, char verdict[32])
{
	double best = 1e9;

	for (int i = 0; i < 3 && (i == 0 || best < 1000); i++) {
		double start = now_ms(), took;

		open_once(message, verdict);
		took = now_ms() - start;
		best = took < best ? took : best;
	}
	return best;
}

/* callgrind writes a file for each of these, with the instructions of it. What is outside, the
 * making of keys and certificates above all, runs uncounted, which is faster. */
static void
count_instructions(const char *kind, size_t count, size_t limit, struct smime_bytes message)
{
	char verdict[32], text[200];

	CALLGRIND_START_INSTRUMENTATION;
	CALLGRIND_ZERO_STATS;
	CALLGRIND_TOGGLE_COLLECT;
	open_once(message, verdict);
	CALLGRIND_TOGGLE_COLLECT;
	(void)snprintf(
	    text, sizeof text, "%s|%zu|%zu|%zu|%s", kind, count, limit, message.len, verdict);
	CALLGRIND_DUMP_STATS_AT(text);
	CALLGRIND_STOP_INSTRUMENTATION;
}

void
limits_line(const char *kind, size_t count, size_t limit, struct smime_bytes message)
{
	static double before;
	static const char *kind_before = "";
	bool first = strcmp(kind, kind_before) != 0;
	char verdict[32], ratio[16] = "";
	double ms;

	if (limits.count) {
		count_instructions(kind, count, limit, message);
		return;
	}
	ms = take_time(message, verdict);
	if (first)
		(void)printf("\n%-12s %8s %10s %9s %6s\n", kind, "number", "octets", "ms", "ratio");
	else
		(void)snprintf(ratio, sizeof ratio, "%.2f", ms / before);
	(void)printf("%21zu %10zu %9.3f %6s  %s\n", count, message.len, ms, ratio, verdict);
	before = ms;
	kind_before = kind;
}
