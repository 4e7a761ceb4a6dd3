// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef ALMANAC_CCRYPTO_H
#define ALMANAC_CCRYPTO_H
#include <openssl/err.h>
#include <openssl/evp.h>
#endif
