/* test_privileges.c - root is given up for good; memory cannot be dumped. */
#include "privileges.h"
#include "support.h"

#include <pwd.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct smime_diag diag;

START_TEST(unknown_users_and_groups_are_told)
{
	char lengthy[400];

	memset(lengthy, 'u', sizeof lengthy);
	lengthy[sizeof lengthy - 1] = 0;
	ck_assert_int_eq(gateway_become("no-such-user", &diag), SMIME_E_UNSUPPORTED);
	ck_assert_ptr_nonnull(strstr(diag.text, "no-such-user"));
	ck_assert_int_eq(gateway_become("root:no-such-group", &diag), SMIME_E_UNSUPPORTED);
	ck_assert_ptr_nonnull(strstr(diag.text, "no-such-group"));
	ck_assert_int_eq(gateway_become(lengthy, &diag), SMIME_E_UNSUPPORTED);
}
END_TEST

START_TEST(becoming_oneself_needs_no_privilege)
{
	const struct passwd *self = getpwuid(geteuid());

	ck_assert_ptr_nonnull(self);
	if (self->pw_gid == getegid())
		ck_assert_int_eq(gateway_become(self->pw_name, &diag), SMIME_OK);
}
END_TEST

/* In a process of its own: there is no way back. */
static int
become_nobody(void)
{
	const struct passwd *nobody = getpwnam("nobody");

	if (!nobody || gateway_become("nobody", &diag) != SMIME_OK)
		return 1;
	if (geteuid() != nobody->pw_uid || getegid() != nobody->pw_gid || setuid(0) == 0)
		return 2;
	return gateway_become("root", &diag) == SMIME_E_SYSTEM ? 0 : 3;
}

START_TEST(root_does_not_come_back)
{
	int status = 0;
	pid_t child;

	if (geteuid() != 0)
		return; /* only root has something to give up */
	child = fork();
	if (child == 0)
		_exit(become_nobody());
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("privileges");
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, unknown_users_and_groups_are_told);
	tcase_add_test(tc, becoming_oneself_needs_no_privilege);
	tcase_add_test(tc, root_does_not_come_back);
	suite_add_tcase(suite, tc);
	return suite;
}
