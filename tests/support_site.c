/* support_site.c - a database, its snapshot, and one message in it, without any program around. */
#include "support_site.h"

#include "policy/db.h"
#include "support.h"
#include <stdio.h>
#include <stdlib.h>

struct site site;

void
site_make(void)
{
	db_make();
	ck_assert_int_eq(policy_db_init(db_path(), NULL), SMIME_OK);
	site_message("", "", 0);
}

void
site_remove(void)
{
	policy_outcome_free(&site.outcome);
	policy_snapshot_free(&site.snapshot);
	policy_store_free(&site.store);
	policy_message_free(&site.message);
	db_remove();
}

void
site_message(const char *from, const void *octets, size_t len)
{
	policy_message_free(&site.message);
	ck_assert_int_eq(policy_message_new(&site.message), SMIME_OK);
	ck_assert_int_eq(policy_message_set(&site.message->client_ip, "127.0.0.1"), SMIME_OK);
	ck_assert_int_eq(policy_message_set(&site.message->mail_from, from), SMIME_OK);
	site_octets(octets, len);
}

void
site_octets(const void *octets, size_t len)
{
	smime_spool_free(&site.message->spool);
	ck_assert_int_eq(smime_spool_new(NULL, &site.message->spool), SMIME_OK);
	ck_assert_int_eq(smime_spool_write(site.message->spool, octets, len), SMIME_OK);
}

void
site_recipients(const char *addresses)
{
	char *text = strdup(addresses), *rest = NULL;

	for (char *at = strtok_r(text, " ", &rest); at; at = strtok_r(NULL, " ", &rest))
		ck_assert_int_eq(policy_message_add_recipient(site.message, at, NULL), SMIME_OK);
	free(text);
}

void
site_compile(void)
{
	struct smime_diag diag = { 0 };
	bool problem;

	policy_outcome_free(&site.outcome);
	policy_snapshot_free(&site.snapshot);
	if (!site.store)
		ck_assert_msg(policy_store_open(db_path(), NULL, &site.store, &diag) == SMIME_OK,
		    "%s", diag.text);
	ck_assert_int_eq(
	    policy_store_current(site.store, &site.snapshot, &problem, &diag), SMIME_OK);
	ck_assert_msg(!problem, "%s", diag.text);
}

void
site_run(bool plan_only)
{
	struct policy_process process = { .now = PKI_NOW, .plan_only = plan_only };
	struct smime_diag diag = { 0 };

	site_compile();
	process.snapshot = site.snapshot;
	ck_assert_msg(policy_process(&process, site.message, &site.outcome, &diag) == SMIME_OK,
	    "%s", diag.text);
}
