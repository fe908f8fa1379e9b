/* test_views.c - the views of the schema answer what an administrator asks. The view `answer` is
 * held against the code in test_recipients.c. */
#include "policy/db.h"
#include "policy/expiry.h"
#include "support.h"
#include "support_db.h"

#include <time.h>

static struct pki_cert *domain, *renewed, *old, *signer, *ann;

static void
make_certificates(void)
{
	int64_t now = time(NULL);
	int64_t to = now + 400 * (int64_t)PKI_DAY;

	domain = pki_make(&(struct pki_spec){ .name = "b",
	    .domains = "B.example",
	    .from = now - 9,
	    .to = to,
	    .usage = "sign agree" });
	renewed = pki_make(&(struct pki_spec){ .name = "b2",
	    .domains = "b.example",
	    .from = now - 9,
	    .to = to,
	    .usage = "sign agree" });
	old = pki_make(&(struct pki_spec){ .name = "c",
	    .domains = "c.example",
	    .from = now - 20 * PKI_DAY,
	    .to = now - 10 * PKI_DAY,
	    .usage = "sign agree" });
	signer = pki_make(&(struct pki_spec){
	    .name = "d", .domains = "d.example", .from = now - 9, .to = to, .usage = "sign" });
	ann = pki_make(&(struct pki_spec){ .name = "e",
	    .mailboxes = "ann@e.example",
	    .from = now - 9,
	    .to = to,
	    .usage = "sign agree" });
}

static void
free_certificates(void)
{
	pki_free(&domain);
	pki_free(&renewed);
	pki_free(&old);
	pki_free(&signer);
	pki_free(&ann);
}

/* What a daemon notes now and then, and smimectl check. */
static void
note(void)
{
	SMIME_AUTO(policy_db) db = NULL;

	ck_assert_int_eq(policy_db_open(db_path(), POLICY_DB_WRITE, &db, NULL), SMIME_OK);
	ck_assert_int_eq(policy_expiry_note_new(db, NULL), SMIME_OK);
}

static void
setup(void)
{
	db_make();
	ck_assert_int_eq(policy_db_init(db_path(), NULL), SMIME_OK);
	db_run("INSERT INTO sending_profile (name, mode) VALUES ('hide', 'encrypt');"
	       "INSERT INTO content_filter (name, direction) VALUES ('hide', 'outgoing'),"
	       " ('tag', 'outgoing');"
	       "INSERT INTO content_filter_action (content_filter, position, action,"
	       " sending_profile) VALUES ('hide', 1, 'smime-gateway', 'hide');"
	       "INSERT INTO mail_policy (name, direction, position) VALUES ('p', 'outgoing', 2),"
	       " ('q', 'outgoing', 1);"
	       "INSERT INTO mail_policy_filter (mail_policy, position, content_filter) VALUES"
	       " ('p', 1, 'hide'), ('q', 1, 'tag')");
}

static void
teardown(void)
{
	db_remove();
}

static void
partner(const char *pattern)
{
	db_run("INSERT INTO mail_policy_member (mail_policy, side, pattern) VALUES"
	       " ('p', 'recipient', %Q)",
	    pattern);
}

static void
harvest(const char *address, const struct pki_cert *cert, const char *state)
{
	SMIME_AUTO_BUF pem = { 0 };

	ck_assert_int_eq(smime_cert_pem(cert->cert, &pem), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&pem), SMIME_OK);
	db_run("INSERT INTO harvested_key (fingerprint, address, certificate, state, harvested_at)"
	       " VALUES (%Q, %Q, %Q, %Q, unixepoch('now'))",
	    smime_cert_fingerprint_hex(cert->cert), address, (const char *)pem.data, state);
}

static const struct {
	const char *pattern, *why; /* "": it can be encrypted to */
} partners[] = {
	{ "@b.example", "" }, { "joe@B.example", "" },
	{ "@c.example", "public_key \"c\" expired on " },
	{ "joe@c.example", "public_key \"c\" expired on " },
	{ "@d.example", "public_key \"d\" may not encrypt (key usage)" }, { "ann@e.example", "" },
	{ "@e.example", "no key for all of it, but for 1 of its mailboxes" },
	{ "bob@e.example", "no certificate names it" }, { "@f.example", "no certificate names it" },
	{ "@.b.example", "no certificate names it" }, { "joe@h.example", "" },
	{ "joe@i.example", "is untrusted" }, { "postmaster@", "" }, /* anywhere: nobody can say */
};

START_TEST(which_partners_cannot_be_encrypted_to)
{
	const char *got;

	db_add_public_key("b", domain);
	db_add_public_key("c", old);
	db_add_public_key("d", signer);
	db_add_public_key("e", ann);
	harvest("joe@h.example", renewed, "active");
	harvest("joe@i.example", renewed, "untrusted");
	note();
	partner(partners[_i].pattern);
	got = db_query("SELECT mail_policy || ' ' || sending_profile || ' ' || why"
		       " FROM partner_without_key");
	if (partners[_i].why[0] == 0)
		ck_assert_str_eq(got, "");
	else
		ck_assert_msg(
		    strncmp(got, "p hide ", 7) == 0 && strstr(got, partners[_i].why), "%s", got);
}
END_TEST

START_TEST(a_key_that_goes_is_missed)
{
	db_add_public_key("b", domain);
	partner("@b.example");
	ck_assert_str_eq(db_query("SELECT why LIKE '% 1 public keys have not been read yet: %'"
				  " FROM partner_without_key"),
	    "1 ");
	note();
	ck_assert_str_eq(db_query("SELECT partner FROM partner_without_key"), "");
	db_run("UPDATE content_filter SET enabled = 0 WHERE name = 'hide'");
	db_run("DELETE FROM public_key");
	ck_assert_str_eq(db_query("SELECT partner FROM partner_without_key"), "");
	db_run("UPDATE content_filter SET enabled = 1 WHERE name = 'hide'");
	ck_assert_str_eq(db_query("SELECT partner FROM partner_without_key"), "@b.example ");
	ck_assert_str_eq(db_query("SELECT count(*) FROM public_key_name"), "0 ");
}
END_TEST

START_TEST(which_harvested_key_differs)
{
	db_add_public_key("b", domain);
	note();
	harvest("joe@b.example", domain, "active");
	harvest("joe@x.example", renewed, "active");
	ck_assert_str_eq(db_query("SELECT address FROM harvested_differs"), "");
	harvest("amy@b.example", renewed, "candidate");
	ck_assert_str_eq(db_query("SELECT address || ' ' || state || ' ' || public_key || ' ' ||"
				  " by_name FROM harvested_differs"),
	    "amy@b.example candidate b @b.example ");
	ck_assert_str_eq(db_query("SELECT in_use = (SELECT fingerprint FROM public_key_name)"
				  " AND harvested <> in_use FROM harvested_differs"),
	    "1 ");
}
END_TEST

START_TEST(policies_stand_in_their_order)
{
	partner("@b.example");
	partner("@c.example");
	db_run("UPDATE mail_policy SET sides = 'either' WHERE name = 'p';"
	       "INSERT INTO mail_policy_member (mail_policy, side, pattern, negate) VALUES"
	       " ('p', 'sender', 'joe@', 1)");
	ck_assert_str_eq(db_query("SELECT direction || ' ' || mail_policy FROM mail_policy_order"),
	    "incoming default-incoming outgoing q outgoing p outgoing default-outgoing ");
	ck_assert_str_eq(
	    db_query("SELECT sender_members || ' ' || sides || ' ' || recipient_members || ' ' ||"
		     " content_filters FROM mail_policy_order WHERE mail_policy = 'p'"),
	    "not joe@ or @b.example, @c.example hide: smime-gateway hide ");
	ck_assert_str_eq(db_query("SELECT sender_group || ' ' || direction || ': ' || members"
				  " FROM sender_group_order"),
	    "RELAYLIST outgoing: authenticated, network 127.0.0.0/8, network ::1 "
	    "ALL incoming: all ");
}
END_TEST

START_TEST(what_has_no_effect)
{
	ck_assert_str_eq(db_query("SELECT table_name || ' ' || row_name || ': ' || why FROM idle"),
	    "mail_policy p: it has no members: add rows to mail_policy_member "
	    "mail_policy q: it has no members: add rows to mail_policy_member "
	    "content_filter tag: it has no action: add a row to content_filter_action ");
}
END_TEST

START_TEST(who_changed_what)
{
	db_run("UPDATE mail_policy SET position = 7 WHERE name = 'p'");
	ck_assert_str_eq(db_query("SELECT who || ' ' || operation || ' ' || table_name || ' ' ||"
				  " row_name FROM recent_change LIMIT 1"),
	    "(sqlite3) update mail_policy p ");
	ck_assert_str_eq(db_query("SELECT old LIKE '% position=2 %' AND new LIKE '% position=7 %'"
				  " AND changed_at LIKE '20__-__-__T__:__:__Z'"
				  " FROM recent_change LIMIT 1"),
	    "1 ");
}
END_TEST

/* A person reads it: of a certificate its end, which differs, is enough. */
START_TEST(certificates_are_short)
{
	db_run(
	    "INSERT INTO certificate (name, certificate, chain, private_key, note) VALUES ('c',"
	    " '-----BEGIN CERTIFICATE-----' || char(10) || 'AAAA0123456789==' || char(10) ||"
	    " '-----END CERTIFICATE-----' || char(10), '-----BEGIN CERTIFICATE-----' || char(10) ||"
	    " 'BBBB9876543210==' || char(10) || '-----END CERTIFICATE-----', 'file:/x',"
	    " 'it''s - mine')");
	ck_assert_str_eq(db_query("SELECT new FROM recent_change LIMIT 1"),
	    "name='c' certificate='PEM ...0123456789==' chain='PEM ...9876543210==' "
	    "require_fqdn=0 note='it''s - mine' ");
	ck_assert_str_eq(db_query("SELECT new LIKE '%AAAA%BBBB%' FROM change_log ORDER BY id DESC"
				  " LIMIT 1"),
	    "1 ");
}
END_TEST

/* A question is no change of the policy: nothing is compiled for it. */
START_TEST(asking_is_no_change)
{
	static const char last[] = "SELECT max(id) FROM change_log";
	char before[32];

	(void)strncpy(before, db_query(last), sizeof before - 1);
	before[31] = 0;
	db_run("INSERT INTO ask (sender, recipient) VALUES ('a@b.example', 'c@d.example')");
	ck_assert_str_eq(db_query(last), before);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("views");
	TCase *tc = tcase_create("views");

	suite_add_tcase(suite, tc);
	tcase_add_unchecked_fixture(tc, make_certificates, free_certificates);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, which_partners_cannot_be_encrypted_to, 0, ROWS(partners));
	tcase_add_test(tc, a_key_that_goes_is_missed);
	tcase_add_test(tc, which_harvested_key_differs);
	tcase_add_test(tc, policies_stand_in_their_order);
	tcase_add_test(tc, what_has_no_effect);
	tcase_add_test(tc, who_changed_what);
	tcase_add_test(tc, certificates_are_short);
	tcase_add_test(tc, asking_is_no_change);
	return suite;
}
