// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef ALMANAC_CSSH_H
#define ALMANAC_CSSH_H
#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

// Declared by glibc only under _GNU_SOURCE, which Swift's importer may not set first.
extern int pthread_setname_np(pthread_t thread, const char *name);
static inline void cssh_name_thread(pthread_t thread, const char *name) { pthread_setname_np(thread, name); }

static inline int cssh_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

// How a remote command ended. libssh keeps pointers into it, so it lives at one address until the channel is freed.
struct cssh_ending {
    int has_status, status;
    int has_signal, dumped_core;
    char signal[32];
    struct ssh_channel_callbacks_struct callbacks;
};

static void cssh_on_status(ssh_session session, ssh_channel channel, int status, void *data) {
    (void)session, (void)channel;
    struct cssh_ending *ending = (struct cssh_ending *)data;
    ending->has_status = 1;
    ending->status = status;
}

static void cssh_on_signal(ssh_session session, ssh_channel channel, const char *signal, int core, const char *message,
                           const char *language, void *data) {
    (void)session, (void)channel, (void)message, (void)language;
    struct cssh_ending *ending = (struct cssh_ending *)data;
    ending->has_signal = 1;
    ending->dumped_core = core;
    strncpy(ending->signal, signal ? signal : "", sizeof ending->signal - 1);
}

// Watches for the end of the channel's command; null when memory is short.
static inline struct cssh_ending *cssh_watch_ending(ssh_channel channel) {
    struct cssh_ending *ending = (struct cssh_ending *)calloc(1, sizeof *ending);
    if (!ending) return 0;
    ending->callbacks.userdata = ending;
    ending->callbacks.channel_exit_status_function = cssh_on_status;
    ending->callbacks.channel_exit_signal_function = cssh_on_signal;
    ssh_callbacks_init(&ending->callbacks);
    if (ssh_set_channel_callbacks(channel, &ending->callbacks) != SSH_OK) {
        free(ending);
        return 0;
    }
    return ending;
}

// Closes and frees a channel with what watched it.
static inline void cssh_free_channel(ssh_channel channel, struct cssh_ending *ending) {
    if (ending) ssh_remove_channel_callbacks(channel, &ending->callbacks);
    ssh_channel_free(channel);
    free(ending);
}

static inline const char *cssh_error(ssh_session session) { return ssh_get_error(session); }

static inline int cssh_set_descriptor(ssh_session session, int descriptor) {
    socket_t socket = descriptor;
    return ssh_options_set(session, SSH_OPTIONS_FD, &socket);
}

static inline int cssh_set_text(ssh_session session, enum ssh_options_e option, const char *value) {
    return ssh_options_set(session, option, value);
}

static inline int cssh_set_number(ssh_session session, enum ssh_options_e option, int value) {
    return ssh_options_set(session, option, &value);
}

static inline int cssh_set_long(ssh_session session, enum ssh_options_e option, long value) {
    return ssh_options_set(session, option, &value);
}

static inline void cssh_free_text(char *text) { ssh_string_free_char(text); }
#endif
