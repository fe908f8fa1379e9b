/* test_examples.c - the policies in schema/examples load into a fresh database and compile. */
#include "policy/db.h"
#include "policy/snapshot.h"
#include "support.h"
#include "support_db.h"

#include <stdio.h>

static const char *const examples[] = { "sign-all", "partner", "incoming", "confidential" };

START_TEST(an_example_loads_and_compiles)
{
	struct pki_cert *own =
	    pki_make(&(struct pki_spec){ .name = "gw", .domains = "example.com" });
	SMIME_AUTO(policy_store) store = NULL;
	SMIME_AUTO(policy_snapshot) snapshot = NULL;
	struct smime_diag diag = { 0 };
	bool problem;
	char path[512], sql[8192] = "", *error;
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/schema/examples/%s.sql", SOURCE_DIR, examples[_i]);
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "%s", path);
	ck_assert_uint_gt(fread(sql, 1, sizeof sql - 1, f), 0);
	(void)fclose(f);
	db_make();
	ck_assert_int_eq(policy_db_init(db_path(), NULL), SMIME_OK);
	db_add_own("gateway", own);
	error = db_shell(sql);
	ck_assert_msg(!error, "%s: %s", path, error ? error : "");
	ck_assert_msg(
	    policy_store_open(db_path(), NULL, &store, &diag) == SMIME_OK, "%s", diag.text);
	ck_assert_int_eq(policy_store_current(store, &snapshot, &problem, &diag), SMIME_OK);
	ck_assert_msg(!problem, "%s", diag.text);
	policy_store_free(&store);
	db_remove();
	pki_free(&own);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("examples");
	TCase *tc = tcase_create("all");

	tcase_add_loop_test(tc, an_example_loads_and_compiles, 0, ROWS(examples));
	suite_add_tcase(suite, tc);
	return suite;
}
