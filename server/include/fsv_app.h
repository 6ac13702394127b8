/* fsv_app.h: the whole server, for main.c.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FSV_APP_H
#define FSV_APP_H
#include "fsv_config.h"

enum fsv_serve { FSV_SERVE, FSV_SERVE_DEMO, FSV_SERVE_NEW_KEY /* makes a new API key, prints it, ends */ };
/* Runs until SIGTERM or SIGINT; then answers what is under way, within ten seconds. */
FN_MUST_USE enum fn_code fsv_app_run(const struct fsv_config *config, enum fsv_serve how, enum fn_lang lang,
                                     struct fn_err *err);

#endif
