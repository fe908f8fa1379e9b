/* support.h - what the unit tests share. Each test_<file>.c defines test_suite(). */
#ifndef TEST_SUPPORT_H
#define TEST_SUPPORT_H

/* libcheck's macros pass variadic format strings without arguments. */
#include <check.h>

Suite *test_suite(void);

/* Number of rows of a constant table, as libcheck's loop tests want it. */
#define ROWS(table) ((int)(sizeof(table) / sizeof *(table)))

#endif
