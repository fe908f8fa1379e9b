/* sql.h - every SQL text of the product, for db.c only. */
#ifndef POLICY_SQL_H
#define POLICY_SQL_H

#include "policy/db.h"

extern const char *const policy_sql_text[POLICY_SQL_COUNT];

#endif
