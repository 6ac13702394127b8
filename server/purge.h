/* purge.h: retention of what the store keeps.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef PURGE_H
#define PURGE_H
#include "app.h"

/* Once, when store and loop are there; goes on by itself until the store closes. FN_NO_MEMORY. */
FN_MUST_USE enum fn_code fsv_purge_start(struct fsv_app *app);

#endif
