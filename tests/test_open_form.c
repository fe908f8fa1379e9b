/* test_open_form.c - what is an S/MIME object, by type, by name and by what is inside. */
#include "support.h"
#include "support_world.h"

#define OK(call) ck_assert_int_eq(call, SMIME_OK)

static const struct {
	const char *fields;
	bool opens;
} labels[] = {
	{ "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\n", true },
	{ "Content-Type: application/x-pkcs7-mime\r\n", true },
	{ "Content-Type: APPLICATION/PKCS7-MIME; smime-type=signed-data\r\n", true },
	{ "Content-Type: application/octet-stream; name=smime.p7m\r\n", true },
	{ "Content-Type: application/octet-stream; name=\"a.P7M\"\r\n", true },
	{ "Content-Type: application/octet-stream\r\nContent-Disposition: attachment; "
	  "filename=x.p7z\r\n",
	    true },
	{ "Content-Type: application/octet-stream\r\nContent-Disposition: attachment; "
	  "filename*=utf-8''x%2Ep7m\r\n",
	    true },
	{ "Content-Type: application/octet-stream; name=p7m\r\n", false },
	{ "Content-Type: application/octet-stream\r\n", false },
	{ "Content-Type: text/plain; name=smime.p7m\r\n", false },
	{ "", false },
};

START_TEST(objects_are_known_by_type_or_name)
{
	SMIME_AUTO_BUF entity = { 0 };
	SMIME_AUTO_BUF der = { 0 };
	SMIME_AUTO_BUF message = { 0 };
	SMIME_AUTO(smime_mime) mime = NULL;
	SMIME_AUTO(smime_opened) opened = NULL;

	world_seal(SMIME_MODE_ENCRYPT, false, NULL, WORLD_FIELDS WORLD_TEXT, &entity);
	world_object_of(smime_buf_bytes(&entity), &der);
	world_put(&message, WORLD_FIELDS);
	world_put(&message, labels[_i].fields);
	world_put(&message, "Content-Transfer-Encoding: base64\r\n\r\n");
	world_put_base64(&message, smime_buf_bytes(&der));
	opened = world_open(smime_buf_bytes(&message), false);
	ck_assert_msg(opened->gateway_verified == labels[_i].opens, "%s", labels[_i].fields);
	ck_assert(world_shows(opened, "CANARY") == labels[_i].opens);
	OK(smime_mime_scan(smime_buf_bytes(&message), NULL, &mime, NULL));
	ck_assert_int_eq(
	    smime_form_of(mime), labels[_i].opens ? SMIME_FORM_ENCRYPTED : SMIME_FORM_NONE);
}
END_TEST

START_TEST(what_only_claims_to_be_cms_fails_and_stays)
{
	static const char *const bodies[] = { "", "hello", "MAA=", "MIIBAAYJKoZIhvcNAQcDoA==" };

	for (int i = 0; i < ROWS(bodies); i++) {
		SMIME_AUTO_BUF message = { 0 };
		SMIME_AUTO(smime_mime) mime = NULL;
		SMIME_AUTO(smime_opened) opened = NULL;

		world_put(&message, WORLD_FIELDS "Content-Type: application/pkcs7-mime\r\n"
						 "Content-Transfer-Encoding: base64\r\n\r\n");
		world_put(&message, bodies[i]);
		opened = world_open(smime_buf_bytes(&message), false);
		ck_assert_uint_eq(opened->layer_count, 1);
		ck_assert(!opened->gateway_verified && !opened->layers[0].ok);
		ck_assert_str_eq(opened->layers[0].token, "malformed");
		ck_assert_ptr_null(opened->entity);
		OK(smime_mime_scan(smime_buf_bytes(&message), NULL, &mime, NULL));
		ck_assert_int_eq(smime_form_of(mime), SMIME_FORM_OTHER);
	}
}
END_TEST

START_TEST(openpgp_is_none_of_our_business)
{
	SMIME_AUTO(smime_opened)
	opened =
	    world_open(smime_bytes_str(WORLD_FIELDS "Content-Type: multipart/signed; boundary=x; "
						    "protocol=\"application/pgp-signature\"\r\n\r\n"
						    "--x\r\n\r\nhi\r\n--x\r\n\r\nsig\r\n--x--\r\n"),
		false);

	ck_assert_uint_eq(opened->layer_count, 0);
	ck_assert(!opened->gateway_message);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("open_form");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_unchecked_fixture(tc, world_start, world_stop);
	tcase_add_loop_test(tc, objects_are_known_by_type_or_name, 0, ROWS(labels));
	tcase_add_test(tc, what_only_claims_to_be_cms_fails_and_stays);
	tcase_add_test(tc, openpgp_is_none_of_our_business);
	return suite;
}
