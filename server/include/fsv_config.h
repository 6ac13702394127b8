/* fsv_config.h: configuration from the environment, by the table config.def.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FSV_CONFIG_H
#define FSV_CONFIG_H
#include "fn_arena.h"
#include "fn_buf.h"
#include "fn_diag.h"

enum fsv_config_key {
#define FSV_CONFIG(NAME, initial, kind, example, pt, en) FSV_##NAME,
#include "config.def"
#undef FSV_CONFIG
    FSV_CONFIG_KEYS
};

struct fsv_config {
    struct fn_str value[FSV_CONFIG_KEYS]; /* what counts: given or default; NUL-terminated; n == 0: not set */
    bool given[FSV_CONFIG_KEYS];
    uint16_t port;
    struct fn_str base_url; /* BASE_URL without a slash at its end, or http://127.0.0.1:PORT */
};

/* Looks a name up; getenv in production, a table in tests. NULL: not set. */
typedef const char *fsv_getenv_fn(void *self, const char *name);

/* Reads and checks everything. Every wrong value is told in out_complaints (one line each, in lang); FN_INVALID when there is one.
 * Values are copied to the arena. */
FN_MUST_USE enum fn_code fsv_config_read(struct fn_arena *arena, fsv_getenv_fn *get, void *self, enum fn_lang lang,
                                         struct fsv_config *out, struct fn_buf *out_complaints);
int64_t fsv_config_number(const struct fsv_config *config, enum fsv_config_key key); /* of kind PORT or MS */
const char *fsv_config_name(enum fsv_config_key key);
/* The table for people: name, default, meaning. */
void fsv_config_help(struct fn_buf *out, enum fn_lang lang);
/* The words of LC_ALL, LC_MESSAGES or LANG: Portuguese when they begin with "pt" or say nothing, else English. */
enum fn_lang fsv_config_lang(fsv_getenv_fn *get, void *self);

#endif
