// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef ALMANAC_CBYTESTREAMS_H
#define ALMANAC_CBYTESTREAMS_H

// System calls that Swift's Glibc module lacks: variadic ones, and those glibc declares for _GNU_SOURCE only.
// They are declared here by hand, since including their headers with other settings than the Glibc module's
// gives Swift two versions of the same types. Numbers are those of x86-64 Linux.

extern int eventfd(unsigned int count, int flags);
extern int fcntl(int descriptor, int command, ...);
extern int open(const char *path, int flags, ...);
extern long syscall(long number, ...);
extern int posix_spawn_file_actions_addclosefrom_np(void *actions, int from);

static inline int almanac_eventfd(void) { return eventfd(0, 02000000 /* EFD_CLOEXEC */ | 04000 /* EFD_NONBLOCK */); }

static inline int almanac_pidfd_open(int process) { return (int)syscall(434 /* SYS_pidfd_open */, process, 0); }

static inline int almanac_set_nonblocking(int descriptor) {
    int flags = fcntl(descriptor, 3 /* F_GETFL */);
    return flags < 0 ? -1 : fcntl(descriptor, 4 /* F_SETFL */, flags | 04000 /* O_NONBLOCK */);
}

// A file without a name, readable and writable, in an existing directory.
static inline int almanac_unnamed_file(const char *directory) {
    return open(directory, 020200000 /* O_TMPFILE */ | 2 /* O_RDWR */ | 02000000 /* O_CLOEXEC */, 0600);
}

static inline int almanac_spawn_closefrom(void *actions, int from) {
    return posix_spawn_file_actions_addclosefrom_np(actions, from);
}
#endif
