/* test_ctl_profile.c - sending profiles out of one database and into another, all or none. */
#include "support.h"
#include "support_ctl.h"
#include "support_db.h"
#include "support_dir.h"

#include <stdio.h>
#include <sysexits.h>

static void
setup(void)
{
	dir_make();
	ctl_make();
	ck_assert_int_eq(ctl("init", NULL), EX_OK);
	db_run("INSERT INTO certificate(name, certificate, private_key) VALUES('gw',"
	       " '-----BEGIN CERTIFICATE-----' || '-----END CERTIFICATE-----', 'file:/x')");
}

static void
teardown(void)
{
	ctl_remove();
	dir_remove();
}

static const char *
file(const char *text)
{
	static char path[DIR_PATH_SIZE];

	return dir_write("profiles.json", smime_bytes_str(text), path);
}

/* Every column: one that is added to the table and not to the export fails here. */
START_TEST(every_column_survives)
{
	SMIME_AUTO_BUF exported = { 0 };
	static const char all[] =
	    "SELECT group_concat(name || '=' || quote(value)) FROM (SELECT t.name,"
	    " CASE t.name WHEN 'name' THEN p.name WHEN 'mode' THEN p.mode"
	    " WHEN 'signing_certificate' THEN p.signing_certificate WHEN 'sign_mode' THEN sign_mode"
	    " WHEN 'missing_key_action' THEN missing_key_action WHEN 'digest' THEN digest"
	    " WHEN 'signature_scheme' THEN signature_scheme WHEN 'content_cipher' THEN"
	    " content_cipher WHEN 'key_transport' THEN key_transport WHEN 'certificate_id' THEN"
	    " certificate_id WHEN 'must_encrypt' THEN must_encrypt WHEN 'seal_again' THEN"
	    " seal_again WHEN 'note' THEN p.note ELSE 'NOT EXPORTED' END AS value"
	    " FROM sending_profile p, pragma_table_info('sending_profile') t)";
	char before[2000];

	db_run("INSERT INTO sending_profile(name, mode, signing_certificate, sign_mode, "
	       "missing_key_action, digest,"
	       " signature_scheme, content_cipher, key_transport, certificate_id, must_encrypt, "
	       "seal_again, note)"
	       " VALUES('it''s \"x\"' || char(10), 'sign-encrypt', 'gw', 'opaque', 'drop', "
	       "'sha512', 'rsa-pss', 'aes256-gcm',"
	       " 'rsa-oaep', 'subject-key-id', 1, 1, 'Grüße')");
	(void)snprintf(before, sizeof before, "%s", db_query(all));
	ck_assert_ptr_null(strstr(before, "NOT EXPORTED"));
	ck_assert_int_eq(ctl("profile", "export", NULL), EX_OK);
	ck_assert_int_eq(
	    smime_buf_append(&exported, ctl_out.data, strlen((char *)ctl_out.data)), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&exported), SMIME_OK);
	db_run("DELETE FROM sending_profile");
	ck_assert_int_eq(ctl("profile", "import", file((char *)exported.data), NULL), EX_OK);
	says("sending_profile: 1 imported");
	ck_assert_str_eq(db_query(all), before);
	/* The same once more: refused, or replaced. */
	ck_assert_int_eq(ctl("profile", "import", file((char *)exported.data), NULL), EX_DATAERR);
	says("which is there already: --replace makes of it what the file says");
	db_run("UPDATE sending_profile SET digest = 'sha384', note = ''");
	ck_assert_int_eq(
	    ctl("profile", "import", "--replace", file((char *)exported.data), NULL), EX_OK);
	ck_assert_str_eq(db_query(all), before);
}
END_TEST

START_TEST(what_is_left_out_is_the_tables_default)
{
	ck_assert_int_eq(ctl("profile", "import",
			     file("[{\"name\": \"imported\", \"mode\": \"sign\", "
				  "\"signing_certificate\": \"gw\"}]"),
			     NULL),
	    EX_OK);
	db_run("INSERT INTO sending_profile(name, mode, signing_certificate) VALUES('inserted', "
	       "'sign', 'gw')");
	ck_assert_int_eq(ctl("profile", "export", "imported", NULL), EX_OK);
	says_not("inserted");
	ck_assert_str_eq(
	    db_query("SELECT count(*) FROM sending_profile a, sending_profile b WHERE a.name < "
		     "b.name AND"
		     " (a.sign_mode, a.missing_key_action, a.digest, a.signature_scheme, "
		     "a.content_cipher,"
		     " a.key_transport, a.certificate_id, a.must_encrypt, a.seal_again, a.note) ="
		     " (b.sign_mode, b.missing_key_action, b.digest, b.signature_scheme, "
		     "b.content_cipher,"
		     " b.key_transport, b.certificate_id, b.must_encrypt, b.seal_again, b.note)"),
	    "1 ");
}
END_TEST

START_TEST(filters_go_on_with_a_replaced_profile)
{
	db_run(
	    "INSERT INTO sending_profile(name, mode, signing_certificate) VALUES('p', 'sign', "
	    "'gw');"
	    "INSERT INTO content_filter(name, direction, condition) VALUES('f', 'outgoing', '');"
	    "INSERT INTO content_filter_action(content_filter, position, action, sending_profile)"
	    " VALUES('f', 1, 'smime-gateway', 'p')");
	ck_assert_int_eq(ctl("profile", "import", "--replace",
			     file("[{\"name\":\"p\",\"mode\":\"encrypt\"}]"), NULL),
	    EX_OK);
	ck_assert_str_eq(db_query("SELECT mode FROM sending_profile, content_filter_action WHERE "
				  "sending_profile = name"),
	    "encrypt ");
	/* Who did it. */
	ck_assert_str_ne(db_query("SELECT who FROM change_log ORDER BY id DESC LIMIT 1"), " ");
}
END_TEST

/* clang-format off */
static const struct {
	const char *json, *says;
} wrong[] = {
	{ "mode = sign", "is no JSON" },
	{ "{\"name\":\"p\",\"mode\":\"encrypt\"}", "is no array of profiles" },
	{ "[\"p\"]", "holds something that is no profile" },
	{ "[{\"name\":\"p\",\"mode\":\"encrypt\",\"cypher\":\"aes\"}]", "has \"cypher\", and sending_profile has no such column" },
	{ "[{\"name\":\"p\",\"mode\":\"encrypt\",\"must_encrypt\":1,\"must_encrypt\":0}]", "has \"must_encrypt\" twice in one profile" },
	{ "[{\"name\":\"p\",\"mode\":\"encrypt\"},{\"mode\":\"encrypt\",\"name\":\"p\"}]", "has the profile \"p\" twice" },
	{ "[{\"name\":\"p\\u0000q\",\"mode\":\"encrypt\"}]", "has a NUL (\\u0000) in the profile \"p\"" },
	{ "[{\"name\":\"p\",\"mode\":\"encript\"}]", "sending_profile.mode must be sign, encrypt" },
	{ "[{\"name\":\"p\",\"mode\":\"sign\",\"signing_certificate\":\"nobody\"}]", "names no row of certificate" },
	{ "[{\"name\":\"p\",\"mode\":\"sign\"}]", "need signing_certificate" },
	{ "[{\"mode\":\"encrypt\"}]", "sending_profile.name" },
	{ "[{\"name\":\"p\",\"mode\":\"encrypt\"},{\"name\":\"q\",\"mode\":\"encrypt\",\"digest\":\"md5\"}]", "sending_profile.digest" },
};
/* clang-format on */

START_TEST(all_or_none_and_it_says_why)
{
	ck_assert_int_eq(ctl("profile", "import", file(wrong[_i].json), NULL), EX_DATAERR);
	says(wrong[_i].says);
	ck_assert_str_eq(db_query("SELECT count(*) FROM sending_profile"), "0 ");
}
END_TEST

START_TEST(what_stands_behind_a_nul_is_not_passed_over)
{
	char path[DIR_PATH_SIZE];

	ck_assert_int_eq(ctl("profile", "import",
			     dir_write("p.json", smime_bytes("[]\0[\"p\"]", 8), path), NULL),
	    EX_DATAERR);
	says("p.json holds a NUL");
}
END_TEST

START_TEST(nothing_is_an_empty_array)
{
	ck_assert_int_eq(ctl("profile", "export", NULL), EX_OK);
	ck_assert_str_eq((char *)ctl_out.data, "[]\n");
	ck_assert_int_eq(ctl("profile", "export", "nobody", NULL), EX_DATAERR);
	says("there is no sending_profile \"nobody\"");
	ck_assert_int_eq(ctl("profile", "import", file("[]"), NULL), EX_OK);
	says("0 imported");
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("ctl_profile");
	TCase *tc = tcase_create("all");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, every_column_survives);
	tcase_add_test(tc, what_is_left_out_is_the_tables_default);
	tcase_add_test(tc, filters_go_on_with_a_replaced_profile);
	tcase_add_loop_test(tc, all_or_none_and_it_says_why, 0, ROWS(wrong));
	tcase_add_test(tc, what_stands_behind_a_nul_is_not_passed_over);
	tcase_add_test(tc, nothing_is_an_empty_array);
	suite_add_tcase(suite, tc);
	return suite;
}
