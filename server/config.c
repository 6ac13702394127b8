/* config.c: reads config.def's variables, checks each by its kind and collects what is wrong, so that a person mends a first start in one go.
 * Values of credentials never appear in a complaint.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fsv_config.h"

#include "fsv_log.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum config_kind { TEXT, URL, PORT, DIR, LEVEL, SECRET, KEY, DATABASE, REDIS, MS, MIB };
struct config_row {
    const char *name, *initial;
    enum config_kind kind;
    const char *help[2];
};
static const struct config_row rows[FSV_CONFIG_KEYS] = {
#define FSV_CONFIG(NAME, initial, kind, example, pt, en) \
    [FSV_##NAME] = {#NAME, (initial), (kind), {[FN_PT] = (pt), [FN_EN] = (en)}},
#include "config.def"
#undef FSV_CONFIG
};

/* What is wrong with a value of a kind, in both languages. */
struct wrong {
    const char *text[2];
};
static const struct wrong wrongs[] = {
    [TEXT] = {{"não pode ter espaços nem caracteres de controle", "must not have blanks or control characters"}},
    [URL] = {{"deve ser um endereço http:// ou https:// sem usuário, `?` ou `#`",
              "must be an http:// or https:// address without user, `?` or `#`"}},
    [PORT] = {{"deve ser um número de 1 a 65535", "must be a number from 1 to 65535"}},
    [DIR] = {{"não existe e não pôde ser criada, ou não permite gravar",
              "does not exist and could not be made, or cannot be written to"}},
    [LEVEL] = {{"deve ser debug, info, warn ou error", "must be debug, info, warn or error"}},
    [MS] = {{"deve ser um número de milissegundos de 1 a 604800000",
             "must be a number of milliseconds from 1 to 604800000"}},
    [MIB] = {{"deve ser um número de MiB de 1 a 65536", "must be a number of MiB from 1 to 65536"}},
    [SECRET] = {{"deve ter 32 caracteres ou mais", "must have 32 characters or more"}},
    [KEY] = {{"não pode ter espaços nem caracteres de controle", "must not have blanks or control characters"}},
    [DATABASE] = {{"deve começar com postgresql:// ou postgres://", "must begin with postgresql:// or postgres://"}},
    [REDIS] = {{"deve começar com redis:// ou unix://", "must begin with redis:// or unix://"}},
};

const char *fsv_config_name(enum fsv_config_key key)
{
    return rows[key].name;
}

static bool is_plain(struct fn_str s)
{
    for (size_t i = 0; i < s.n; i++) {
        if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f) {
            return false;
        }
    }
    return true;
}

static bool is_url(struct fn_str s)
{
    size_t scheme = fn_str_starts(s, FN_STR("http://")) ? 7 : fn_str_starts(s, FN_STR("https://")) ? 8 : 0;
    if (scheme == 0 || s.n == scheme || s.p[scheme] == '/' || !is_plain(s)) {
        return false;
    }
    return memchr(s.p, '?', s.n) == NULL && memchr(s.p, '#', s.n) == NULL && memchr(s.p, '@', s.n) == NULL;
}

/* A whole number from 1 to max. */
static bool is_number(struct fn_str s, int64_t max, int64_t *out)
{
    int64_t v = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9' || v > max) {
            return false;
        }
        v = v * 10 + (s.p[i] - '0');
    }
    *out = v;
    return s.n > 0 && v >= 1 && v <= max;
}

static bool is_directory(const char *path)
{
    struct stat st;
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        return false;
    }
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode) && access(path, W_OK | X_OK) == 0;
}

static bool has_kind(struct fsv_config *c, enum config_kind kind, struct fn_str v)
{
    enum fsv_level level;
    int64_t number = 0;
    switch (kind) {
    case TEXT:
    case KEY: return is_plain(v);
    case URL: return is_url(v);
    case PORT:
        if (!is_number(v, 65535, &number)) {
            return false;
        }
        c->port = (uint16_t)number;
        return true;
    case MS: return is_number(v, 604800000, &number);
    case MIB: return is_number(v, 65536, &number);
    case DIR: return is_directory(v.p);
    case LEVEL: return fsv_level_read(v, &level) == FN_OK;
    case SECRET: return v.n >= 32;
    case DATABASE:
        return is_plain(v) && (fn_str_starts(v, FN_STR("postgresql://")) || fn_str_starts(v, FN_STR("postgres://")));
    case REDIS: return is_plain(v) && (fn_str_starts(v, FN_STR("redis://")) || fn_str_starts(v, FN_STR("unix://")));
    }
    return false;
}

static void complain(struct fn_buf *out, const struct config_row *row, struct fn_str value, enum fn_lang lang)
{
    bool hide = row->kind == SECRET || row->kind == KEY || row->kind == DATABASE || row->kind == REDIS;
    struct fn_str shown = hide ? FN_STR_NULL : value;
    fn_buf_printf(out, "%s%s%.*s: %s\n", row->name, hide ? "" : "=", FN_STR_ARG(shown), wrongs[row->kind].text[lang]);
}

static void read_one(struct fn_arena *arena, struct fsv_config *c, enum fsv_config_key key, const char *given)
{
    c->given[key] = given != NULL && given[0] != '\0';
    struct fn_str v = fn_str_c(c->given[key] ? given : rows[key].initial);
    bool slash = rows[key].kind == URL && v.n > 0 && v.p[v.n - 1] == '/';
    c->value[key] = fn_arena_dup(arena, (struct fn_str){v.p, v.n - slash});
}

/* Values that are wrong only together. */
static bool check_together(const struct fsv_config *c, enum fn_lang lang, struct fn_buf *out)
{
    bool url = c->value[FSV_EVOLUTION_API_URL].n > 0, key = c->value[FSV_EVOLUTION_API_KEY].n > 0;
    if (url == key) {
        return true;
    }
    fn_buf_printf(out, "%s: %s\n", url ? "EVOLUTION_API_KEY" : "EVOLUTION_API_URL",
                  lang == FN_PT ? "falta; a outra variável da Evolution API está definida"
                                : "is missing; the other variable of the Evolution API is set");
    return false;
}

enum fn_code fsv_config_read(struct fn_arena *arena, fsv_getenv_fn *get, void *self, enum fn_lang lang,
                             struct fsv_config *out, struct fn_buf *out_complaints)
{
    bool good = true;
    *out = (struct fsv_config){.port = 0};
    for (int i = 0; i < FSV_CONFIG_KEYS; i++) {
        enum fsv_config_key key = (enum fsv_config_key)i;
        read_one(arena, out, key, get(self, rows[i].name));
        if (out->value[i].n > 0 && !has_kind(out, rows[i].kind, out->value[i])) {
            complain(out_complaints, &rows[i], out->value[i], lang);
            good = false;
        }
    }
    good = check_together(out, lang, out_complaints) && good;
    out->base_url = out->value[FSV_BASE_URL];
    if (out->base_url.n == 0) {
        out->base_url = fn_arena_printf(arena, "http://127.0.0.1:%u", (unsigned)out->port);
    }
    return arena->failed ? FN_NO_MEMORY : good ? FN_OK : FN_INVALID;
}

int64_t fsv_config_number(const struct fsv_config *config, enum fsv_config_key key)
{
    int64_t v = 0;
    return is_number(config->value[key], INT32_MAX, &v) ? v : 0;
}

void fsv_config_help(struct fn_buf *out, enum fn_lang lang)
{
    for (int i = 0; i < FSV_CONFIG_KEYS; i++) {
        const char *none = lang == FN_PT ? "(vazio)" : "(empty)";
        fn_buf_printf(out, "  %-18s %s [%s]\n", rows[i].name, rows[i].help[lang],
                      rows[i].initial[0] != '\0' ? rows[i].initial : none);
    }
}

enum fn_lang fsv_config_lang(fsv_getenv_fn *get, void *self)
{
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    for (size_t i = 0; i < FN_COUNT(names); i++) {
        const char *v = get(self, names[i]);
        if (v != NULL && v[0] != '\0' && strcmp(v, "C") != 0 && strcmp(v, "POSIX") != 0 && strcmp(v, "C.UTF-8") != 0) {
            return strncmp(v, "pt", 2) == 0 ? FN_PT : FN_EN;
        }
    }
    return FN_PT;
}
