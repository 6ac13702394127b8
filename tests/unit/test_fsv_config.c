/* test_fsv_config.c: the environment: defaults, every wrong value told at once, credentials never shown.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fsv_config.h"
#include "unit.h"

enum { MAX = 65536 };

/* Pairs of name and value, ended by NULL. */
static const char *get(void *self, const char *name)
{
    const char *const *pairs = self;
    for (size_t i = 0; pairs[i] != NULL; i += 2) {
        if (strcmp(pairs[i], name) == 0) {
            return pairs[i + 1];
        }
    }
    return NULL;
}

struct reading {
    struct fn_arena arena;
    struct fn_buf complaints;
    struct fsv_config config;
    enum fn_code code;
};

static void read_pairs(struct reading *r, const char **pairs, enum fn_lang lang)
{
    fn_arena_init(&r->arena, MAX);
    fn_buf_init(&r->complaints, MAX);
    r->code = fsv_config_read(&r->arena, get, pairs, lang, &r->config, &r->complaints);
}

static void done(struct reading *r)
{
    fn_arena_fini(&r->arena);
    fn_buf_fini(&r->complaints);
}

static bool tells(const struct reading *r, const char *what)
{
    return r->complaints.p != NULL && strstr(r->complaints.p, what) != NULL;
}

static void test_defaults(void)
{
    const char *none[] = {"DATA_DIR", "/tmp", NULL};
    struct reading r;
    read_pairs(&r, none, FN_EN);
    CU_ASSERT_EQUAL(r.code, FN_OK);
    CU_ASSERT_EQUAL(r.complaints.n, 0);
    CU_ASSERT_EQUAL(r.config.port, 8080);
    UNIT_ASSERT_STR(r.config.base_url, "http://127.0.0.1:8080");
    UNIT_ASSERT_STR(r.config.value[FSV_OPENAI_BASE_URL], "https://api.openai.com/v1");
    CU_ASSERT_EQUAL(r.config.value[FSV_OPENAI_API_KEY].n, 0);
    CU_ASSERT_FALSE(r.config.given[FSV_PORT]);
    CU_ASSERT_EQUAL(fsv_config_number(&r.config, FSV_RECONCILE_MS), 30000);
    done(&r);
}

static void test_good(void)
{
    const char *pairs[] = {"PORT",
                           "65535",
                           "BASE_URL",
                           "https://a.example/",
                           "DATA_DIR",
                           "/tmp",
                           "EVOLUTION_API_URL",
                           "http://e:1",
                           "EVOLUTION_API_KEY",
                           "k",
                           NULL};
    struct reading r;
    read_pairs(&r, pairs, FN_EN);
    CU_ASSERT_EQUAL(r.code, FN_OK);
    CU_ASSERT_EQUAL(r.config.port, 65535);
    UNIT_ASSERT_STR(r.config.base_url, "https://a.example");
    CU_ASSERT(r.config.given[FSV_EVOLUTION_API_KEY]);
    done(&r);
}

/* One row each: a value that must be refused. */
static const char *const wrong[][2] = {
    {"PORT", "0"},
    {"PORT", "65536"},
    {"PORT", "80a"},
    {"PORT", "-1"},
    {"PORT", "99999999999999999999"},
    {"BASE_URL", "ftp://a"},
    {"BASE_URL", "http://"},
    {"BASE_URL", "http:///x"},
    {"BASE_URL", "https://u@h"},
    {"BASE_URL", "https://h?x"},
    {"BASE_URL", "https://a b"},
    {"LOG_LEVEL", "INFO"},
    {"SECRET_KEY", "short"},
    {"DATABASE_URL", "mysql://x"},
    {"REDIS_URL", "http://x"},
    {"DATA_DIR", "/dev/null/x"},
    {"OPENAI_API_KEY", "a\nb"},
    {"RECONCILE_MS", "0"},
    {"RECONCILE_MS", "604800001"},
    {"EVOLUTION_API_URL", "http://only-one"},
    {"EVOLUTION_API_KEY", "only-one"},
};

static void test_wrong(void)
{
    for (size_t i = 0; i < FN_COUNT(wrong); i++) {
        bool dir = strcmp(wrong[i][0], "DATA_DIR") == 0;
        const char *pairs[] = {wrong[i][0], wrong[i][1], dir ? NULL : "DATA_DIR", "/tmp", NULL};
        struct reading r;
        read_pairs(&r, pairs, FN_EN);
        CU_ASSERT_EQUAL(r.code, FN_INVALID);
        CU_ASSERT(r.complaints.n > 0);
        done(&r);
    }
}

static void test_all_at_once_and_no_secret(void)
{
    const char *pairs[] = {"PORT",
                           "x",
                           "SECRET_KEY",
                           "segredo-curto",
                           "OPENAI_API_KEY",
                           "sk-com espaco",
                           "DATABASE_URL",
                           "mysql://u:senha@h",
                           "DATA_DIR",
                           "/tmp",
                           NULL};
    for (int lang = FN_PT; lang <= FN_EN; lang++) {
        struct reading r;
        read_pairs(&r, pairs, (enum fn_lang)lang);
        CU_ASSERT(tells(&r, "PORT=x") && tells(&r, "SECRET_KEY:") && tells(&r, "OPENAI_API_KEY:") &&
                  tells(&r, "DATABASE_URL:"));
        CU_ASSERT_FALSE(tells(&r, "segredo-curto") || tells(&r, "sk-com") || tells(&r, "senha"));
        done(&r);
    }
}

static void test_help_names_everything(void)
{
    struct fn_buf out;
    fn_buf_init(&out, MAX);
    fsv_config_help(&out, FN_PT);
    for (int i = 0; i < FSV_CONFIG_KEYS; i++) {
        CU_ASSERT_PTR_NOT_NULL(strstr(out.p, fsv_config_name((enum fsv_config_key)i)));
    }
    fn_buf_fini(&out);
}

static void test_language(void)
{
    const char *pt[] = {"LANG", "pt_BR.UTF-8", NULL}, *en[] = {"LC_ALL", "en_GB.UTF-8", "LANG", "pt_BR", NULL},
               *none[] = {"LANG", "C", NULL};
    CU_ASSERT_EQUAL(fsv_config_lang(get, pt), FN_PT);
    CU_ASSERT_EQUAL(fsv_config_lang(get, en), FN_EN);
    CU_ASSERT_EQUAL(fsv_config_lang(get, none), FN_PT);
}

UNIT_SUITE("fsv_config", {"defaults", test_defaults}, {"good", test_good}, {"wrong", test_wrong},
           {"all at once, no secret", test_all_at_once_and_no_secret}, {"help", test_help_names_everything},
           {"language", test_language})
