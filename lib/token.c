/* token.c - a private key in a PKCS#11 token: raw RSA and ECDH.  PKCS#11 v2.40, RFC 7512.
 * One session stays open, and with it the login; each operation has one of its own, since a session
 * does one thing at a time. What the token answers is told by number: it knows no secrets. */
#include "token.h"

#include <p11-kit/p11-kit.h>
#include <p11-kit/pin.h>
#include <p11-kit/pkcs11.h>
#include <p11-kit/uri.h>
#include <stdlib.h>

#define SLOTS_MAX 64
#define RSA_MAX   1024 /* octets of a modulus */

struct smime_token {
	CK_FUNCTION_LIST **modules; /* NULL-ended */
	CK_FUNCTION_LIST *module;   /* the one with the token */
	CK_SLOT_ID slot;
	CK_SESSION_HANDLE session; /* 0: none; PKCS#11 has no session 0 */
	CK_OBJECT_HANDLE key;
	size_t modulus;
};

void
smime_token_free(struct smime_token **token)
{
	struct smime_token *t = *token;

	*token = NULL;
	if (!t)
		return;
	if (t->session)
		(void)t->module->C_CloseSession(t->session);
	if (t->modules)
		p11_kit_modules_finalize_and_release(t->modules);
	free(t);
}

/* ---- URI and PIN ---- */

static void
uri_free(P11KitUri **uri)
{
	if (*uri)
		p11_kit_uri_free(*uri);
}
#define AUTO_URI __attribute__((cleanup(uri_free))) P11KitUri *

static enum smime_status
parse_uri(const char *text, P11KitUri **out, struct smime_diag *diag)
{
	*out = p11_kit_uri_new();
	if (!*out)
		return SMIME_E_SYSTEM;
	return p11_kit_uri_parse(text, P11_KIT_URI_FOR_ANY, *out) == P11_KIT_URI_OK
		   ? SMIME_OK
		   : smime_fail(diag, SMIME_E_NOKEY, "private-key",
			 "private key: the pkcs11: URI is none (RFC 7512)");
}

/* "pin-source ... MAY be a file: URI" (RFC 7512 s2.4); a plain path is common, too. */
static enum smime_status
read_pin_source(const char *source, P11KitUri *uri, struct smime_buf *out, struct smime_diag *diag)
{
	enum smime_status status;
	const unsigned char *octets;
	P11KitPin *pin;
	size_t len;

	if (strncmp(source, "file:", 5) == 0)
		source += 5;
	if (strncmp(source, "//", 2) == 0)
		source += 2;
	pin = p11_kit_pin_file_callback(source, uri, "PIN", P11_KIT_PIN_FLAGS_USER_LOGIN, NULL);
	if (!pin)
		return smime_fail(diag, SMIME_E_NOKEY, "passphrase",
		    "private key: its pin-source %s cannot be read", source);
	octets = p11_kit_pin_get_value(pin, &len);
	while (len > 0 && (octets[len - 1] == '\n' || octets[len - 1] == '\r'))
		len--;
	status = smime_buf_append(out, octets, len);
	p11_kit_pin_unref(pin);
	return status;
}

enum smime_status
smime_token_pin(const char *text, struct smime_buf *out, struct smime_diag *diag)
{
	AUTO_URI uri = NULL;
	const char *value, *source;

	SMIME_TRY(parse_uri(text, &uri, diag));
	value = p11_kit_uri_get_pin_value(uri);
	source = p11_kit_uri_get_pin_source(uri);
	if (value)
		SMIME_TRY(smime_buf_append(out, value, strlen(value)));
	else if (source)
		SMIME_TRY(read_pin_source(source, uri, out, diag));
	return smime_buf_terminate(out);
}

/* ---- finding ---- */

/* The token of this module that the URI names. */
static bool
find_slot(struct smime_token *t, P11KitUri *uri, CK_FUNCTION_LIST *module, CK_TOKEN_INFO *info)
{
	CK_SLOT_ID slots[SLOTS_MAX];
	CK_ULONG count = SLOTS_MAX;
	CK_INFO about;

	if (module->C_GetInfo(&about) != CKR_OK || !p11_kit_uri_match_module_info(uri, &about) ||
	    module->C_GetSlotList(CK_TRUE, slots, &count) != CKR_OK)
		return false;
	for (CK_ULONG i = 0; i < count; i++)
		if (module->C_GetTokenInfo(slots[i], info) == CKR_OK &&
		    (info->flags & CKF_TOKEN_INITIALIZED) &&
		    p11_kit_uri_match_token_info(uri, info)) {
			t->module = module;
			t->slot = slots[i];
			return true;
		}
	return false;
}

static enum smime_status
find_token(struct smime_token *t, P11KitUri *uri, CK_TOKEN_INFO *info, struct smime_diag *diag)
{
	t->modules = p11_kit_modules_load_and_initialize(0);
	for (CK_FUNCTION_LIST **m = t->modules; m && *m; m++)
		if (find_slot(t, uri, *m, info))
			return SMIME_OK;
	return smime_fail(diag, SMIME_E_NOKEY, "no-key",
	    "private key: the token of the pkcs11: URI is not there");
}

static enum smime_status
log_in(struct smime_token *t, const char *pin, const CK_TOKEN_INFO *info, struct smime_diag *diag)
{
	CK_RV rv = t->module->C_OpenSession(t->slot, CKF_SERIAL_SESSION, NULL, NULL, &t->session);

	if (rv == CKR_OK && pin && *pin && (info->flags & CKF_LOGIN_REQUIRED))
		rv = t->module->C_Login(
		    t->session, CKU_USER, (unsigned char *)(uintptr_t)pin, (CK_ULONG)strlen(pin));
	if (rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN)
		return SMIME_OK;
	return smime_fail(diag, SMIME_E_NOKEY, "passphrase",
	    rv == CKR_PIN_INCORRECT ? "private key: the token refuses the PIN"
				    : "private key: no session with the token (error %#lx)",
	    (unsigned long)rv);
}

/* What the URI says of the key, and that it is a private one. */
static enum smime_status
find_key(struct smime_token *t, P11KitUri *uri, struct smime_diag *diag)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE template[8] = { { CKA_CLASS, &class, sizeof class } };
	CK_ULONG given = 0, count = 1, found = 0;
	CK_ATTRIBUTE *attributes = p11_kit_uri_get_attributes(uri, &given);
	CK_RV rv;

	for (CK_ULONG i = 0; i < given && count < 8; i++)
		if (attributes[i].type != CKA_CLASS)
			template[count++] = attributes[i];
	rv = t->module->C_FindObjectsInit(t->session, template, count);
	if (rv == CKR_OK)
		rv = t->module->C_FindObjects(t->session, &t->key, 1, &found);
	(void)t->module->C_FindObjectsFinal(t->session);
	return rv == CKR_OK && found == 1
		   ? SMIME_OK
		   : smime_fail(diag, SMIME_E_NOKEY, "no-key",
			 "private key: the token has no key like the pkcs11: URI says");
}

static void
read_modulus(struct smime_token *t)
{
	CK_ATTRIBUTE modulus = { CKA_MODULUS, NULL, 0 };

	if (t->module->C_GetAttributeValue(t->session, t->key, &modulus, 1) == CKR_OK &&
	    modulus.ulValueLen <= RSA_MAX)
		t->modulus = modulus.ulValueLen;
}

enum smime_status
smime_token_open(
    const char *text, const char *pin, struct smime_token **out, struct smime_diag *diag)
{
	SMIME_AUTO(smime_token) t = calloc(1, sizeof *t);
	SMIME_AUTO_BUF own_pin = { .secret = true };
	CK_TOKEN_INFO info = { 0 };
	AUTO_URI uri = NULL;

	*out = NULL;
	if (!t)
		return SMIME_E_SYSTEM;
	SMIME_TRY(parse_uri(text, &uri, diag));
	SMIME_TRY(smime_token_pin(text, &own_pin, diag));
	SMIME_TRY(find_token(t, uri, &info, diag));
	SMIME_TRY(log_in(t, own_pin.len > 0 ? (const char *)own_pin.data : pin, &info, diag));
	SMIME_TRY(find_key(t, uri, diag));
	read_modulus(t);
	*out = t;
	t = NULL;
	return SMIME_OK;
}

size_t
smime_token_modulus(const struct smime_token *token)
{
	return token->modulus;
}

/* ---- operations ---- */

/* The token's fault, or the key's: never the message's. */
static enum smime_status
failed(CK_RV rv, const char *what, struct smime_diag *diag)
{
	if (rv == CKR_MECHANISM_INVALID || rv == CKR_KEY_FUNCTION_NOT_PERMITTED ||
	    rv == CKR_KEY_TYPE_INCONSISTENT || rv == CKR_FUNCTION_NOT_SUPPORTED)
		return smime_fail(diag, SMIME_E_UNSUPPORTED, "key-type",
		    "the token does not let its key %s (error %#lx)", what, (unsigned long)rv);
	return smime_fail(diag, SMIME_E_SYSTEM, "token", "the token cannot %s (error %#lx)", what,
	    (unsigned long)rv);
}

static bool
is_token_trouble(CK_RV rv)
{
	return rv == CKR_DEVICE_ERROR || rv == CKR_DEVICE_REMOVED || rv == CKR_DEVICE_MEMORY ||
	       rv == CKR_HOST_MEMORY || rv == CKR_TOKEN_NOT_PRESENT || rv == CKR_SESSION_CLOSED ||
	       rv == CKR_SESSION_HANDLE_INVALID || rv == CKR_USER_NOT_LOGGED_IN ||
	       rv == CKR_FUNCTION_NOT_SUPPORTED || rv == CKR_KEY_HANDLE_INVALID;
}

enum smime_status
smime_token_decrypt(const struct smime_token *token, struct smime_bytes encrypted, uint8_t *out,
    struct smime_diag *diag)
{
	CK_MECHANISM mechanism = { CKM_RSA_X_509, NULL, 0 };
	CK_FUNCTION_LIST *m = token->module;
	CK_ULONG len = token->modulus;
	CK_SESSION_HANDLE session;
	uint8_t room[RSA_MAX];
	CK_RV rv = m->C_OpenSession(token->slot, CKF_SERIAL_SESSION, NULL, NULL, &session);

	if (rv != CKR_OK)
		return failed(rv, "decrypt", diag);
	rv = m->C_DecryptInit(session, &mechanism, token->key);
	if (rv != CKR_OK) {
		(void)m->C_CloseSession(session);
		return failed(rv, "decrypt", diag);
	}
	rv = m->C_Decrypt(session, (unsigned char *)(uintptr_t)encrypted.data,
	    (CK_ULONG)encrypted.len, room, &len);
	(void)m->C_CloseSession(session);
	if (rv == CKR_OK && len == token->modulus)
		memcpy(out, room, len);
	explicit_bzero(room, sizeof room);
	/* Anything else that it says is about the ciphertext, and goes no further. */
	return is_token_trouble(rv) ? failed(rv, "decrypt", diag) : SMIME_OK;
}

static CK_RV
derive(const struct smime_token *token, CK_SESSION_HANDLE session, struct smime_bytes point,
    CK_ATTRIBUTE *value)
{
	CK_ECDH1_DERIVE_PARAMS params = { .kdf = CKD_NULL,
		.ulPublicDataLen = (CK_ULONG)point.len,
		.pPublicData = (unsigned char *)(uintptr_t)point.data };
	CK_MECHANISM mechanism = { CKM_ECDH1_DERIVE, &params, sizeof params };
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ATTRIBUTE template[] = { { CKA_CLASS, &class, sizeof class },
		{ CKA_KEY_TYPE, &type, sizeof type }, { CKA_TOKEN, &no, sizeof no },
		{ CKA_SENSITIVE, &no, sizeof no }, { CKA_EXTRACTABLE, &yes, sizeof yes },
		{ CKA_VALUE_LEN, &value->ulValueLen, sizeof value->ulValueLen } };
	CK_OBJECT_HANDLE secret;
	CK_RV rv = token->module->C_DeriveKey(
	    session, &mechanism, token->key, template, sizeof template / sizeof *template, &secret);

	if (rv != CKR_OK)
		return rv;
	rv = token->module->C_GetAttributeValue(session, secret, value, 1);
	(void)token->module->C_DestroyObject(session, secret);
	return rv;
}

enum smime_status
smime_token_derive(const struct smime_token *token, struct smime_bytes point,
    struct smime_buf *secret, struct smime_diag *diag)
{
	size_t octets = point.len / 2; /* of a coordinate: one octet stands before the two */
	CK_ATTRIBUTE value = { CKA_VALUE, NULL, (CK_ULONG)octets };
	CK_SESSION_HANDLE session;
	uint8_t room[RSA_MAX];
	enum smime_status status;
	CK_RV rv;

	if (point.len < 3 || point.data[0] != 4 || octets > sizeof room)
		return SMIME_E_UNTRUSTED;
	rv = token->module->C_OpenSession(token->slot, CKF_SERIAL_SESSION, NULL, NULL, &session);
	if (rv != CKR_OK)
		return failed(rv, "agree on a key", diag);
	value.pValue = room;
	rv = derive(token, session, point, &value);
	(void)token->module->C_CloseSession(session);
	if (rv == CKR_OK && value.ulValueLen == octets)
		status = smime_buf_append(secret, room, octets);
	else if (is_token_trouble(rv) || rv == CKR_MECHANISM_INVALID ||
		 rv == CKR_KEY_FUNCTION_NOT_PERMITTED || rv == CKR_KEY_TYPE_INCONSISTENT)
		status = failed(rv, "agree on a key", diag);
	else
		status = SMIME_E_UNTRUSTED;
	explicit_bzero(room, sizeof room);
	return status;
}
