/* test_merge.c - which copies go out as one, and which never do. */
#include "outcome.h"
#include "support.h"
#include "support_gateway.h"

#include <stdlib.h>

static struct policy_profile profile;
static struct policy_splinter plain[2], sealing;
static struct policy_outcome *outcome;
static struct smime_spool *shared;

static void
setup(void)
{
	sealing.profile = &profile;
	outcome = calloc(1, sizeof *outcome);
	ck_assert_ptr_nonnull(outcome);
	ck_assert_int_eq(smime_spool_new(NULL, &shared), SMIME_OK);
}

static void
teardown(void)
{
	for (size_t i = 0; i < outcome->copy_count; i++)
		if (outcome->copies[i].entity == shared)
			outcome->copies[i].entity = NULL;
	policy_outcome_free(&outcome);
	smime_spool_free(&shared);
}

/* Two copies, for recipients 0 and 1 to 2, with what both have. */
static struct policy_copy *
two_copies(void)
{
	(void)outcome_copy(outcome, 0, 1, NULL);
	(void)outcome_copy(outcome, 1, 3, NULL);
	for (size_t i = 0; i < 2; i++) {
		outcome->copies[i].splinter = &plain[i];
		outcome->copies[i].treatment = POLICY_CLEAR;
		outcome->copies[i].entity = shared;
		outcome->copies[i].quarantine = strdup("Policy");
		outcome_edit(&outcome->copies[i], POLICY_EDIT_INSERT, "X-Seen", "yes", NULL);
	}
	return &outcome->copies[1];
}

START_TEST(copies_that_are_the_same_octets_become_one)
{
	(void)two_copies();
	ck_assert(policy_copies_are_alike(&outcome->copies[0], &outcome->copies[1]));
	ck_assert_int_eq(policy_outcome_merge(outcome), SMIME_OK);
	ck_assert_uint_eq(outcome->copies[0].recipient_count, 3);
	for (size_t i = 0; i < 3; i++)
		ck_assert_uint_eq(outcome->copies[0].recipients[i], i);
	ck_assert_uint_eq(outcome->copies[1].recipient_count, 0);
	/* Once more changes nothing. */
	ck_assert_int_eq(policy_outcome_merge(outcome), SMIME_OK);
	ck_assert_uint_eq(outcome->copies[0].recipient_count, 3);
}
END_TEST

static void
sealed(struct policy_copy *c)
{
	c->splinter = &sealing;
}

static void
signed_for_some(struct policy_copy *c)
{
	c->treatment = POLICY_SIGNED;
}

static void
as_it_came(struct policy_copy *c)
{
	c->entity = NULL;
}

static void
decrypted(struct policy_copy *c)
{
	c->decrypted = true;
}

static void
not_held(struct policy_copy *c)
{
	free(c->quarantine);
	c->quarantine = NULL;
}

static void
held_elsewhere(struct policy_copy *c)
{
	c->quarantine[0] = 'p';
}

static void
one_edit_more(struct policy_copy *c)
{
	outcome_edit(c, POLICY_EDIT_STRIP, "X-Seen", NULL, NULL);
}

static void
another_value(struct policy_copy *c)
{
	c->edits.item[0].value[0] = 'Y';
}

static void
another_kind(struct policy_copy *c)
{
	c->edits.item[0].kind = POLICY_EDIT_STRIP;
}

static void (*const differences[])(struct policy_copy *c) = { sealed, signed_for_some, as_it_came,
	decrypted, not_held, held_elsewhere, one_edit_more, another_value, another_kind };

START_TEST(copies_that_differ_stay_apart)
{
	differences[_i](two_copies());
	ck_assert(!policy_copies_are_alike(&outcome->copies[0], &outcome->copies[1]));
	ck_assert(!policy_copies_are_alike(&outcome->copies[1], &outcome->copies[0]));
	ck_assert_int_eq(policy_outcome_merge(outcome), SMIME_OK);
	ck_assert_uint_eq(outcome->copies[0].recipient_count, 1);
	ck_assert_uint_eq(outcome->copies[1].recipient_count, 2);
}
END_TEST

START_TEST(what_can_be_held_as_one_is_accepted)
{
	(void)two_copies();
	ck_assert_int_eq(policy_outcome_settle(outcome), SMIME_OK);
	ck_assert_int_eq(outcome->reply, POLICY_REPLY_ACCEPT);
	ck_assert_uint_eq(outcome->copy_count, 2);
	ck_assert_uint_eq(outcome->bounce_count, 0);
}
END_TEST

/* The one for the most is held, the other is not let go; who is not held gets his. */
START_TEST(what_cannot_be_held_is_refused_and_the_rest_is_accepted)
{
	const struct policy_bounce *bounce;

	(void)two_copies();
	(void)outcome_copy(outcome, 3, 7, NULL);
	outcome->copies[2].splinter = &plain[0];
	another_value(&outcome->copies[1]);
	ck_assert_int_eq(policy_outcome_settle(outcome), SMIME_OK);
	ck_assert_int_eq(outcome->reply, POLICY_REPLY_ACCEPT);
	ck_assert_uint_eq(outcome->copy_count, 2);
	ck_assert_str_eq(outcome->copies[0].quarantine, "Policy");
	ck_assert_uint_eq(outcome->copies[0].recipient_count, 2);
	ck_assert_ptr_null(outcome->copies[1].quarantine);
	ck_assert_uint_eq(outcome->copies[1].recipients[0], 3);
	ck_assert_uint_eq(outcome->bounce_count, 1);
	bounce = &outcome->bounces[0];
	ck_assert_uint_eq(bounce->recipient_count, 1);
	ck_assert_uint_eq(bounce->recipients[0], 0);
	ck_assert_str_eq(bounce->xcode, "5.7.5");
	ck_assert_ptr_nonnull(strstr(bounce->text, "send it to these recipients separately"));
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("merge");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, copies_that_are_the_same_octets_become_one);
	tcase_add_loop_test(tc, copies_that_differ_stay_apart, 0, ROWS(differences));
	tcase_add_test(tc, what_can_be_held_as_one_is_accepted);
	tcase_add_test(tc, what_cannot_be_held_is_refused_and_the_rest_is_accepted);
	suite_add_tcase(suite, tc);
	return suite;
}
