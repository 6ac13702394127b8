/* fsv_log.h: log lines: one JSON object per line on standard error: ts, level, event, msg, then the caller's fields.
 * `event` is a stable word to search by, `msg` a sentence. Never give a secret's value: FSV_SECRET("apikey") writes "***".
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FSV_LOG_H
#define FSV_LOG_H
#include "fn_base.h"

enum fsv_level {
#define FSV_LEVEL(NAME, word) FSV_LOG_##NAME,
#include "levels.def"
#undef FSV_LEVEL
    FSV_LOG_LEVELS
};
/* FN_INVALID when the word is no level. */
FN_MUST_USE enum fn_code fsv_level_read(struct fn_str word, enum fsv_level *out);

enum fsv_field_kind { FSV_FIELD_NONE, FSV_FIELD_TEXT, FSV_FIELD_INT, FSV_FIELD_SECRET };
struct fsv_field {
    const char *key; /* static */
    enum fsv_field_kind kind;
    struct fn_str text; /* cut at 2,000 bytes */
    int64_t number;
};
#define FSV_TEXT(k, s) ((struct fsv_field){(k), FSV_FIELD_TEXT, (s), 0})
#define FSV_Z(k, z)    ((struct fsv_field){(k), FSV_FIELD_TEXT, fn_str_c(z), 0})
#define FSV_INT(k, n)  ((struct fsv_field){(k), FSV_FIELD_INT, FN_STR_NULL, (int64_t)(n)})
#define FSV_SECRET(k)  ((struct fsv_field){(k), FSV_FIELD_SECRET, FN_STR_NULL, 0})
#define FSV_FIELD_END  ((struct fsv_field){NULL, FSV_FIELD_NONE, FN_STR_NULL, 0})

void fsv_log_set_level(enum fsv_level level);
/* fields ends in FSV_FIELD_END. One write(2) per line; may be called from any thread. */
void fsv_log_write(enum fsv_level level, const char *event, const char *msg, const struct fsv_field *fields);
#define FSV_LOG(level, event, ...) fsv_log_write(FSV_LOG_##level, (event), FSV_LOG_ARGS(__VA_ARGS__, FSV_FIELD_END))
#define FSV_LOG_ARGS(msg, ...)        \
    (msg), (const struct fsv_field[]) \
    {                                 \
        __VA_ARGS__                   \
    }

#endif
