/* encode.h: see encode.c.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef ENCODE_H
#define ENCODE_H
#include "heap.h"

void encode_value(const struct fvm_run *run, struct fn_buf *out, union fvm_slot v, uint16_t type);

#endif
