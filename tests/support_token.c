/* support_token.c - see support_token.h. */
#include "support_token.h"

#include "support.h"
#include "support_dir.h"
#include "support_run.h"

#include <p11-kit/p11-kit.h>
#include <p11-kit/pkcs11.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

bool
token_is_there(void)
{
	static const char *const where[] = { "/usr/bin/softhsm2-util",
		"/usr/local/bin/softhsm2-util" };

	for (int i = 0; i < ROWS(where); i++)
		if (access(where[i], X_OK) == 0)
			return true;
	(void)puts("skipped: softhsm2-util is not installed (package softhsm2)");
	return false;
}

static void
util(const char *const *argv)
{
	SMIME_AUTO_BUF said = { 0 };

	ck_assert_msg(run_program(argv, smime_bytes(NULL, 0), &said) == 0, "%s", (char *)said.data);
}

void
token_make(void)
{
	char tokens[DIR_PATH_SIZE], path[DIR_PATH_SIZE];
	SMIME_AUTO_BUF conf = { 0 };

	ck_assert_int_eq(mkdir(dir_file("tokens", tokens), 0700), 0);
	ck_assert_int_eq(smime_buf_appendf(&conf,
			     "directories.tokendir = %s\nobjectstore.backend = file\n", tokens),
	    SMIME_OK);
	ck_assert_int_eq(
	    setenv("SOFTHSM2_CONF", dir_write("softhsm2.conf", smime_buf_bytes(&conf), path), 1),
	    0);
	util((const char *const[]){ "softhsm2-util", "--init-token", "--free", "--label", "test",
	    "--pin", TOKEN_PIN, "--so-pin", "12345678", NULL });
}

/* softhsm2-util cannot say it. */
static void
allow_derivation(CK_FUNCTION_LIST *module, const char *label)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_BBOOL yes = CK_TRUE;
	CK_ATTRIBUTE change = { CKA_DERIVE, &yes, sizeof yes };
	CK_ATTRIBUTE which[] = { { CKA_CLASS, &class, sizeof class },
		{ CKA_LABEL, (void *)(uintptr_t)label, strlen(label) } };
	CK_SLOT_ID slots[8];
	CK_ULONG count = 8, found;
	CK_SESSION_HANDLE session;
	CK_OBJECT_HANDLE key;

	ck_assert_uint_eq(module->C_GetSlotList(CK_TRUE, slots, &count), CKR_OK);
	ck_assert_uint_eq(module->C_OpenSession(
			      slots[0], CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session),
	    CKR_OK);
	ck_assert_uint_eq(
	    module->C_Login(session, CKU_USER, (unsigned char *)(uintptr_t)TOKEN_PIN, 4), CKR_OK);
	ck_assert_uint_eq(module->C_FindObjectsInit(session, which, 2), CKR_OK);
	ck_assert_uint_eq(module->C_FindObjects(session, &key, 1, &found), CKR_OK);
	ck_assert_uint_eq(found, 1);
	(void)module->C_FindObjectsFinal(session);
	ck_assert_uint_eq(module->C_SetAttributeValue(session, key, &change, 1), CKR_OK);
	(void)module->C_Logout(session);
	(void)module->C_CloseSession(session);
}

const char *
token_import(
    const struct pki_cert *cert, const char *label, bool may_derive, char uri[TOKEN_URI_SIZE])
{
	char path[DIR_PATH_SIZE], id[8];
	SMIME_AUTO_BUF pem = { 0 };
	CK_FUNCTION_LIST **modules;

	pki_key_pem(cert, NULL, &pem);
	(void)snprintf(id, sizeof id, "%02x", (unsigned)(uint8_t)*label);
	util((const char *const[]){ "softhsm2-util", "--import",
	    dir_write("import.pem", smime_buf_bytes(&pem), path), "--token", "test", "--label",
	    label, "--id", id, "--pin", TOKEN_PIN, NULL });
	(void)snprintf(uri, TOKEN_URI_SIZE, "pkcs11:token=test;object=%s;type=private", label);
	if (!may_derive)
		return uri;
	modules = p11_kit_modules_load_and_initialize(0);
	for (CK_FUNCTION_LIST **m = modules; *m; m++) {
		CK_INFO info;

		if ((*m)->C_GetInfo(&info) == CKR_OK &&
		    strncmp((char *)info.manufacturerID, "SoftHSM", 7) == 0)
			allow_derivation(*m, label);
	}
	p11_kit_modules_finalize_and_release(modules);
	return uri;
}
