// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef ALMANAC_CBIGNUMBERS_H
#define ALMANAC_CBIGNUMBERS_H
#include <openssl/bn.h>
#endif
