// SPDX-License-Identifier: GPL-3.0-or-later
// libcurl, whose variadic calls Swift cannot see, each under the one type that it is used with.
#ifndef ALMANAC_CCURL_H
#define ALMANAC_CCURL_H
#include <curl/curl.h>
#include <fcntl.h>
#include <unistd.h>

static inline CURLcode almanac_curl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode almanac_curl_set_offset(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode almanac_curl_set_string(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode almanac_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode almanac_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(handle, option, value);
}

typedef size_t (*almanac_curl_data_callback)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode almanac_curl_set_data_callback(CURL *handle, CURLoption option, almanac_curl_data_callback callback) {
    return curl_easy_setopt(handle, option, callback);
}

static inline CURLcode almanac_curl_get_long(CURL *handle, CURLINFO info, long *value) {
    return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode almanac_curl_get_string(CURL *handle, CURLINFO info, const char **value) {
    return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode almanac_curl_get_pointer(CURL *handle, CURLINFO info, void **value) {
    return curl_easy_getinfo(handle, info, value);
}

// CURL_READFUNC_ABORT and CURL_GLOBAL_DEFAULT are macros that the importer skips.
static inline size_t almanac_curl_read_abort(void) { return CURL_READFUNC_ABORT; }
static inline CURLcode almanac_curl_global_init(void) { return curl_global_init(CURL_GLOBAL_DEFAULT); }

// open(2) is variadic, hence hidden from Swift when it takes a mode.
static inline int almanac_curl_create_file(const char *path) {
    return open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
}
#endif
