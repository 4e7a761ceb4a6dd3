// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef ALMANAC_CSQLITE_H
#define ALMANAC_CSQLITE_H
#include <sqlite3.h>

// SQLITE_TRANSIENT is a cast that Swift cannot import.
static inline int almanac_bind_text(sqlite3_stmt *statement, int index, const char *text, int length) {
    return sqlite3_bind_text(statement, index, text, length, SQLITE_TRANSIENT);
}
#endif
