/* test_process.c - whole messages from octets to outcome, by tables as an administrator writes
 * them: who gets what, sealed how, and what refuses. */
#include "policy/db.h"
#include "support.h"
#include "support_site.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

static struct pki_cert *ours, *partner, *friend;

/* Keys are slow to make: once for all tests. */
static void
make_certificates(void)
{
	ours = pki_make(&(struct pki_spec){ .name = "gateway",
	    .domains = "a.example",
	    .mailboxes = "boss@a.example",
	    .key = "rsa-2048",
	    .usage = "sign repudiate encipher" });
	partner = pki_make(&(struct pki_spec){ .name = "partner",
	    .domains = "b.example",
	    .key = "rsa-2048",
	    .usage = "sign encipher" });
	friend = pki_make(&(struct pki_spec){ .name = "friend",
	    .mailboxes = "friend@c.example",
	    .key = "rsa-2048",
	    .usage = "sign encipher" });
}

static void
free_certificates(void)
{
	pki_free(&ours);
	pki_free(&partner);
	pki_free(&friend);
}

static void
setup(void)
{
	site_make();
	db_add_own("gateway", ours);
	db_add_public_key("partner", partner);
	db_add_public_key("friend", friend);
	site_message("user@a.example", "", 0);
}

static void
teardown(void)
{
	site_remove();
}

static void
profile(const char *name, const char *mode, const char *more)
{
	db_run("INSERT INTO sending_profile (name, mode, signing_certificate) VALUES (%Q, %Q,"
	       " iif(%Q = 'encrypt', NULL, 'gateway'));"
	       "UPDATE sending_profile SET %s WHERE name = %Q",
	    name, mode, mode, more ? more : "note = ''", name);
}

static void
to(const char *address)
{
	ck_assert_int_eq(policy_message_add_recipient(site.message, address, NULL), SMIME_OK);
}

static void
text(const char *octets)
{
	site_octets(octets, strlen(octets));
}

#define PLAIN(from, to)                                                       \
	"From: " from "\r\nTo: " to "\r\nSubject: x\r\nMIME-Version: 1.0\r\n" \
	"Content-Type: text/plain\r\n\r\nhello canary\r\n"

static bool
holds(struct smime_spool *spool, const char *what)
{
	struct smime_bytes view;

	ck_assert_int_eq(smime_spool_view(spool, &view, NULL), SMIME_OK);
	return memmem(view.data, view.len, what, strlen(what));
}

/* No octet that is about to leave holds the text in clear. */
static void
assert_secret(void)
{
	for (size_t i = 0; i < site.outcome->copy_count; i++) {
		ck_assert_ptr_nonnull(site.outcome->copies[i].entity);
		ck_assert(!holds(site.outcome->copies[i].entity, "canary"));
		ck_assert(holds(site.outcome->copies[i].entity, "enveloped-data"));
	}
}

static void
assert_refused(const char *xcode, const char *why)
{
	ck_assert_int_eq(site.outcome->reply, POLICY_REPLY_REJECT);
	ck_assert_str_eq(site.outcome->code, "550");
	ck_assert_str_eq(site.outcome->xcode, xcode);
	ck_assert_msg(strstr(site.outcome->text, why), "%s", site.outcome->text);
	ck_assert_uint_eq(site.outcome->copy_count, 0);
	ck_assert_ptr_nonnull(strstr(site.outcome->record, why));
}

START_TEST(a_fresh_database_leaves_mail_alone)
{
	to("<x@b.example>");
	text(PLAIN("user@a.example", "x@b.example"));
	site_run(false);
	ck_assert_int_eq(site.outcome->reply, POLICY_REPLY_ACCEPT);
	ck_assert_uint_eq(site.outcome->copy_count, 1);
	ck_assert_ptr_null(site.outcome->copies[0].entity);
	ck_assert_uint_eq(site.outcome->copies[0].edits.count, 0);
	ck_assert_ptr_nonnull(strstr(site.outcome->record, "direction=outgoing"));
	ck_assert_ptr_nonnull(strstr(site.outcome->record, "action=deliver"));
}
END_TEST

START_TEST(all_outgoing_mail_is_signed)
{
	profile("p", "sign", NULL);
	db_seal_all("p");
	to("<x@b.example>");
	text(PLAIN("User <user@a.example>", "x@b.example"));
	site_run(false);
	ck_assert_int_eq(site.outcome->reply, POLICY_REPLY_ACCEPT);
	ck_assert(holds(site.outcome->copies[0].entity, "multipart/signed"));
	ck_assert_int_eq(site.outcome->copies[0].treatment, POLICY_SEALED);
	ck_assert_ptr_nonnull(strstr(site.outcome->record, "profile=p"));
	ck_assert_ptr_nonnull(strstr(site.outcome->record, "filters=seal"));
}
END_TEST

START_TEST(from_that_the_certificate_does_not_cover_is_refused)
{
	profile("p", "sign", NULL);
	db_seal_all("p");
	to("<x@b.example>");
	text(PLAIN("user@elsewhere.example", "x@b.example"));
	site_run(false);
	assert_refused("5.7.5", "user@elsewhere.example");
}
END_TEST

START_TEST(an_expired_certificate_refuses)
{
	struct smime_diag diag = { 0 };
	bool problem;

	profile("p", "sign", NULL);
	db_seal_all("p");
	to("<x@b.example>");
	text(PLAIN("user@a.example", "x@b.example"));
	ck_assert_int_eq(policy_store_open(db_path(), NULL, &site.store, &diag), SMIME_OK);
	ck_assert_int_eq(
	    policy_store_current(site.store, &site.snapshot, &problem, &diag), SMIME_OK);
	ck_assert_int_eq(policy_process(&(struct policy_process){ .snapshot = site.snapshot,
					    .now = PKI_NOW + (int64_t)4000 * PKI_DAY },
			     site.message, &site.outcome, &diag),
	    SMIME_OK);
	assert_refused("5.7.5", "expired");
}
END_TEST

static const char *const encrypting[] = { "encrypt", "sign-encrypt", "triple" };

START_TEST(encrypting_modes_hide_the_text)
{
	profile("p", encrypting[_i], NULL);
	db_seal_all("p");
	to("<x@b.example>");
	to("<friend@c.example>");
	text(PLAIN("user@a.example", "x@b.example, friend@c.example"));
	site_run(false);
	ck_assert_int_eq(site.outcome->reply, POLICY_REPLY_ACCEPT);
	ck_assert_uint_eq(site.outcome->copy_count, 1);
	ck_assert_uint_eq(site.outcome->copies[0].recipient_count, 2);
	ck_assert_uint_eq(site.outcome->copies[0].encrypted_to.count, 2);
	if (_i < 2)
		assert_secret();
	ck_assert(!holds(site.outcome->copies[0].entity, "canary"));
}
END_TEST

START_TEST(pitfall_11_a_hidden_recipient_has_a_copy_of_his_own)
{
	profile("p", "sign-encrypt", NULL);
	db_seal_all("p");
	to("<x@b.example>");
	to("<y@b.example>");
	to("<friend@c.example>");
	text(PLAIN("user@a.example", "X@b.example, \"Y\" <y@b.example>"));
	site_run(false);
	ck_assert_uint_eq(site.outcome->copy_count, 2);
	assert_secret();
	ck_assert_uint_eq(site.outcome->copies[0].recipient_count, 2);
	ck_assert_uint_eq(site.outcome->copies[0].encrypted_to.count, 1);
	ck_assert_uint_eq(site.outcome->copies[1].recipients[0], 2);
	ck_assert_uint_eq(site.outcome->copies[1].encrypted_to.count, 1);
	ck_assert_str_eq(smime_cert_fingerprint_hex(site.outcome->copies[1].encrypted_to.item[0]),
	    smime_cert_fingerprint_hex(friend->cert));
}
END_TEST

static unsigned
count_open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned count = 0;

	while (readdir(dir))
		count++;
	(void)closedir(dir);
	return count;
}

/* Each has a copy of his own, and a thousand of those do not fit into memory: all but the first few
 * are on disk. */
START_TEST(copies_for_many_hidden_recipients_wait_on_disk)
{
	SMIME_AUTO_BUF octets = { 0 };
	unsigned before;

	profile("p", "encrypt", NULL);
	db_seal_all("p");
	for (int i = 0; i < 40; i++) {
		char address[40];

		(void)snprintf(address, sizeof address, "<u%d@b.example>", i);
		to(address);
	}
	ck_assert_int_eq(
	    smime_buf_appendf(&octets, "%s", PLAIN("user@a.example", "nobody@b.example")),
	    SMIME_OK);
	for (int i = 0; i < 500; i++)
		ck_assert_int_eq(smime_buf_appendf(&octets, "%018d\r\n", i), SMIME_OK);
	site_octets(octets.data, octets.len);
	site_run(true); /* opens the database, and seals nothing */
	policy_outcome_free(&site.outcome);
	before = count_open_files();
	site_run(false);
	ck_assert_int_eq(site.outcome->reply, POLICY_REPLY_ACCEPT);
	assert_secret();
	ck_assert_uint_eq(site.outcome->copy_count, 40);
	ck_assert_uint_eq(count_open_files() - before, 40 - 16);
}
END_TEST

/* Both MTAs take the domain and, when they compare, the user without case. */
START_TEST(a_hidden_recipient_named_twice_has_one_copy)
{
	const char *hex;

	profile("p", "sign-encrypt", NULL);
	db_seal_all("p");
	to("<x@b.example>");
	to("<friend@c.example>");
	to("<hidden@b.example>");
	to("<Friend@C.example>");
	to("<friend@c.example>");
	text(PLAIN("user@a.example", "x@b.example"));
	site_run(false);
	assert_secret();
	ck_assert_uint_eq(site.outcome->copy_count, 3);
	ck_assert_uint_eq(site.outcome->copies[0].recipient_count, 3);
	ck_assert_uint_eq(site.outcome->copies[0].recipients[0], 1);
	ck_assert_uint_eq(site.outcome->copies[0].recipients[1], 3);
	ck_assert_uint_eq(site.outcome->copies[0].recipients[2], 4);
	ck_assert_uint_eq(site.outcome->copies[1].recipient_count, 1);
	ck_assert_uint_eq(site.outcome->copies[2].recipient_count, 1);
	/* The log names each certificate once, however many copies were made for it. */
	hex = smime_cert_fingerprint_hex(site.outcome->copies[2].encrypted_to.item[0]);
	ck_assert_ptr_nonnull(strstr(site.outcome->record, hex));
	ck_assert_ptr_null(strstr(strstr(site.outcome->record, hex) + 1, hex));
}
END_TEST

/* A thousand RecipientInfos are the limit; a partner with one certificate takes one of them. */
START_TEST(readers_with_one_certificate_share_a_recipient_info)
{
	SMIME_AUTO_BUF octets = { 0 };

	profile("p", "encrypt", NULL);
	db_seal_all("p");
	ck_assert_int_eq(smime_buf_appendf(&octets, "From: user@a.example\r\nTo: "), SMIME_OK);
	for (int i = 0; i < 1001; i++) {
		char address[40];

		(void)snprintf(address, sizeof address, "<u%d@b.example>", i);
		to(address);
		ck_assert_int_eq(
		    smime_buf_appendf(&octets, "%s%s", i > 0 ? ",\r\n " : "", address), SMIME_OK);
	}
	ck_assert_int_eq(smime_buf_appendf(&octets, "\r\n\r\nhello canary\r\n"), SMIME_OK);
	site_octets(octets.data, octets.len);
	site_run(false);
	ck_assert_int_eq(site.outcome->reply, POLICY_REPLY_ACCEPT);
	assert_secret();
	ck_assert_uint_eq(site.outcome->copy_count, 1);
	ck_assert_uint_eq(site.outcome->copies[0].recipient_count, 1001);
	ck_assert_uint_eq(site.outcome->copies[0].encrypted_to.count, 1);
}
END_TEST

START_TEST(missing_key_bounces_by_name)
{
	profile("p", "encrypt", NULL);
	db_seal_all("p");
	to("<x@b.example>");
	to("<one@nokey.example>");
	to("<two@nokey.example>");
	text(PLAIN("user@a.example", "x@b.example, one@nokey.example"));
	site_run(false);
	assert_refused("5.7.5", "one@nokey.example, two@nokey.example");
}
END_TEST

/* As many as an SMTP answer can hold; the log has all. */
START_TEST(missing_keys_of_a_thousand_are_named_and_counted)
{
	size_t named = 1;
	unsigned left = 0;

	profile("p", "encrypt", NULL);
	db_seal_all("p");
	for (int i = 0; i < 1000; i++) {
		char address[60];

		(void)snprintf(address, sizeof address, "<somebody.%d@nokey.example>", i);
		to(address);
	}
	text(PLAIN("user@a.example", "x@b.example"));
	site_run(false);
	assert_refused("5.7.5", "encrypt to somebody.0@nokey.example, somebody.1@nokey.example, ");
	for (const char *c = site.outcome->text; (c = strchr(c, ',')) != NULL; c++)
		named++;
	ck_assert_int_eq(sscanf(strstr(site.outcome->text, " and "), " and %u more", &left), 1);
	ck_assert_uint_eq(named + left, 1000);
	ck_assert_uint_ge(named, 400);
	ck_assert_uint_le(strlen(site.outcome->text), 13000);
	ck_assert_ptr_nonnull(strstr(site.outcome->record, "somebody.999@nokey.example"));
}
END_TEST

START_TEST(missing_key_drops)
{
	profile("p", "encrypt", "missing_key_action = 'drop'");
	db_seal_all("p");
	to("<x@b.example>");
	to("<one@nokey.example>");
	text(PLAIN("user@a.example", "x@b.example"));
	site_run(false);
	ck_assert_int_eq(site.outcome->reply, POLICY_REPLY_DISCARD);
	ck_assert_uint_eq(site.outcome->dropped_count, 2);
	ck_assert_ptr_nonnull(
	    strstr(site.outcome->record, "dropped=x@b.example,one@nokey.example "));
}
END_TEST

START_TEST(missing_key_splits)
{
	bool signs = _i > 0;

	profile("p", encrypting[_i], "missing_key_action = 'split'");
	db_seal_all("p");
	to("<x@b.example>");
	to("<one@nokey.example>");
	to("<y@b.example>");
	text(PLAIN("user@a.example", "x@b.example, y@b.example, one@nokey.example"));
	site_run(false);
	ck_assert_int_eq(site.outcome->reply, POLICY_REPLY_ACCEPT);
	ck_assert_uint_eq(site.outcome->copy_count, 2);
	ck_assert_int_eq(site.outcome->copies[0].treatment, POLICY_SEALED);
	ck_assert_uint_eq(site.outcome->copies[0].recipient_count, 2);
	ck_assert(!holds(site.outcome->copies[0].entity, "canary"));
	ck_assert_int_eq(site.outcome->copies[1].treatment, signs ? POLICY_SIGNED : POLICY_CLEAR);
	ck_assert_uint_eq(site.outcome->copies[1].recipients[0], 1);
	if (signs)
		ck_assert(holds(site.outcome->copies[1].entity, "multipart/signed"));
	else
		ck_assert_ptr_null(site.outcome->copies[1].entity);
}
END_TEST

/* A row of the harvest cache serves at once, after an administrator's own; what is not active does
 * not. */
START_TEST(a_harvested_key_encrypts)
{
	struct pki_cert *harvested = pki_make(&(struct pki_spec){
	    .name = "new", .mailboxes = "New@d.example friend@c.example", .usage = "agree" });
	SMIME_AUTO_BUF pem = { 0 };

	ck_assert_int_eq(smime_cert_pem(harvested->cert, &pem), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&pem), SMIME_OK);
	db_run("INSERT INTO harvested_key (fingerprint, address, certificate, harvested_at) VALUES"
	       " ('f', 'new@d.example', %Q, 1), ('f', 'friend@c.example', %Q, 1)",
	    (const char *)pem.data, (const char *)pem.data);
	profile("p", "encrypt", NULL);
	db_seal_all("p");
	to("<New@d.example>");
	to("<friend@c.example>");
	text(PLAIN("user@a.example", "new@d.example, friend@c.example"));
	site_run(false);
	ck_assert_int_eq(site.outcome->reply, POLICY_REPLY_ACCEPT);
	ck_assert_uint_eq(site.outcome->copies[0].encrypted_to.count, 2);
	ck_assert_str_eq(smime_cert_fingerprint_hex(site.outcome->copies[0].encrypted_to.item[0]),
	    smime_cert_fingerprint_hex(harvested->cert));
	ck_assert_str_eq(smime_cert_fingerprint_hex(site.outcome->copies[0].encrypted_to.item[1]),
	    smime_cert_fingerprint_hex(friend->cert));
	db_run("UPDATE harvested_key SET state = 'untrusted'");
	site_run(false);
	assert_refused("5.7.5", "New@d.example");
	pki_free(&harvested);
}
END_TEST

/* Seal, then let the sealed message arrive from outside, at the same gateway. */
static void
arrive_sealed(const char *mode, bool tamper)
{
	static const char header[] = "From: user@a.example\r\nTo: boss@a.example\r\n"
				     "MIME-Version: 1.0\r\n";
	SMIME_AUTO_BUF octets = { 0 };
	struct smime_bytes view;
	uint8_t *at;

	profile("p", mode, NULL);
	db_seal_all("p");
	db_add_public_key("ours", ours);
	to("<boss@a.example>");
	text(PLAIN("user@a.example", "boss@a.example"));
	site_run(false);
	ck_assert_int_eq(site.outcome->reply, POLICY_REPLY_ACCEPT);
	ck_assert_int_eq(smime_spool_view(site.outcome->copies[0].entity, &view, NULL), SMIME_OK);
	ck_assert_int_eq(smime_buf_append(&octets, header, strlen(header)), SMIME_OK);
	at = memmem(view.data, view.len, "MIME-Version: 1.0\r\n", 19);
	if (at)
		view = smime_bytes_slice(view, (size_t)(at - view.data) + 19, view.len);
	ck_assert_int_eq(smime_buf_append(&octets, view.data, view.len), SMIME_OK);
	at = memmem(octets.data, octets.len, "hello", 5);
	if (tamper && at)
		*at = 'H';
	site_octets(octets.data, octets.len);
	ck_assert_int_eq(policy_message_set(&site.message->client_ip, "192.0.2.9"), SMIME_OK);
	db_run("UPDATE mail_flow_policy SET smime_open = 1 WHERE name = 'accept'");
	site_run(false);
}

static const char *const every_mode[] = { "sign", "encrypt", "sign-encrypt", "triple" };

START_TEST(arriving_mail_is_opened_and_verified)
{
	arrive_sealed(every_mode[_i], false);
	ck_assert_int_eq(site.outcome->reply, POLICY_REPLY_ACCEPT);
	ck_assert_ptr_nonnull(strstr(site.outcome->record, "direction=incoming"));
	ck_assert_msg(site.outcome->opened->gateway_verified, "%s", site.outcome->record);
	if (_i == 0)
		ck_assert_ptr_null(site.outcome->copies[0].entity);
	else
		ck_assert(holds(site.outcome->copies[0].entity, "hello canary"));
	ck_assert_uint_eq(site.outcome->copies[0].edits.count, 1);
	ck_assert_ptr_nonnull(strstr(
	    site.outcome->copies[0].edits.item[0].value, _i == 1 ? "smime=none" : "smime=pass"));
}
END_TEST

#define QUARANTINE_SAMPLE                                                                       \
	"quarantine_smime_messages:if (smime-gateway-message and not smime-gateway-verified)\n" \
	"{ quarantine(\"Policy\"); }"

START_TEST(the_sample_holds_what_does_not_verify)
{
	db_run("INSERT INTO message_filter (name, position, script) VALUES "
	       "('quarantine_smime_messages', 1, %Q)",
	    QUARANTINE_SAMPLE);
	arrive_sealed("sign", _i);
	ck_assert_int_eq(site.outcome->reply, POLICY_REPLY_ACCEPT);
	if (_i) {
		ck_assert_str_eq(site.outcome->copies[0].quarantine, "Policy");
		ck_assert_ptr_nonnull(strstr(site.outcome->record, "verified=0"));
		ck_assert_ptr_nonnull(strstr(site.outcome->record, "quarantine=Policy"));
	} else {
		ck_assert_ptr_null(site.outcome->copies[0].quarantine);
	}
}
END_TEST

START_TEST(sealed_mail_is_not_sealed_again)
{
	arrive_sealed(every_mode[_i], false);
	/* Now the same octets leave. */
	ck_assert_int_eq(policy_message_set(&site.message->client_ip, "127.0.0.1"), SMIME_OK);
	site_run(false);
	ck_assert_int_eq(site.outcome->reply, POLICY_REPLY_ACCEPT);
	ck_assert_ptr_null(site.outcome->copies[0].entity);
	db_run("UPDATE sending_profile SET seal_again = 1");
	site_run(false);
	ck_assert_ptr_nonnull(site.outcome->copies[0].entity);
}
END_TEST

START_TEST(a_bounce_filter_refuses_and_a_drop_filter_drops)
{
	to("<x@b.example>");
	text(PLAIN("user@a.example", "x@b.example"));
	db_run("INSERT INTO message_filter (name, position, script) VALUES"
	       " ('no', 1, 'no: if subject == \"x\" { %s(); }')",
	    _i ? "drop" : "bounce");
	site_run(false);
	if (_i == 0)
		assert_refused("5.7.1", "no");
	else
		ck_assert_int_eq(site.outcome->reply, POLICY_REPLY_DISCARD);
}
END_TEST

START_TEST(recipients_of_two_policies_are_two_splinters)
{
	profile("p", "sign", NULL);
	profile("q", "encrypt", NULL);
	db_seal_all("p");
	db_run("INSERT INTO mail_policy (name, direction, position) VALUES ('c', 'outgoing', 5);"
	       "INSERT INTO mail_policy_member (mail_policy, side, pattern)"
	       " VALUES ('c', 'recipient', '@c.example');"
	       "INSERT INTO content_filter (name, direction) VALUES ('hide', 'outgoing');"
	       "INSERT INTO content_filter_action (content_filter, position, action,"
	       " sending_profile) VALUES ('hide', 1, 'smime-gateway-deferred', 'q');"
	       "INSERT INTO mail_policy_filter (mail_policy, position, content_filter)"
	       " VALUES ('c', 1, 'hide')");
	to("<x@b.example>");
	to("<friend@c.example>");
	text(PLAIN("user@a.example", "x@b.example, friend@c.example"));
	site_run(false);
	ck_assert_uint_eq(site.outcome->plan->splinter_count, 2);
	ck_assert_uint_eq(site.outcome->copy_count, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct policy_copy *c = &site.outcome->copies[i];
		bool hidden = c->recipients[0] == 1;

		ck_assert_uint_eq(c->recipient_count, 1);
		ck_assert_int_eq(holds(c->entity, "canary"), !hidden);
		ck_assert_int_eq(holds(c->entity, "multipart/signed"), !hidden);
	}
}
END_TEST

START_TEST(one_splinter_bounces_the_other_is_delivered)
{
	profile("q", "encrypt", NULL);
	db_run("INSERT INTO mail_policy (name, direction, position) VALUES ('n', 'outgoing', 5);"
	       "INSERT INTO mail_policy_member (mail_policy, side, pattern)"
	       " VALUES ('n', 'recipient', '@nokey.example');"
	       "INSERT INTO content_filter (name, direction) VALUES ('hide', 'outgoing');"
	       "INSERT INTO content_filter_action (content_filter, position, action,"
	       " sending_profile) VALUES ('hide', 1, 'smime-gateway', 'q');"
	       "INSERT INTO mail_policy_filter (mail_policy, position, content_filter)"
	       " VALUES ('n', 1, 'hide')");
	to("<x@b.example>");
	to("<y@nokey.example>");
	text(PLAIN("user@a.example", "x@b.example, y@nokey.example"));
	site_run(false);
	ck_assert_int_eq(site.outcome->reply, POLICY_REPLY_ACCEPT);
	ck_assert_uint_eq(site.outcome->copy_count, 1);
	ck_assert_uint_eq(site.outcome->copies[0].recipients[0], 0);
	ck_assert_uint_eq(site.outcome->bounce_count, 1);
	ck_assert_uint_eq(site.outcome->bounces[0].recipients[0], 1);
	ck_assert_ptr_nonnull(strstr(site.outcome->bounces[0].text, "y@nokey.example"));
}
END_TEST

START_TEST(splinters_that_all_bounce_name_all_recipients)
{
	profile("p", "encrypt", NULL);
	profile("q", "encrypt", NULL);
	db_seal_all("p");
	db_run("INSERT INTO mail_policy (name, direction, position) VALUES ('n', 'outgoing', 5);"
	       "INSERT INTO mail_policy_member (mail_policy, side, pattern)"
	       " VALUES ('n', 'recipient', '@nokey.example');"
	       "INSERT INTO content_filter (name, direction) VALUES ('hide', 'outgoing');"
	       "INSERT INTO content_filter_action (content_filter, position, action,"
	       " sending_profile) VALUES ('hide', 1, 'smime-gateway', 'q');"
	       "INSERT INTO mail_policy_filter (mail_policy, position, content_filter)"
	       " VALUES ('n', 1, 'hide')");
	to("<y@nokey.example>");
	to("<z@stranger.example>");
	text(PLAIN("user@a.example", "y@nokey.example, z@stranger.example"));
	site_run(false);
	ck_assert_uint_eq(site.outcome->bounce_count, 2);
	assert_refused("5.7.5", "y@nokey.example");
	assert_refused("5.7.5", "z@stranger.example");
}
END_TEST

START_TEST(header_actions_and_log_entries_are_expanded)
{
	to("<x@b.example>");
	text(PLAIN("user@a.example", "x@b.example"));
	db_run("INSERT INTO message_filter (name, position, script) VALUES ('mark', 1, 'mark: if"
	       " true { insert-header(\"X-Gate\", \"$FilterName saw $subject\\n\");"
	       " log-entry(\"from $EnvelopeFrom\"); strip-header(\"X-Old\"); }')");
	site_run(false);
	ck_assert_uint_eq(site.outcome->copies[0].edits.count, 2);
	ck_assert_str_eq(site.outcome->copies[0].edits.item[0].name, "X-Gate");
	ck_assert_ptr_nonnull(strstr(site.outcome->copies[0].edits.item[0].value, "mark saw x"));
	ck_assert_ptr_null(strchr(site.outcome->copies[0].edits.item[0].value, '\n'));
	ck_assert_str_eq(site.outcome->plan->log_entries[0], "from user@a.example");
}
END_TEST

START_TEST(too_many_parts_are_refused)
{
	SMIME_AUTO_BUF octets = { 0 };
	SMIME_AUTO_BUF json = { 0 };

	to("<x@b.example>");
	ck_assert_int_eq(smime_buf_appendf(&octets, "From: user@a.example\r\nContent-Type: "
						    "multipart/mixed; boundary=b\r\n\r\n"),
	    SMIME_OK);
	for (int i = 0; i < 2000; i++)
		ck_assert_int_eq(smime_buf_appendf(&octets, "--b\r\n\r\nx\r\n"), SMIME_OK);
	site_octets(octets.data, octets.len);
	site_run(false);
	ck_assert_int_eq(site.outcome->reply, POLICY_REPLY_REJECT);
	ck_assert_str_eq(site.outcome->code, "552");
	ck_assert_str_eq(site.outcome->xcode, "5.3.4");
	/* Whose it was is told all the same. */
	ck_assert_ptr_nonnull(
	    strstr(site.outcome->record, "direction=outgoing sender-group=RELAYLIST"));
	ck_assert_int_eq(policy_record_explain(site.outcome, site.message, &json), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&json), SMIME_OK);
	ck_assert_ptr_nonnull(
	    strstr((const char *)json.data, "{\"direction\":\"outgoing\",\"sender_group\":"
					    "\"RELAYLIST\",\"mail_flow_policy\":\"relay\","
					    "\"message_filters\":[]"));
	ck_assert_ptr_nonnull(strstr((const char *)json.data, ",\"splinters\":[],\"refused\":\""));
}
END_TEST

START_TEST(a_full_disk_defers)
{
	static const struct smime_spool_conf small = { .dir = "/nonexistent", .memory_max = 16 };
	struct smime_diag diag = { 0 };

	profile("p", "sign", NULL);
	db_seal_all("p");
	to("<x@b.example>");
	text(PLAIN("user@a.example", "x@b.example"));
	site_run(false);
	policy_outcome_free(&site.outcome);
	ck_assert_int_eq(policy_process(
			     &(struct policy_process){
				 .snapshot = site.snapshot, .spool = &small, .now = PKI_NOW },
			     site.message, &site.outcome, &diag),
	    SMIME_E_SYSTEM);
	ck_assert_int_eq(site.outcome->reply, POLICY_REPLY_TEMPFAIL);
	ck_assert_str_eq(site.outcome->code, "451");
	ck_assert_ptr_nonnull(strstr(site.outcome->record, "action=tempfail"));
}
END_TEST

START_TEST(explaining_seals_nothing_and_says_why)
{
	SMIME_AUTO(policy_trace) trace = NULL;
	SMIME_AUTO_BUF json = { 0 };
	struct smime_diag diag = { 0 };
	struct smime_bytes why;

	profile("p", "sign-encrypt", NULL);
	db_seal_all("p");
	to("<x@b.example>");
	text(PLAIN("user@a.example", "x@b.example"));
	site_run(false);
	policy_outcome_free(&site.outcome);
	ck_assert_int_eq(policy_trace_new(&trace), SMIME_OK);
	ck_assert_int_eq(
	    policy_process(
		&(struct policy_process){
		    .snapshot = site.snapshot, .now = PKI_NOW, .trace = trace, .plan_only = true },
		site.message, &site.outcome, &diag),
	    SMIME_OK);
	ck_assert_ptr_null(site.outcome->copies[0].entity);
	ck_assert_int_eq(policy_record_explain(site.outcome, site.message, &json), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&json), SMIME_OK);
	ck_assert_str_eq((const char *)json.data,
	    "{\"direction\":\"outgoing\",\"sender_group\":\"RELAYLIST\",\"mail_flow_policy\":"
	    "\"relay\",\"message_filters\":[],\"splinters\":[{\"mail_policy\":\"default-outgoing\","
	    "\"recipients\":[\"x@b.example\"],\"content_filters\":[{\"name\":\"seal\",\"matched\":"
	    "true}],\"final_action\":\"deliver\",\"quarantine\":null,\"profile\":\"p\",\"copies\":["
	    "{"
	    "\"recipients\":[\"x@b.example\"],\"treatment\":\"sealed\"}]}]}");
	why = policy_trace_text(trace);
	ck_assert_ptr_nonnull(memmem(why.data, why.len, "content filter seal", 19));
	ck_assert_ptr_nonnull(
	    memmem(why.data, why.len, smime_cert_fingerprint_hex(partner->cert), 64));
}
END_TEST

/* The one who is named is held, the hidden one has another copy, which cannot be. */
START_TEST(explaining_tells_who_cannot_be_held)
{
	static const char want[] = "friend@c.example: bounced, not held: policy holds this message";
	SMIME_AUTO(policy_trace) trace = NULL;
	struct policy_process process = { .now = PKI_NOW, .plan_only = true };
	struct smime_diag diag = { 0 };
	struct smime_bytes why;

	profile("p", "sign-encrypt", NULL);
	db_run("INSERT INTO message_filter (name, position, script) VALUES ('hold', 1, 'hold: if"
	       " true { smime-gateway-deferred(\"p\"); quarantine(\"Policy\"); }')");
	to("<x@b.example>");
	to("<friend@c.example>");
	text(PLAIN("user@a.example", "x@b.example"));
	site_compile();
	process.snapshot = site.snapshot;
	ck_assert_int_eq(policy_trace_new(&trace), SMIME_OK);
	process.trace = trace;
	ck_assert_int_eq(policy_process(&process, site.message, &site.outcome, &diag), SMIME_OK);
	ck_assert_uint_eq(site.outcome->copy_count, 1);
	ck_assert_str_eq(site.outcome->copies[0].quarantine, "Policy");
	why = policy_trace_text(trace);
	ck_assert_ptr_nonnull(memmem(why.data, why.len, want, strlen(want)));
	ck_assert_ptr_nonnull(strstr(site.outcome->record, "bounced=friend@c.example"));
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("process");
	TCase *tc = tcase_create("process");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_unchecked_fixture(tc, make_certificates, free_certificates);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_fresh_database_leaves_mail_alone);
	tcase_add_test(tc, all_outgoing_mail_is_signed);
	tcase_add_test(tc, from_that_the_certificate_does_not_cover_is_refused);
	tcase_add_test(tc, an_expired_certificate_refuses);
	tcase_add_loop_test(tc, encrypting_modes_hide_the_text, 0, ROWS(encrypting));
	tcase_add_test(tc, pitfall_11_a_hidden_recipient_has_a_copy_of_his_own);
	tcase_add_test(tc, a_hidden_recipient_named_twice_has_one_copy);
	tcase_add_test(tc, copies_for_many_hidden_recipients_wait_on_disk);
	tcase_add_test(tc, readers_with_one_certificate_share_a_recipient_info);
	tcase_add_test(tc, a_harvested_key_encrypts);
	tcase_add_test(tc, missing_key_bounces_by_name);
	tcase_add_test(tc, missing_keys_of_a_thousand_are_named_and_counted);
	tcase_add_test(tc, missing_key_drops);
	tcase_add_loop_test(tc, missing_key_splits, 0, ROWS(encrypting));
	tcase_add_loop_test(tc, arriving_mail_is_opened_and_verified, 0, ROWS(every_mode));
	tcase_add_loop_test(tc, the_sample_holds_what_does_not_verify, 0, 2);
	/* Not triple: what is inside its signature shows only when it is opened. */
	tcase_add_loop_test(tc, sealed_mail_is_not_sealed_again, 0, 3);
	tcase_add_loop_test(tc, a_bounce_filter_refuses_and_a_drop_filter_drops, 0, 2);
	tcase_add_test(tc, recipients_of_two_policies_are_two_splinters);
	tcase_add_test(tc, one_splinter_bounces_the_other_is_delivered);
	tcase_add_test(tc, splinters_that_all_bounce_name_all_recipients);
	tcase_add_test(tc, header_actions_and_log_entries_are_expanded);
	tcase_add_test(tc, too_many_parts_are_refused);
	tcase_add_test(tc, a_full_disk_defers);
	tcase_add_test(tc, explaining_seals_nothing_and_says_why);
	tcase_add_test(tc, explaining_tells_who_cannot_be_held);
	return suite;
}
