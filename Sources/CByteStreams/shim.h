// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef ALMANAC_CBYTESTREAMS_H
#define ALMANAC_CBYTESTREAMS_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline int almanac_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

static inline int almanac_pidfd_open(pid_t process) { return (int)syscall(SYS_pidfd_open, process, 0); }

static inline int almanac_set_nonblocking(int descriptor) {
    int flags = fcntl(descriptor, F_GETFL);
    return flags < 0 ? -1 : fcntl(descriptor, F_SETFL, flags | O_NONBLOCK);
}

// Declared by glibc only under _GNU_SOURCE, which Swift's importer may not set first.
extern int pipe2(int descriptors[2], int flags);
static inline int almanac_pipe(int descriptors[2]) { return pipe2(descriptors, O_CLOEXEC); }

extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
static inline int almanac_spawn_closefrom(posix_spawn_file_actions_t *actions, int from) {
    return posix_spawn_file_actions_addclosefrom_np(actions, from);
}
#endif
