// SPDX-License-Identifier: GPL-3.0-or-later
// libpq, and the few calls of the system that Swift's Glibc module does not offer.
#ifndef ALMANAC_CPOSTGRES_H
#define ALMANAC_CPOSTGRES_H
#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <unistd.h>

// A descriptor by which any thread wakes another one out of poll(2).
static inline int almanac_pg_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

// open(2) is variadic, hence hidden from Swift when it takes a mode.
static inline int almanac_pg_create(const char *path, int mode) {
    return open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode);
}

// 0 when this process now holds the file's lock, -1 otherwise, at once.
static inline int almanac_pg_try_lock(int descriptor) { return flock(descriptor, LOCK_EX | LOCK_NB); }

#endif
