/* test_stage_digest.c - FIPS 180 values of "abc"; the octets pass unchanged. */
#include "smime/algs.h"
#include "support.h"
#include "support_stage.h"

static const struct {
	const char *name, *hex;
} rows[] = {
	{ "sha1", "a9993e364706816aba3e25717850c26c9cd0d89d" },
	{ "sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
	{ "sha384", "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
		    "8086072ba1e7cc2358baeca134c825a7" },
	{ "sha512", "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
		    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f" },
};

START_TEST(known_values)
{
	const struct smime_alg *digest = smime_alg_by_name(smime_digests, rows[_i].name);
	SMIME_AUTO_BUF passed = { 0 };
	SMIME_AUTO_BUF hex = { 0 };
	SMIME_AUTO(smime_stage) sink = NULL;
	SMIME_AUTO(smime_stage) stage = NULL;
	struct smime_bytes value;

	ck_assert_ptr_nonnull(digest);
	ck_assert_int_eq(smime_stage_buf_new(&passed, 100, &sink), SMIME_OK);
	ck_assert_int_eq(smime_stage_digest_new(digest, sink, &stage), SMIME_OK);
	ck_assert_int_eq(smime_push(stage, "a", 1), SMIME_OK);
	ck_assert_int_eq(smime_push(stage, "bc", 2), SMIME_OK);
	ck_assert_int_eq(smime_finish(stage), SMIME_OK);
	value = smime_stage_digest_get(stage);
	for (size_t i = 0; i < value.len; i++)
		ck_assert_int_eq(smime_buf_appendf(&hex, "%02x", value.data[i]), SMIME_OK);
	ck_assert(smime_bytes_is(smime_buf_bytes(&hex), rows[_i].hex));
	ck_assert(smime_bytes_is(smime_buf_bytes(&passed), "abc"));
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("stage_digest");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, known_values, 0, ROWS(rows));
	suite_add_tcase(suite, tc);
	return suite;
}
