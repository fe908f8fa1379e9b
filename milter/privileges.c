/* privileges.c - give up what the daemon does not need. Refuses to go on when root could be had
 * back. */
#include "privileges.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAMES_MOST 16384

struct identity {
	char user[256];
	uid_t uid;
	gid_t gid;
};

static enum smime_status
find_user(struct identity *id, struct smime_diag *diag)
{
	struct passwd entry;
	struct passwd *found = NULL;
	char names[NAMES_MOST];

	if (getpwnam_r(id->user, &entry, names, sizeof names, &found) != 0 || !found)
		return smime_fail(
		    diag, SMIME_E_UNSUPPORTED, "user", "there is no user %s (-u)", id->user);
	id->uid = found->pw_uid;
	id->gid = found->pw_gid;
	return SMIME_OK;
}

static enum smime_status
find_group(const char *name, gid_t *out, struct smime_diag *diag)
{
	struct group entry;
	struct group *found = NULL;
	char names[NAMES_MOST];

	if (getgrnam_r(name, &entry, names, sizeof names, &found) != 0 || !found)
		return smime_fail(
		    diag, SMIME_E_UNSUPPORTED, "user", "there is no group %s (-u)", name);
	*out = found->gr_gid;
	return SMIME_OK;
}

static enum smime_status
find_identity(const char *user, struct identity *id, struct smime_diag *diag)
{
	const char *colon = strchr(user, ':');
	size_t len = colon ? (size_t)(colon - user) : strlen(user);

	if (len >= sizeof id->user)
		return smime_fail(
		    diag, SMIME_E_UNSUPPORTED, "user", "the user name is too long (-u)");
	memcpy(id->user, user, len);
	id->user[len] = 0;
	SMIME_TRY(find_user(id, diag));
	return colon ? find_group(colon + 1, &id->gid, diag) : SMIME_OK;
}

/* Whether the kernel would give root back. */
static bool
root_comes_back(const struct identity *id)
{
	return id->uid != 0 && (setuid(0) == 0 || seteuid(0) == 0);
}

enum smime_status
gateway_become(const char *user, struct smime_diag *diag)
{
	struct identity id = { 0 };

	SMIME_TRY(find_identity(user, &id, diag));
	if (geteuid() == id.uid && getegid() == id.gid)
		return SMIME_OK;
	if (initgroups(id.user, id.gid) != 0 || setresgid(id.gid, id.gid, id.gid) != 0 ||
	    setresuid(id.uid, id.uid, id.uid) != 0)
		return smime_fail(diag, SMIME_E_SYSTEM, "user", "cannot become user %s: %s", user,
		    strerrordesc_np(errno));
	if (root_comes_back(&id))
		return smime_fail(
		    diag, SMIME_E_SYSTEM, "user", "root privileges could not be given up");
	return SMIME_OK;
}
