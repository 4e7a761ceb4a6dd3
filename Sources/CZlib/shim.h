// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef ALMANAC_CZLIB_H
#define ALMANAC_CZLIB_H
#include <zlib.h>

// Macros with sizeof, which Swift does not import. Window bits of 15 + 16 mean the gzip format.
static inline int czlib_start_gzip(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}
static inline int czlib_start_gunzip(z_stream *stream) { return inflateInit2(stream, 15 + 16); }
#endif
