/* test_spool.c - the same octets from memory and from a file; limits; nothing left on disk. */
#include "smime/spool.h"
#include "support.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static void
fill(struct smime_spool *spool, size_t len, size_t step)
{
	uint8_t piece[100000];

	for (size_t at = 0; at < len;) {
		size_t now = len - at < step ? len - at : step;

		for (size_t i = 0; i < now; i++)
			piece[i] = (uint8_t)((at + i) * 7 >> 3);
		ck_assert_int_eq(smime_spool_write(spool, piece, now), SMIME_OK);
		at += now;
	}
}

/* How many octets are not what fill() wrote from `start` on. */
static size_t
differences(struct smime_bytes b, size_t start)
{
	size_t count = 0;

	for (size_t i = 0; i < b.len; i++)
		count += b.data[i] != (uint8_t)((start + i) * 7 >> 3);
	return count;
}

static void
check_view(struct smime_spool *spool, size_t len)
{
	struct smime_bytes view;

	ck_assert_int_eq(smime_spool_view(spool, &view, NULL), SMIME_OK);
	ck_assert_uint_eq(view.len, len);
	ck_assert_uint_eq(differences(view, 0), 0);
}

static const struct {
	size_t len, step, memory_max;
} sizes[] = {
	{ 0, 1, 0 },
	{ 1, 1, 0 },
	{ 1000, 7, 0 },
	{ 1000, 7, 64 },
	{ 262144, 1000, 0 },
	{ 262145, 1000, 0 },
	{ 3000000, 100000, 0 },
	{ 300000, 100000, 1 },
	{ 200000, 65536, 1000 },
};

START_TEST(what_goes_in_is_seen)
{
	struct smime_spool_conf conf = { .memory_max = sizes[_i].memory_max };
	SMIME_AUTO(smime_spool) spool = NULL;

	ck_assert_int_eq(smime_spool_new(&conf, &spool), SMIME_OK);
	fill(spool, sizes[_i].len, sizes[_i].step);
	ck_assert_uint_eq(smime_spool_size(spool), sizes[_i].len);
	check_view(spool, sizes[_i].len);
	smime_spool_release(spool);
	check_view(spool, sizes[_i].len);
	ck_assert_int_eq(smime_spool_write(spool, "x", 1), SMIME_E_SYSTEM);
}
END_TEST

START_TEST(pushing_gives_the_same_and_keeps_the_view)
{
	struct smime_spool_conf conf = { .memory_max = 1000 };
	SMIME_AUTO(smime_spool) spool = NULL;
	SMIME_AUTO_BUF out = { 0 };
	SMIME_AUTO(smime_stage) sink = NULL;

	ck_assert_int_eq(smime_spool_new(&conf, &spool), SMIME_OK);
	fill(spool, 5000000, 100000);
	ck_assert_int_eq(smime_stage_buf_new(&out, 10000000, &sink), SMIME_OK);
	ck_assert_int_eq(smime_spool_push(spool, 3, 4999999, sink), SMIME_OK);
	ck_assert_uint_eq(out.len, 4999996);
	ck_assert_uint_eq(differences(smime_buf_bytes(&out), 3), 0);
	check_view(spool, 5000000);
}
END_TEST

/* How much of the mapping around that octet is in memory. */
static long
resident_kib(const uint8_t *at)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	bool here = false;
	char line[400];
	long kib = -1;

	ck_assert_ptr_nonnull(f);
	while (kib < 0 && fgets(line, sizeof line, f)) {
		unsigned long from, to;

		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			here = from <= (uintptr_t)at && (uintptr_t)at < to;
		else if (here)
			(void)sscanf(line, "Rss: %ld kB", &kib);
	}
	(void)fclose(f);
	ck_assert_int_ge(kib, 0);
	return kib;
}

struct watch {
	struct smime_stage base;
	const uint8_t *view;
	size_t octets;
	unsigned sum;
	long most;
};

static enum smime_status
watch_write(struct smime_stage *s, const uint8_t *data, size_t len)
{
	struct watch *w = smime_container_of(s, struct watch, base);
	long now;

	for (size_t i = 0; i < len; i += 1000)
		w->sum += data[i];
	w->octets += len;
	now = resident_kib(w->view);
	w->most = now > w->most ? now : w->most;
	return SMIME_OK;
}

/* A view is as large as the message; what of it stays in memory while it is read is not. */
START_TEST(reading_a_view_takes_no_memory)
{
	static const struct smime_stage_ops ops = { .name = "watch", .write = watch_write };
	struct watch watch = { .base = { .ops = &ops } };
	SMIME_AUTO(smime_spool) spool = NULL;
	SMIME_AUTO(smime_stage) release = NULL;
	struct smime_bytes view;

	ck_assert_int_eq(smime_spool_new(NULL, &spool), SMIME_OK);
	fill(spool, 8 << 20, 100000);
	ck_assert_int_eq(smime_spool_view(spool, &view, NULL), SMIME_OK);
	watch.view = view.data;
	ck_assert_int_eq(smime_stage_release_new(spool, &watch.base, &release), SMIME_OK);
	ck_assert_int_eq(smime_push_bytes(release, view), SMIME_OK);
	ck_assert_uint_eq(watch.octets, view.len);
	ck_assert_uint_gt(watch.sum, 0);
	ck_assert_int_lt(watch.most, 2 << 10);
}
END_TEST

START_TEST(a_chain_can_end_in_a_spool)
{
	SMIME_AUTO(smime_spool) spool = NULL;
	SMIME_AUTO(smime_stage) crlf = NULL;
	struct smime_bytes view;

	ck_assert_int_eq(smime_spool_new(NULL, &spool), SMIME_OK);
	ck_assert_int_eq(smime_stage_crlf_new(smime_spool_stage(spool), &crlf), SMIME_OK);
	ck_assert_int_eq(smime_push(crlf, "a\nb", 3), SMIME_OK);
	ck_assert_int_eq(smime_finish(crlf), SMIME_OK);
	ck_assert_int_eq(smime_spool_view(spool, &view, NULL), SMIME_OK);
	ck_assert(smime_bytes_equal(view, smime_bytes_str("a\r\nb")));
}
END_TEST

START_TEST(the_size_limit_holds)
{
	struct smime_spool_conf conf = { .size_max = 10 };
	SMIME_AUTO(smime_spool) spool = NULL;

	ck_assert_int_eq(smime_spool_new(&conf, &spool), SMIME_OK);
	ck_assert_int_eq(smime_spool_write(spool, "1234567890", 10), SMIME_OK);
	ck_assert_int_eq(smime_spool_write(spool, "1", 1), SMIME_E_LIMIT);
}
END_TEST

START_TEST(no_directory_is_a_system_error)
{
	struct smime_spool_conf conf = { .dir = "/nonexistent", .memory_max = 4 };
	SMIME_AUTO(smime_spool) spool = NULL;

	ck_assert_int_eq(smime_spool_new(&conf, &spool), SMIME_OK);
	ck_assert_int_eq(smime_spool_write(spool, "12345678", 8), SMIME_E_SYSTEM);
}
END_TEST

/* A disk that ends: the limit on file size plays the part. */
START_TEST(a_full_disk_is_a_system_error)
{
	struct smime_spool_conf conf = { .memory_max = 1 };
	struct rlimit limit = { .rlim_cur = 100000, .rlim_max = 100000 };
	SMIME_AUTO(smime_spool) spool = NULL;
	enum smime_status status = SMIME_OK;
	uint8_t piece[4096] = { 0 };

	ck_assert_int_eq(smime_spool_new(&conf, &spool), SMIME_OK);
	ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	for (int i = 0; i < 100 && status == SMIME_OK; i++)
		status = smime_spool_write(spool, piece, sizeof piece);
	ck_assert_int_eq(status, SMIME_E_SYSTEM);
}
END_TEST

START_TEST(the_file_has_no_name)
{
	char dir[] = "/tmp/test-spool-XXXXXX";
	struct smime_spool_conf conf = { .memory_max = 1, .dir = dir };
	SMIME_AUTO(smime_spool) spool = NULL;
	struct dirent *entry;
	DIR *open_dir;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(smime_spool_new(&conf, &spool), SMIME_OK);
	fill(spool, 300000, 100000);
	open_dir = opendir(dir);
	ck_assert_ptr_nonnull(open_dir);
	while ((entry = readdir(open_dir)) != NULL)
		ck_assert_int_eq(entry->d_name[0], '.');
	ck_assert_int_eq(closedir(open_dir), 0);
	ck_assert_int_eq(rmdir(dir), 0);
	check_view(spool, 300000);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("spool");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, what_goes_in_is_seen, 0, ROWS(sizes));
	tcase_add_test(tc, pushing_gives_the_same_and_keeps_the_view);
	tcase_add_test(tc, a_chain_can_end_in_a_spool);
	tcase_add_test(tc, the_size_limit_holds);
	tcase_add_test(tc, no_directory_is_a_system_error);
	tcase_add_test(tc, a_full_disk_is_a_system_error);
	tcase_add_test(tc, reading_a_view_takes_no_memory);
	tcase_add_test(tc, the_file_has_no_name);
	suite_add_tcase(suite, tc);
	return suite;
}
