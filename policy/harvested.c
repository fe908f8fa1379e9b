/* harvested.c - the active keys of one address, straight from the table: what an administrator
 * changes there applies to the next message. */
#include "harvested.h"

#include "policy/db.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct policy_harvested {
	atomic_uint references;
	pthread_mutex_t lock;
	struct policy_db *db;
};

enum smime_status
policy_harvested_open(const char *path, struct policy_harvested **out, struct smime_diag *diag)
{
	struct policy_harvested *h = calloc(1, sizeof *h);
	enum smime_status status;

	*out = NULL;
	if (!h || pthread_mutex_init(&h->lock, NULL) != 0) {
		free(h);
		return SMIME_E_SYSTEM;
	}
	atomic_init(&h->references, 1);
	status = policy_db_open(path, POLICY_DB_READ, &h->db, diag);
	if (status != SMIME_OK)
		policy_harvested_free(&h);
	*out = h;
	return status;
}

struct policy_harvested *
policy_harvested_ref(struct policy_harvested *harvested)
{
	(void)atomic_fetch_add(&harvested->references, 1);
	return harvested;
}

void
policy_harvested_free(struct policy_harvested **harvested)
{
	struct policy_harvested *h = *harvested;

	*harvested = NULL;
	if (!h || atomic_fetch_sub(&h->references, 1) > 1)
		return;
	policy_db_free(&h->db);
	(void)pthread_mutex_destroy(&h->lock);
	free(h);
}

static enum smime_status
add(struct smime_bytes pem, struct smime_certs *out)
{
	SMIME_AUTO(smime_cert) cert = NULL;
	enum smime_status status = smime_cert_import_pem(pem, &cert, NULL);

	if (status == SMIME_E_SYSTEM)
		return status;
	return status == SMIME_OK ? smime_certs_add(out, cert) : SMIME_OK;
}

static enum smime_status
find(struct policy_db *db, const char *address, struct smime_certs *out, struct smime_diag *diag)
{
	SMIME_AUTO(policy_stmt) row = NULL;
	bool more;

	SMIME_TRY(policy_stmt_take(db, POLICY_SQL_HARVESTED_ACTIVE, &row, diag));
	SMIME_TRY(policy_bind_text(row, 1, address));
	for (;;) {
		SMIME_TRY(policy_step(row, &more, diag));
		if (!more)
			return SMIME_OK;
		SMIME_TRY(add(policy_column_bytes(row, 0), out));
	}
}

enum smime_status
policy_harvested_find(struct policy_harvested *harvested, const char *address,
    struct smime_certs *out, struct smime_diag *diag)
{
	enum smime_status status;

	(void)pthread_mutex_lock(&harvested->lock);
	status = find(harvested->db, address, out, diag);
	(void)pthread_mutex_unlock(&harvested->lock);
	return status;
}

static enum smime_status
find_caps(struct policy_db *db, const struct smime_cert *cert, struct smime_caps *out,
    struct smime_diag *diag)
{
	SMIME_AUTO(policy_stmt) row = NULL;
	bool found;

	SMIME_TRY(policy_stmt_take(db, POLICY_SQL_HARVESTED_CAPABILITIES, &row, diag));
	SMIME_TRY(policy_bind_text(row, 1, smime_cert_fingerprint_hex(cert)));
	SMIME_TRY(policy_step(row, &found, diag));
	if (found)
		*out = smime_caps_parse(policy_column_text(row, 0));
	return SMIME_OK;
}

enum smime_status
policy_harvested_caps(struct policy_harvested *harvested, const struct smime_cert *cert,
    struct smime_caps *out, struct smime_diag *diag)
{
	enum smime_status status;

	*out = (struct smime_caps){ 0 };
	(void)pthread_mutex_lock(&harvested->lock);
	status = find_caps(harvested->db, cert, out, diag);
	(void)pthread_mutex_unlock(&harvested->lock);
	return status;
}
