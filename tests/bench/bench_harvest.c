/*
 * bench_harvest.c - what a flood of harvested keys costs, and what a lookup costs when a million of
 * them are there.  Prints both; with --check it fails when a key in use is evicted, the cache grows
 * over its limit or memory grows with it. How long things take is only ever printed.
 *
 *     bench_harvest [--check] [FLOOD [KEYS]]
 *
 * Times are those of the processor. FLOOD (400,000) verified keys, each of an address and domain of
 * its own and written as the daemon writes them, come half upon a cache that they fill and half
 * upon one that is full, in turns, so that what else the machine does slows both; and upon 1,000
 * keys that were used 29 days ago. Then KEYS (1,000,000) are in the table, and recipients are
 * looked up as the daemon does.
 */
#include "harvest_write.h"
#include "harvested.h"
#include "keystore.h"
#include "support_pki.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define IN_USE  1000
#define STEPS   20
#define LOOKUPS 20000
#define PLACE   "u0000000@f0000000.example" /* in the certificate, to be overwritten */

static struct pki_cert *model;
static size_t place; /* of PLACE in its DER */
#define TURN 100
static char folder[200], path[240]; /* of the database in use */
static struct policy_db *db;
static bool failed;

static void
must(enum smime_status status)
{
	if (status != SMIME_OK)
		abort();
}

static double
seconds(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
check(bool good, const char *what)
{
	if (good)
		return;
	(void)printf("FAILED: %s\n", what);
	failed = true;
}

/* ---- keys ---- */

static void
name_of(size_t n, char out[sizeof PLACE])
{
	(void)snprintf(out, sizeof PLACE, "u%07zu@f%07zu.example", n % 10000000, n % 10000000);
}

static struct smime_cert *
make_key(size_t n)
{
	struct smime_bytes der = smime_cert_der(model->cert);
	SMIME_AUTO_BUF copy = { 0 };
	struct smime_cert *cert;
	char name[sizeof PLACE];

	name_of(n, name);
	must(smime_buf_append(&copy, der.data, der.len));
	memcpy(copy.data + place, name, sizeof PLACE - 1);
	must(smime_cert_import(smime_buf_bytes(&copy), &cert, NULL));
	return cert;
}

static void
make_model(void)
{
	struct smime_bytes der;
	const uint8_t *at;

	model = pki_make(&(struct pki_spec){ .name = "model", .mailboxes = PLACE });
	der = smime_cert_der(model->cert);
	at = memmem(der.data, der.len, PLACE, sizeof PLACE - 1);
	if (!at)
		abort();
	place = (size_t)(at - der.data);
}

/* Keys from..to come, one message each, so many of them in a transaction; used: and are used at
 * once. */
static void
harvest(size_t from, size_t to, size_t batch, uint64_t capacity, int64_t now, bool used)
{
	for (size_t n = from; n < to; n++) {
		struct policy_telling telling = { 0 };
		char name[sizeof PLACE];
		struct policy_harvest h = { .address = name, .verified = true };
		struct policy_after after = {
			.harvest = &h, .harvest_count = 1, .limits.capacity = capacity, .now = now
		};
		struct smime_diag diag = { 0 };

		name_of(n, name);
		h.cert = make_key(n);
		if ((n - from) % batch == 0)
			must(policy_db_run(db, POLICY_SQL_BEGIN_WRITE, &diag));
		must(policy_harvest_write(db, &after, &telling, &diag));
		if (used) {
			struct smime_certs certs = { .item = &h.cert, .count = 1 };
			struct policy_after use = { .now = now };

			must(policy_after_use(&use, &certs));
			must(policy_after_reader(&use, name));
			must(policy_harvest_write(db, &use, &telling, &diag));
			policy_after_reset(&use);
		}
		if ((n - from) % batch == batch - 1 || n == to - 1)
			must(policy_db_run(db, POLICY_SQL_COMMIT, &diag));
		smime_buf_reset(&telling.lines);
		smime_cert_free(&h.cert);
	}
}

static void
open_database(void)
{
	must(policy_db_init(path, NULL));
	must(policy_db_open(path, POLICY_DB_WRITE, &db, NULL));
}

static void
close_database(void)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	char name[260];

	policy_db_free(&db);
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
		(void)unlink(name);
	}
}

/* The number that a query finds. */
static uint64_t
number(const char *sql)
{
	sqlite3_stmt *stmt;
	sqlite3 *raw;
	uint64_t n;

	if (sqlite3_open_v2(path, &raw, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(raw, sql, -1, &stmt, NULL) != SQLITE_OK ||
	    sqlite3_step(stmt) != SQLITE_ROW)
		abort();
	n = (uint64_t)sqlite3_column_int64(stmt, 0);
	(void)sqlite3_finalize(stmt);
	(void)sqlite3_close(raw);
	return n;
}

#define KEYS "SELECT keys FROM harvest_size"

/* ---- the flood ---- */

/* A database with its cache. */
struct cache {
	char path[240];
	struct policy_db *db;
	uint64_t capacity;
	size_t next;    /* key to come */
	double seconds; /* of this step */
};

static void
use(struct cache *cache)
{
	(void)snprintf(path, sizeof path, "%s", cache->path);
	db = cache->db;
}

static void
open_cache(struct cache *cache, const char *name)
{
	(void)snprintf(cache->path, sizeof cache->path, "%s/%s", folder, name);
	use(cache);
	open_database();
	cache->db = db;
	cache->capacity = UINT64_MAX;
	harvest(9000000, 9000000 + IN_USE, IN_USE, UINT64_MAX, PKI_NOW - 29 * PKI_DAY, true);
}

static void
take_turn(struct cache *cache, int64_t now)
{
	double begin;

	use(cache);
	begin = seconds();
	harvest(cache->next, cache->next + TURN, 1, cache->capacity, now, false);
	cache->seconds += seconds() - begin;
	cache->next += TURN;
}

static void
close_cache(struct cache *cache)
{
	use(cache);
	check(number("SELECT count(*) FROM harvested_key WHERE last_used_at > 0") == IN_USE,
	    "a key in use was evicted");
	close_database();
}

static void
flood(size_t keys)
{
	struct cache filling = { 0 }, full = { .next = keys / 2 };
	size_t each = (keys / 2 / STEPS / TURN + 1) * TURN;
	double first = 0, last = 0;

	open_cache(&filling, "filling.db");
	open_cache(&full, "full.db");
	harvest(0, keys / 2, 1000, UINT64_MAX, PKI_NOW - PKI_DAY, false);
	full.capacity = number("SELECT octets FROM harvest_size");
	(void)printf(
	    "  keys written   microseconds for each while the cache fills, and in a full one\n");
	for (size_t step = 0; step < STEPS; step++) {
		filling.seconds = full.seconds = 0;
		for (size_t done = 0; done < each; done += TURN) {
			take_turn(&filling, PKI_NOW + (int64_t)step);
			take_turn(&full, PKI_NOW + (int64_t)step);
		}
		(void)printf("  %12zu   %.1f   %.1f\n", 2 * (step + 1) * each,
		    filling.seconds / (double)each * 1e6, full.seconds / (double)each * 1e6);
		first += filling.seconds;
		last += full.seconds;
	}
	(void)printf("  all in all %+.0f %% (wanted: at most +20 %%)\n", (last / first - 1) * 100);
	check(number(KEYS) <= IN_USE + keys / 2 + 4, "the cache is larger than it may be");
	close_cache(&full);
	close_cache(&filling);
}

/* ---- lookups ---- */

static size_t
resident_kib(void)
{
	size_t pages = 0, resident = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (!f || fscanf(f, "%zu %zu", &pages, &resident) != 2)
		abort();
	(void)fclose(f);
	return resident * (size_t)sysconf(_SC_PAGESIZE) / 1024;
}

static int
compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Random recipients, three of four with a key. */
static void
look_up(size_t keys, double times[LOOKUPS], size_t *growth)
{
	struct policy_harvested *harvested;
	struct policy_keystore *keystore;
	size_t before, found = 0;

	must(policy_harvested_open(path, &harvested, NULL));
	must(policy_keystore_new(harvested, &keystore));
	before = resident_kib();
	srandom(1);
	for (size_t i = 0; i < LOOKUPS; i++) {
		size_t n = (size_t)random() % (keys + keys / 3 + 1);
		struct smime_certs certs = { 0 };
		char name[sizeof PLACE];
		double begin;

		name_of(n, name);
		begin = seconds();
		if (policy_keystore_find(keystore, name, PKI_NOW, &certs, NULL) == SMIME_OK)
			found++;
		times[i] = (seconds() - begin) * 1e6;
		smime_certs_reset(&certs);
	}
	*growth = resident_kib() - before;
	policy_keystore_free(&keystore);
	policy_harvested_free(&harvested);
	qsort(times, LOOKUPS, sizeof *times, compare);
	check(found > LOOKUPS / 2, "keys are not found");
}

static void
lookups(size_t keys)
{
	static double times[LOOKUPS];
	size_t sizes[] = { keys / 100, keys }, growth[2], done = 0;

	(void)snprintf(path, sizeof path, "%s/policy.db", folder);
	open_database();
	(void)printf(
	    "  keys      median   99 %%   worst (microseconds; wanted: under 100)   memory\n");
	for (size_t i = 0; i < 2; i++) {
		harvest(done, sizes[i], 1000, UINT64_MAX, PKI_NOW, false);
		done = sizes[i];
		look_up(sizes[i], times, &growth[i]);
		(void)printf("  %8zu  %.1f     %.1f   %.1f                  +%zu KiB\n", sizes[i],
		    times[LOOKUPS / 2], times[LOOKUPS * 99 / 100], times[LOOKUPS - 1], growth[i]);
	}
	check(growth[1] < growth[0] + 4096, "memory grows with the table");
	close_database();
}

int
main(int argc, char **argv)
{
	bool checks = argc > 1 && strcmp(argv[1], "--check") == 0;
	int at = checks ? 2 : 1;

	(void)snprintf(folder, sizeof folder, "%s/bench-harvest-XXXXXX",
	    getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	if (!mkdtemp(folder))
		abort();
	make_model();
	(void)printf("a flood\n");
	flood(at < argc ? strtoul(argv[at], NULL, 10) : 400000);
	(void)printf("lookups\n");
	lookups(at + 1 < argc ? strtoul(argv[at + 1], NULL, 10) : 1000000);
	pki_free(&model);
	(void)rmdir(folder);
	return checks && failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
