// SPDX-License-Identifier: GPL-3.0-or-later
// The kernel calls that PID 1 of a guest makes. Macros and variable arguments, which Swift cannot import, are wrapped.
#ifndef ALMANAC_CLINUX_H
#define ALMANAC_CLINUX_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <net/if.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static inline int linux_errno(void) { return errno; }

static inline int linux_open(const char *path, int flags, unsigned mode) {
    return open(path, flags | O_CLOEXEC, (mode_t)mode);
}

static inline int linux_load_module(int descriptor) {
    return (int)syscall(SYS_finit_module, descriptor, "", 0);
}

// Credits `count` bytes (at most 64) to the kernel's random pool.
static inline int linux_seed_random(const unsigned char *bytes, int count) {
    struct {
        struct rand_pool_info info;
        unsigned char bytes[64];
    } seed;
    if (count < 0 || count > 64) { errno = EINVAL; return -1; }
    int device = open("/dev/urandom", O_WRONLY | O_CLOEXEC);
    if (device < 0) return -1;
    seed.info.entropy_count = count * 8;
    seed.info.buf_size = count;
    memcpy(seed.info.buf, bytes, (size_t)count);
    int result = ioctl(device, RNDADDENTROPY, &seed);
    int saved = errno;
    close(device);
    errno = saved;
    return result;
}

static inline int linux_bring_up(const char *interface) {
    struct ifreq request;
    memset(&request, 0, sizeof request);
    strncpy(request.ifr_name, interface, IFNAMSIZ - 1);
    int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -1;
    int result = ioctl(descriptor, SIOCGIFFLAGS, &request);
    if (result == 0) {
        request.ifr_flags |= IFF_UP | IFF_RUNNING;
        result = ioctl(descriptor, SIOCSIFFLAGS, &request);
    }
    int saved = errno;
    close(descriptor);
    errno = saved;
    return result;
}

static inline int linux_local_pair(int descriptors[2]) {
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, descriptors);
}

// A listening socket, under a name that the kernel gives, and a connection to it that waits to be taken.
static inline int linux_listening_pair(int descriptors[2]) {
    struct sockaddr_un address;
    socklen_t size = sizeof address;
    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    descriptors[0] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    descriptors[1] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptors[0] < 0 || descriptors[1] < 0) return -1;
    if (bind(descriptors[0], (struct sockaddr *)&address, sizeof address.sun_family) < 0) return -1;
    if (listen(descriptors[0], 1) < 0) return -1;
    if (getsockname(descriptors[0], (struct sockaddr *)&address, &size) < 0) return -1;
    return connect(descriptors[1], (struct sockaddr *)&address, size);
}

// Makes `listener` the first descriptor of this process after standard error, and says so, as sd_listen_fds(3) has it.
static inline int linux_hand_over(int listener) {
    char process[24];
    snprintf(process, sizeof process, "%d", (int)getpid());
    if (listener == 3 ? fcntl(3, F_SETFD, 0) < 0 : dup2(listener, 3) < 0) return -1;
    return setenv("LISTEN_PID", process, 1) | setenv("LISTEN_FDS", "1", 1);
}

// The process is killed when its parent ends.
static inline int linux_end_with_parent(void) { return prctl(PR_SET_PDEATHSIG, SIGKILL); }

// The variable of that number, as NAME=VALUE; null after the last.
static inline const char *linux_variable(int index) { return environ[index]; }

static inline int linux_power_off(void) { return reboot(RB_POWER_OFF); }

// Waits until a child ends or the time is over; a signal number, or -1.
static inline int linux_wait_for_child_signal(long milliseconds) {
    sigset_t set;
    struct timespec limit = { milliseconds / 1000, (milliseconds % 1000) * 1000000 };
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    return sigtimedwait(&set, 0, &limit);
}

static inline int linux_block_child_signal(int blocked) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    return sigprocmask(blocked ? SIG_BLOCK : SIG_UNBLOCK, &set, 0);
}

// Swift's importer hides fork, because Swift code must not run after it in a process with threads; this one has none.
static inline int linux_fork(void) { return fork(); }

static inline int linux_execute(const char *path, char *const arguments[], char *const environment[]) {
    return execve(path, arguments, environment);
}

static inline int linux_raise_descriptor_limit(unsigned long limit) {
    struct rlimit wanted = { limit, limit };
    return setrlimit(RLIMIT_NOFILE, &wanted);
}

static inline const char *linux_entry_name(const struct dirent *entry) { return entry->d_name; }
#endif
