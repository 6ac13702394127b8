/* handlers.h: the handlers routes.def names, one row each.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef HANDLERS_H
#define HANDLERS_H
#include "fsv_request.h"

/* A handler may stand in several rows; declaring it again is harmless, but -Wredundant-decls wants it said. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wredundant-decls"
#define FSV_ROUTE(NAME, method, path, access, handler, cap, pt, en) fsv_handler_fn handler;
#include "routes.def"
#undef FSV_ROUTE
#pragma GCC diagnostic pop

#endif
