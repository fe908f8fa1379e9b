/* test_ctl_harvested.c - the harvest cache by command: what is shown, and what an administrator
 * decides of it. */
#include "support.h"
#include "support_ctl.h"
#include "support_db.h"
#include "support_dir.h"

#include <stdio.h>
#include <sysexits.h>
#include <time.h>

static struct pki_cert *key, *renewed, *other, *expired;
static const char *fingerprint; /* of key */

static struct pki_cert *
make(const char *mailboxes, int64_t from, int64_t to)
{
	int64_t now = time(NULL);

	return pki_make(&(struct pki_spec){ .name = "h",
	    .mailboxes = mailboxes,
	    .from = now + from * PKI_DAY,
	    .to = now + to * PKI_DAY });
}

static void
insert(const struct pki_cert *cert, const char *address, const char *state)
{
	SMIME_AUTO_BUF pem = { 0 };

	ck_assert_int_eq(smime_cert_pem(cert->cert, &pem), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&pem), SMIME_OK);
	db_run("INSERT INTO harvested_key (fingerprint, address, certificate, state, harvested_at,"
	       " source, capabilities) VALUES (%Q, %Q, %Q, %Q, 1790000000, 'QID', 'aes256-gcm')",
	    smime_cert_fingerprint_hex(cert->cert), address, (const char *)pem.data, state);
}

static void
setup(void)
{
	dir_make();
	ctl_make();
	ck_assert_int_eq(ctl("init", NULL), EX_OK);
	key = make("h@b.example i@b.example", -1, 30);
	renewed = make("h@b.example", -1, 60);
	other = make("z@b.example", -1, 60);
	expired = make("h@b.example", -30, -1);
	fingerprint = smime_cert_fingerprint_hex(key->cert);
}

static void
teardown(void)
{
	pki_free(&key);
	pki_free(&renewed);
	pki_free(&other);
	pki_free(&expired);
	ctl_remove();
	dir_remove();
}

#define STATES "SELECT address || ':' || state FROM harvested_key ORDER BY address, state"
#define LOGGED                                                                                  \
	"SELECT row_name LIKE 'h@b.example %' AND old = 'state=' || quote('candidate') AND new" \
	" = 'state=' || quote('active') AND who <> '' FROM change_log"                          \
	" WHERE table_name = 'harvested_key'"

START_TEST(a_candidate_is_approved)
{
	insert(key, "h@b.example", "active");
	insert(renewed, "h@b.example", "candidate");
	ck_assert_int_eq(
	    ctl("harvested", "approve", smime_cert_fingerprint_hex(renewed->cert), NULL), EX_OK);
	says("in use, instead of the one before");
	ck_assert_str_eq(db_query(STATES), "h@b.example:active h@b.example:superseded ");
	ck_assert_int_eq(ctl("harvested", "list", "--state", "active", NULL), EX_OK);
	says(smime_cert_fingerprint_hex(renewed->cert));
	says_not(fingerprint);
	/* Who did it is known afterwards. */
	ck_assert_str_eq(db_query(LOGGED), "1 ");
	/* And back. */
	ck_assert_int_eq(ctl("harvested", "approve", fingerprint, NULL), EX_OK);
	ck_assert_int_eq(ctl("public-key", "search", "h@b.example", NULL), EX_OK);
	says(fingerprint);
}
END_TEST

/* What cannot be used must not take the place of what can. */
START_TEST(what_is_unusable_is_not_approved)
{
	insert(key, "h@b.example", "active");
	insert(expired, "h@b.example", "candidate");
	insert(other, "h@b.example", "untrusted");
	ck_assert_int_eq(
	    ctl("harvested", "approve", smime_cert_fingerprint_hex(expired->cert), NULL),
	    EX_DATAERR);
	says("has expired");
	ck_assert_int_eq(
	    ctl("harvested", "approve", smime_cert_fingerprint_hex(other->cert), NULL), EX_DATAERR);
	says("does not name h@b.example");
	ck_assert_int_eq(ctl("public-key", "search", "h@b.example", NULL), EX_OK);
	says(fingerprint);
	ck_assert_str_eq(
	    db_query("SELECT count(*) FROM change_log WHERE table_name = 'harvested_key'"), "0 ");
}
END_TEST

/* A certificate with two mailboxes, whose owner should read the mail of one. */
START_TEST(one_of_several_addresses_is_named)
{
	insert(renewed, "i@b.example", "active");
	insert(key, "h@b.example", "candidate");
	insert(key, "i@b.example", "candidate");
	ck_assert_int_eq(ctl("harvested", "approve", fingerprint, NULL), EX_DATAERR);
	says("2 addresses have this key (harvested show): name one with --address");
	ck_assert_int_eq(
	    ctl("harvested", "approve", fingerprint, "--address", "x@b.example", NULL), EX_DATAERR);
	says("there is no harvested_key");
	ck_assert_int_eq(
	    ctl("harvested", "approve", fingerprint, "--address", "H@b.example", NULL), EX_OK);
	ck_assert_str_eq(
	    db_query(STATES), "h@b.example:active i@b.example:active i@b.example:candidate ");
	ck_assert_int_eq(
	    ctl("harvested", "delete", fingerprint, "--address", "i@b.example", NULL), EX_OK);
	ck_assert_str_eq(db_query(STATES), "h@b.example:active i@b.example:active ");
	ck_assert_int_eq(ctl("harvested", "delete", fingerprint, NULL), EX_OK);
	ck_assert_int_eq(ctl("harvested", "delete", fingerprint, NULL), EX_DATAERR);
	says("there is no harvested_key");
}
END_TEST

START_TEST(a_key_is_promoted_under_a_name_of_its_own)
{
	insert(key, "h@b.example", "active");
	insert(renewed, "h@b.example", "candidate");
	ck_assert_int_eq(ctl("harvested", "promote", fingerprint, NULL), EX_OK);
	says("public_key \"h@b.example\"");
	ck_assert_int_eq(ctl("harvested", "promote", fingerprint, NULL), EX_OK);
	says("known already");
	ck_assert_int_eq(
	    ctl("harvested", "promote", smime_cert_fingerprint_hex(renewed->cert), NULL), EX_OK);
	says("public_key \"h@b.example (");
	ck_assert_int_eq(ctl("harvested", "promote", smime_cert_fingerprint_hex(renewed->cert),
			     "--name", "partner", NULL),
	    EX_OK);
	says("known already");
	ck_assert_str_eq(db_query("SELECT count(*) FROM public_key"), "2 ");
	/* The view knows at once when they expire. */
	ck_assert_str_eq(db_query("SELECT count(*) FROM certificate_expiry"), "2 ");
}
END_TEST

START_TEST(all_that_is_known_is_shown)
{
	char colons[100];
	size_t at = 0;

	insert(key, "h@b.example", "candidate");
	insert(renewed, "h@b.example", "active");
	for (size_t i = 0; i < 64; i++) {
		char c = fingerprint[i];

		if (i > 0 && i % 2 == 0)
			colons[at++] = ':';
		colons[at++] = (char)(c >= 'a' ? c - 'a' + 'A' : c);
	}
	colons[at] = 0;
	ck_assert_int_eq(ctl("harvested", "show", colons, NULL), EX_OK);
	says("state        candidate\n");
	says(smime_cert_fingerprint_hex(renewed->cert));
	says("harvested    2026-09-21, message QID\n");
	says("announced    aes256-gcm\n");
	says("mailbox      i@b.example\n");
	says("BEGIN CERTIFICATE");
	ck_assert_int_eq(ctl("harvested", "export", fingerprint, NULL), EX_OK);
	ck_assert_int_eq(strncmp((char *)ctl_out.data, "-----BEGIN CERTIFICATE-----", 27), 0);
}
END_TEST

static const char *const no_fingerprints[] = { "", "h@b.example", "12ab",
	"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff00",
	"g0112233445566778899aabbccddeeff00112233445566778899aabbccddeeff" };

START_TEST(a_fingerprint_is_whole)
{
	ck_assert_int_eq(ctl("harvested", "show", no_fingerprints[_i], NULL), EX_DATAERR);
	says("is no fingerprint: 64 hexadecimal digits");
}
END_TEST

START_TEST(a_broken_row_can_be_deleted)
{
	db_run("INSERT INTO harvested_key (fingerprint, address, certificate, harvested_at)"
	       " VALUES (%Q, 'h@b.example', 'x', 1)",
	    fingerprint);
	ck_assert_int_eq(ctl("harvested", "list", NULL), EX_OK);
	says("BROKEN");
	ck_assert_int_eq(ctl("harvested", "show", fingerprint, NULL), EX_DATAERR);
	ck_assert_int_eq(ctl("harvested", "approve", fingerprint, NULL), EX_DATAERR);
	ck_assert_int_eq(ctl("harvested", "delete", fingerprint, NULL), EX_OK);
	ck_assert_str_eq(db_query("SELECT count(*) FROM harvested_key"), "0 ");
}
END_TEST

START_TEST(lists_are_searched)
{
	insert(key, "h@b.example", "active");
	insert(other, "z@b.example", "untrusted");
	ck_assert_int_eq(ctl("harvested", "list", "--address", "z@B.example", NULL), EX_OK);
	says("z@b.example  untrusted");
	says_not("h@b.example");
	ck_assert_int_eq(ctl("harvested", "list", "--expires-within", "40", NULL), EX_OK);
	says("h@b.example  active  used 0  until ");
	says_not("z@b.example");
	ck_assert_int_eq(ctl("harvested", "list", "--state", "none", NULL), EX_USAGE);
	says("--state none is not active, candidate");
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("ctl_harvested");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_candidate_is_approved);
	tcase_add_test(tc, what_is_unusable_is_not_approved);
	tcase_add_test(tc, one_of_several_addresses_is_named);
	tcase_add_test(tc, a_key_is_promoted_under_a_name_of_its_own);
	tcase_add_test(tc, all_that_is_known_is_shown);
	tcase_add_loop_test(tc, a_fingerprint_is_whole, 0, ROWS(no_fingerprints));
	tcase_add_test(tc, a_broken_row_can_be_deleted);
	tcase_add_test(tc, lists_are_searched);
	return suite;
}
