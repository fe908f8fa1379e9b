/* test_snapshot_keys.c - private keys in a policy: which are refused, which are opened again, and
 * what is left of them. */
#include "policy/db.h"
#include "policy/snapshot.h"
#include "support.h"
#include "support_db.h"
#include "support_dir.h"

#include <fcntl.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PASSPHRASE "correct horse"

static struct policy_store *store;
static struct policy_snapshot *snapshot;
static struct smime_diag diag;
static bool problem;

static void
setup(void)
{
	dir_make();
	db_make();
	ck_assert_int_eq(policy_db_init(db_path(), NULL), SMIME_OK);
	diag = (struct smime_diag){ 0 };
}

static void
teardown(void)
{
	policy_snapshot_free(&snapshot);
	policy_store_free(&store);
	db_remove();
	dir_remove();
}

static void
look(void)
{
	policy_snapshot_free(&snapshot);
	diag = (struct smime_diag){ 0 };
	if (!store)
		ck_assert_msg(policy_store_open(db_path(), PASSPHRASE, &store, &diag) == SMIME_OK,
		    "%s", diag.text);
	ck_assert_int_eq(policy_store_current(store, &snapshot, &problem, &diag), SMIME_OK);
}

static struct pki_cert *
make(const char *name)
{
	return pki_make(&(struct pki_spec){ .name = name, .domains = "a.example" });
}

static void
add(const char *name, const struct pki_cert *cert, const char *private_key)
{
	SMIME_AUTO_BUF pem = { 0 };

	ck_assert_int_eq(smime_cert_pem(cert->cert, &pem), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&pem), SMIME_OK);
	db_run("INSERT INTO certificate (name, certificate, private_key) VALUES (%Q, %Q, %Q)", name,
	    (const char *)pem.data, private_key);
}

static void
add_encrypted(const char *name, const struct pki_cert *cert)
{
	SMIME_AUTO_BUF key = { 0 };

	pki_key_pem(cert, PASSPHRASE, &key);
	ck_assert_int_eq(smime_buf_terminate(&key), SMIME_OK);
	add(name, cert, (const char *)key.data);
}

/* A key file, and what column private_key calls it. */
static const char *
key_file(const struct pki_cert *cert, char column[DIR_PATH_SIZE + 8])
{
	char path[DIR_PATH_SIZE];
	SMIME_AUTO_BUF key = { 0 };

	pki_key_pem(cert, PASSPHRASE, &key);
	(void)snprintf(column, DIR_PATH_SIZE + 8, "file:%s",
	    dir_write("own.key", smime_buf_bytes(&key), path));
	return column;
}

#define EDIT() db_run("UPDATE setting SET value = value || 'x' WHERE name = 'postmaster'")

START_TEST(an_edit_of_something_else_opens_no_key_again)
{
	struct pki_cert *one = make("one"), *two = make("two");
	struct policy_snapshot *before;

	add_encrypted("one", one);
	add_encrypted("two", two);
	look();
	before = policy_snapshot_ref(snapshot);
	EDIT();
	db_run("UPDATE certificate SET name = 'renamed' WHERE name = 'one'");
	look();
	ck_assert_ptr_ne(snapshot, before);
	ck_assert_str_eq(snapshot->owns[0].name, "renamed");
	ck_assert_ptr_eq(snapshot->owns[0].key, before->owns[0].key);
	ck_assert_ptr_eq(snapshot->owns[1].key, before->owns[1].key);
	ck_assert_ptr_ne(snapshot->owns[0].key, snapshot->owns[1].key);
	/* It stays open when the policy that opened it is gone. */
	policy_snapshot_free(&before);
	EDIT();
	look();
	ck_assert_int_eq(smime_privkey_matches(snapshot->owns[0].key, one->cert, &diag), SMIME_OK);
	pki_free(&one);
	pki_free(&two);
}
END_TEST

START_TEST(another_certificate_over_the_same_key_is_still_checked)
{
	struct pki_cert *one = make("one"), *two = make("two");
	SMIME_AUTO_BUF pem = { 0 };

	add_encrypted("one", one);
	look();
	ck_assert_int_eq(smime_cert_pem(two->cert, &pem), SMIME_OK);
	ck_assert_int_eq(smime_buf_terminate(&pem), SMIME_OK);
	db_run("UPDATE certificate SET certificate = %Q", (const char *)pem.data);
	look();
	ck_assert(problem);
	ck_assert_ptr_nonnull(strstr(diag.text, "the private key is not that of"));
	ck_assert_ptr_nonnull(strstr(diag.text, "the last good policy stays in force"));
	pki_free(&one);
	pki_free(&two);
}
END_TEST

START_TEST(a_key_file_that_changed_is_opened_again)
{
	struct pki_cert *one = make("one"), *two = make("two");
	char column[DIR_PATH_SIZE + 8];
	struct policy_snapshot *before;

	add("own", one, key_file(one, column));
	look();
	before = policy_snapshot_ref(snapshot);
	/* The same key, encrypted anew. */
	(void)key_file(one, column);
	EDIT();
	look();
	ck_assert(!problem);
	ck_assert_ptr_ne(snapshot->owns[0].key, before->owns[0].key);
	(void)key_file(two, column);
	EDIT();
	look();
	ck_assert(problem);
	ck_assert_ptr_nonnull(strstr(diag.text, "certificate \"own\": the private key is not"));
	policy_snapshot_free(&before);
	pki_free(&one);
	pki_free(&two);
}
END_TEST

static void
refused(const char *sentence)
{
	ck_assert_int_ne(policy_store_open(db_path(), PASSPHRASE, &store, &diag), SMIME_OK);
	ck_assert_ptr_null(store);
	ck_assert_msg(strstr(diag.text, sentence), "%s", diag.text);
}

START_TEST(a_key_that_does_not_fit_is_refused_at_the_start)
{
	struct pki_cert *one = make("one"), *two = make("two");
	SMIME_AUTO_BUF key = { 0 };

	pki_key_pem(two, NULL, &key);
	ck_assert_int_eq(smime_buf_terminate(&key), SMIME_OK);
	add("own", one, (const char *)key.data);
	refused("certificate \"own\": the private key is not that of the certificate of CN=one");
	pki_free(&one);
	pki_free(&two);
}
END_TEST

START_TEST(a_key_under_another_passphrase_is_refused)
{
	struct pki_cert *one = make("one");
	SMIME_AUTO_BUF key = { 0 };

	pki_key_pem(one, "other", &key);
	ck_assert_int_eq(smime_buf_terminate(&key), SMIME_OK);
	add("own", one, (const char *)key.data);
	refused("the passphrase does not open it");
	pki_free(&one);
}
END_TEST

START_TEST(a_key_file_has_one_reader)
{
	struct pki_cert *one = make("one");
	char column[DIR_PATH_SIZE + 8];

	add("own", one, key_file(one, column));
	ck_assert_int_eq(chmod(column + 5, 0604), 0);
	refused("chmod 0600");
	ck_assert_int_eq(chmod(column + 5, 0620), 0);
	refused("chmod 0600");
	/* Its group may read it: that of the daemon. */
	ck_assert_int_eq(chmod(column + 5, 0640), 0);
	look();
	pki_free(&one);
}
END_TEST

START_TEST(a_key_file_has_to_be_there_and_small)
{
	struct pki_cert *one = make("one");
	static const uint8_t octets[70000];
	char column[DIR_PATH_SIZE + 8], path[DIR_PATH_SIZE];

	add("own", one, key_file(one, column));
	(void)dir_write("own.key", smime_bytes(octets, sizeof octets), path);
	refused("it is over 64 KiB");
	ck_assert_int_eq(unlink(path), 0);
	refused("No such file");
	ck_assert_int_eq(mkdir(path, 0700), 0);
	refused("directory");
	pki_free(&one);
}
END_TEST

START_TEST(a_domain_name_is_required_where_the_row_says_so)
{
	struct pki_cert *one = make("gateway");

	add_encrypted("own", one);
	db_run("UPDATE certificate SET require_fqdn = 1");
	refused("require_fqdn: the common name \"gateway\" is no fully qualified domain name");
	pki_free(&one);
}
END_TEST

/* ---- other parties ---- */

static const struct policy_known *
known(const struct policy_snapshot *s, const char *name)
{
	for (size_t i = 0; i < s->public_key_count; i++)
		if (strcmp(s->public_keys[i].name, name) == 0)
			return s->public_keys[i].known;
	return NULL;
}

START_TEST(certificates_that_did_not_change_are_not_parsed_again)
{
	struct pki_cert *one = make("one"), *two = make("two"), *three = make("three");
	struct policy_snapshot *before;

	db_add_public_key("a", one);
	db_add_public_key("b", two);
	db_add_public_key("d", two);
	look();
	before = policy_snapshot_ref(snapshot);
	db_run("DELETE FROM public_key WHERE name = 'a'; UPDATE public_key SET certificate = "
	       "certificate || char(10) || 'a remark' WHERE name = 'd'");
	db_add_public_key("A", one);
	db_add_public_key("c", three);
	look();
	ck_assert_uint_eq(snapshot->public_key_count, 4);
	ck_assert(!problem);
	ck_assert_ptr_eq(known(snapshot, "b"), known(before, "b"));
	ck_assert_ptr_eq(known(snapshot, "d"), known(before, "d"));
	ck_assert_ptr_ne(known(snapshot, "A"), known(before, "a"));
	ck_assert_ptr_nonnull(known(snapshot, "c"));
	/* The same row with another certificate is another. */
	db_run("UPDATE public_key SET certificate = (SELECT certificate FROM public_key"
	       " WHERE name = 'c') WHERE name = 'b'");
	look();
	ck_assert_ptr_ne(known(snapshot, "b"), known(before, "b"));
	db_run("UPDATE public_key SET certificate ="
	       " '-----BEGIN CERTIFICATE-----x-----END CERTIFICATE-----' WHERE name = 'b'");
	look();
	ck_assert(problem);
	ck_assert_ptr_nonnull(strstr(diag.text, "public_key \"b\""));
	policy_snapshot_free(&before);
	pki_free(&one);
	pki_free(&two);
	pki_free(&three);
}
END_TEST

/* ---- what is left in memory ---- */

/* How often a secret stands in what this process may write. */
static size_t
count_in_memory(const uint8_t *secret, size_t len)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	size_t found = 0;
	char line[400];

	ck_assert(maps && memory >= 0);
	while (fgets(line, sizeof line, maps)) {
		unsigned long from, to;
		char rights[8];
		uint8_t *copy;
		ssize_t got;

		if (sscanf(line, "%lx-%lx %7s", &from, &to, rights) != 3 || rights[1] != 'w' ||
		    to - from > (unsigned long)1 << 27)
			continue;
		copy = malloc(to - from);
		ck_assert_ptr_nonnull(copy);
		got = pread(memory, copy, to - from, (off_t)from);
		for (uint8_t *at = copy; got > 0 && at < copy + got; found++) {
			at = memmem(at, (size_t)(copy + got - at), secret, len);
			if (!at)
				break;
			at++;
		}
		/* Or it is found once more, where this was. */
		explicit_bzero(copy, to - from);
		free(copy);
	}
	(void)fclose(maps);
	(void)close(memory);
	return found;
}

/* Half of a private exponent, as big numbers keep it: the least octet first. */
static void
take_secret(const struct pki_cert *cert, uint8_t out[16])
{
	gnutls_datum_t x = { 0 }, y = { 0 }, k = { 0 };
	gnutls_ecc_curve_t curve;

	ck_assert_int_ge(gnutls_x509_privkey_export_ecc_raw(cert->key, &curve, &x, &y, &k), 0);
	for (size_t i = 0; i < 16; i++)
		out[i] = (uint8_t)~k.data[k.size - 1 - i];
	explicit_bzero(k.data, k.size);
	gnutls_free(x.data);
	gnutls_free(y.data);
	gnutls_free(k.data);
}

static size_t
count_secret(const uint8_t mask[16])
{
	uint8_t secret[16];
	size_t found;

	for (size_t i = 0; i < sizeof secret; i++)
		secret[i] = (uint8_t)~mask[i];
	found = count_in_memory(secret, sizeof secret);
	explicit_bzero(secret, sizeof secret);
	return found;
}

START_TEST(the_last_policy_to_go_wipes_the_key)
{
	struct pki_cert *one = make("one");
	uint8_t mask[16];
	size_t still;

	add_encrypted("own", one);
	take_secret(one, mask);
	pki_free(&one);
	still = count_secret(mask);
	look();
	ck_assert_uint_gt(count_secret(mask), still);
	EDIT();
	look();
	policy_snapshot_free(&snapshot);
	policy_store_free(&store);
	ck_assert_uint_le(count_secret(mask), still);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("snapshot_keys");
	TCase *tc = tcase_create("all");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, an_edit_of_something_else_opens_no_key_again);
	tcase_add_test(tc, another_certificate_over_the_same_key_is_still_checked);
	tcase_add_test(tc, a_key_file_that_changed_is_opened_again);
	tcase_add_test(tc, a_key_that_does_not_fit_is_refused_at_the_start);
	tcase_add_test(tc, a_key_under_another_passphrase_is_refused);
	tcase_add_test(tc, a_key_file_has_one_reader);
	tcase_add_test(tc, a_key_file_has_to_be_there_and_small);
	tcase_add_test(tc, a_domain_name_is_required_where_the_row_says_so);
	tcase_add_test(tc, certificates_that_did_not_change_are_not_parsed_again);
	tcase_add_test(tc, the_last_policy_to_go_wipes_the_key);
	return suite;
}
