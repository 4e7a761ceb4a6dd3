// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef ALMANAC_CGUESTS_H
#define ALMANAC_CGUESTS_H
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

static inline int cguests_socket_pair(int descriptors[2]) {
    return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, descriptors);
}

static inline int cguests_pidfd_open(pid_t process) { return (int)syscall(SYS_pidfd_open, process, 0); }

static inline int cguests_pidfd_signal(int handle, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, handle, signal, 0, 0);
}

static inline int cguests_duplicate_above(int descriptor, int lowest) {
    return fcntl(descriptor, F_DUPFD_CLOEXEC, lowest);
}

static inline int cguests_create(const char *path, unsigned mode) {
    return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, (mode_t)mode);
}

static inline int cguests_make_node(const char *path, unsigned mode, unsigned long device) {
    return mknod(path, (mode_t)mode, (dev_t)device);
}

// Starts a program that the kernel kills when the calling *thread* ends, with `count` descriptors of ours as its
// descriptors 3, 4, …; standard input is /dev/null, standard output and error are `errors`.
//
// SIGTERM is kept from it: who ends all processes of a job with it (Slurm does) is answered by the caller, who then ends
// this one; it must not go by itself and look like a guest that was lost.
//
// All descriptors given must be numbered 3 + count or above, so that none is overwritten before it is used. Between
// fork and exec only calls that are safe in the child of a process with threads are made; the arguments are prepared
// by the caller. A negative result is -errno, also when exec failed.
static inline pid_t cguests_start(const char *path, char *const arguments[], char *const environment[],
                                  const int descriptors[], int count, int errors, const char *directory) {
    int report[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, report) != 0) return -errno;
    int told = cguests_duplicate_above(report[1], 64 + count);
    close(report[1]);
    if (told < 0) { int code = errno; close(report[0]); return -code; }
    pid_t parent = getpid();
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t child = fork();
    if (child == 0) {
        int code = 0;
        struct sigaction normal = { 0 };
        normal.sa_handler = SIG_DFL;
        for (int signal = 1; signal < 65; signal++) sigaction(signal, &normal, 0);
        sigset_t terminate;
        sigemptyset(&terminate);
        sigaddset(&terminate, SIGTERM);
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) code = errno;
        // The parent may have gone before the line above.
        if (code == 0 && getppid() != parent) code = ESRCH;
        if (code == 0 && setpgid(0, 0) != 0) code = errno;
        if (code == 0 && chdir(directory) != 0) code = errno;
        int empty = code == 0 ? open("/dev/null", O_RDONLY) : -1;
        if (code == 0 && (empty < 0 || dup2(empty, 0) < 0 || dup2(errors, 1) < 0 || dup2(errors, 2) < 0)) code = errno;
        for (int index = 0; code == 0 && index < count; index++)
            if (dup2(descriptors[index], 3 + index) < 0) code = errno;
        sigprocmask(SIG_SETMASK, &terminate, 0);
        if (code == 0) execve(path, arguments, environment);
        if (code == 0) code = errno;
        ssize_t ignored = write(told, &code, sizeof code);
        (void)ignored;
        _exit(127);
    }
    int code = child < 0 ? errno : 0;
    pthread_sigmask(SIG_SETMASK, &before, 0);
    close(told);
    if (child > 0) {
        ssize_t got;
        do got = read(report[0], &code, sizeof code);
        while (got < 0 && errno == EINTR);
        if (got != sizeof code) code = 0;
        else waitpid(child, 0, 0);
    }
    close(report[0]);
    return code ? -code : child;
}
#endif
