/* support_dir.h - a directory for one test, gone afterwards with all that is in it. */
#ifndef TEST_SUPPORT_DIR_H
#define TEST_SUPPORT_DIR_H

#include "smime/bytes.h"

#define DIR_PATH_SIZE 96

/* One at a time. Abort the test when they cannot. */
void dir_make(void);
void dir_remove(void);

/* The path of a file in it. */
const char *dir_file(const char *name, char path[DIR_PATH_SIZE]);

/* Write a file of mode 0600 there; its path. */
const char *dir_write(const char *name, struct smime_bytes content, char path[DIR_PATH_SIZE]);

#endif
