/*
 * support_failing.h - the n-th call of whatever takes memory, or of a library that does, fails.
 *
 * Works in a program linked with -Wl,--wrap for the functions of support_failing.c
 * (CMakeLists.txt): calls from our own objects are counted, those from inside of libraries are not.
 */
#ifndef TEST_SUPPORT_FAILING_H
#define TEST_SUPPORT_FAILING_H

#include <stdbool.h>
#include <stddef.h>

/* From now on the n-th such call fails, counted from 1; with `on`, all behind it too. */
void failing_from(size_t n, bool on);

/* All work again. The function whose call was the n-th; NULL: there were not so many. */
const char *failing_stop(void);

#endif
