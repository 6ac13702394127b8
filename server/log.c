/* log.c: one JSON object per line, built in a bounded buffer and written by one write, so that lines of several threads do not mix.
 * Every byte of foreign origin goes through fn_json_put_str's escaping: no control byte and no invalid UTF-8 reaches the terminal.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fsv_log.h"

#include "fn_json.h"

#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 16384, FIELD_MAX_BYTES = 2000 };

static const char *const words[FSV_LOG_LEVELS] = {
#define FSV_LEVEL(NAME, word) [FSV_LOG_##NAME] = (word),
#include "levels.def"
#undef FSV_LEVEL
};
static atomic_int threshold = FSV_LOG_INFO;

enum fn_code fsv_level_read(struct fn_str word, enum fsv_level *out)
{
    for (int i = 0; i < FSV_LOG_LEVELS; i++) {
        if (fn_str_eq(word, fn_str_c(words[i]))) {
            *out = (enum fsv_level)i;
            return FN_OK;
        }
    }
    return FN_INVALID;
}

void fsv_log_set_level(enum fsv_level level)
{
    atomic_store(&threshold, (int)level);
}

static void put_time(struct fn_buf *line)
{
    struct timespec now = {0, 0};
    struct tm utc;
    char text[32];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    fn_buf_printf(line, "{\"ts\":\"%s.%03ldZ\"", text, now.tv_nsec / 1000000);
}

static void put_field(struct fn_buf *line, const struct fsv_field *field)
{
    fn_json_put_key(line, field->key);
    if (field->kind == FSV_FIELD_INT) {
        fn_buf_printf(line, "%lld", (long long)field->number);
    } else if (field->kind == FSV_FIELD_TEXT) {
        struct fn_str s = field->text;
        s.n = s.n < FIELD_MAX_BYTES ? s.n : FIELD_MAX_BYTES;
        fn_json_put_str(line, s);
    } else {
        fn_buf_z(line, "\"***\"");
    }
}

static void put_head(struct fn_buf *line, enum fsv_level level, const char *event, const char *msg)
{
    put_time(line);
    put_field(line, &FSV_Z("level", words[level]));
    put_field(line, &FSV_Z("event", event));
    put_field(line, &FSV_Z("msg", msg));
}

void fsv_log_write(enum fsv_level level, const char *event, const char *msg, const struct fsv_field *fields)
{
    if ((int)level < atomic_load(&threshold)) {
        return;
    }
    struct fn_buf line;
    fn_buf_init(&line, LINE_MAX_BYTES);
    put_head(&line, level, event, msg);
    for (const struct fsv_field *f = fields; f->kind != FSV_FIELD_NONE; f++) {
        put_field(&line, f);
    }
    if (line.failed) { /* too long: better the sentence alone than nothing */
        fn_buf_clear(&line);
        put_head(&line, level, event, msg);
    }
    fn_buf_z(&line, "}\n");
    if (!line.failed && write(STDERR_FILENO, line.p, line.n) < 0) {
        line.failed = true; /* nobody is left to tell */
    }
    fn_buf_fini(&line);
}
