/* test_gate.c - no more messages at once than the gate is wide; closing and draining. */
#include "gate.h"
#include "support.h"
#include "support_fake_mta.h"

#include <pthread.h>
#include <unistd.h>

static struct fake_mta fake;
static struct gateway_gate *gate;

static void
setup(void)
{
	static const struct gateway_gate_conf conf = { .width = 2, .wait_ms = 60, .alive_ms = 20 };

	fake_mta_init(&fake, FAKE_POSTFIX, "\n");
	ck_assert_int_eq(gateway_gate_new(&conf, &gate), SMIME_OK);
}

static void
teardown(void)
{
	gateway_gate_free(&gate);
	ck_assert_ptr_null(gate);
	fake_mta_reset(&fake);
}

START_TEST(a_message_that_waits_too_long_is_told_so_and_the_mta_hears_of_us)
{
	ck_assert(gateway_gate_enter(gate, &fake.base));
	ck_assert(gateway_gate_enter(gate, &fake.base));
	ck_assert_uint_eq(fake.progress_count, 0);
	ck_assert(!gateway_gate_enter(gate, &fake.base));
	ck_assert_uint_eq(fake.progress_count, 2);
	gateway_gate_leave(gate);
	ck_assert(gateway_gate_enter(gate, &fake.base));
}
END_TEST

static void *
leave_soon(void *unused)
{
	(void)usleep(10000);
	gateway_gate_leave(gate);
	return unused;
}

START_TEST(who_waits_enters_when_another_leaves)
{
	pthread_t thread;

	ck_assert(gateway_gate_enter(gate, &fake.base));
	ck_assert(gateway_gate_enter(gate, &fake.base));
	ck_assert_int_eq(pthread_create(&thread, NULL, leave_soon, NULL), 0);
	ck_assert(gateway_gate_enter(gate, &fake.base));
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
END_TEST

START_TEST(a_closed_gate_lets_nobody_in_and_waits_for_those_inside)
{
	pthread_t thread;

	ck_assert(gateway_gate_enter(gate, &fake.base));
	ck_assert(!gateway_gate_is_closed(gate));
	gateway_gate_close(gate);
	ck_assert(gateway_gate_is_closed(gate));
	ck_assert(!gateway_gate_enter(gate, &fake.base));
	ck_assert_uint_eq(gateway_gate_drain(gate, 5), 1);
	ck_assert_int_eq(pthread_create(&thread, NULL, leave_soon, NULL), 0);
	ck_assert_uint_eq(gateway_gate_drain(gate, 2000), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_uint_eq(gateway_gate_drain(gate, 0), 0);
}
END_TEST

static void *
close_soon(void *unused)
{
	(void)usleep(10000);
	gateway_gate_close(gate);
	return unused;
}

START_TEST(closing_sends_away_who_waits)
{
	pthread_t thread;

	ck_assert(gateway_gate_enter(gate, &fake.base));
	ck_assert(gateway_gate_enter(gate, &fake.base));
	ck_assert_int_eq(pthread_create(&thread, NULL, close_soon, NULL), 0);
	ck_assert(!gateway_gate_enter(gate, &fake.base));
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
END_TEST

Suite *
test_suite(void)
{
	Suite *suite = suite_create("gate");
	TCase *tc = tcase_create("all");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_message_that_waits_too_long_is_told_so_and_the_mta_hears_of_us);
	tcase_add_test(tc, who_waits_enters_when_another_leaves);
	tcase_add_test(tc, a_closed_gate_lets_nobody_in_and_waits_for_those_inside);
	tcase_add_test(tc, closing_sends_away_who_waits);
	suite_add_tcase(suite, tc);
	return suite;
}
