/* compare.c: a version beside the one it would replace. With both sources the compiler compares (fcc_compat); else what the images tell: stages,
 * variables, questions and options by their names. The store says how many conversations stand where.
 * SPDX-License-Identifier: Apache-2.0 */
#include "deploy.h"

#include "fbc_image.h"
#include "fn_json.h"
#include "fsl_natives.h"
#include "fvm_run.h"

enum { CHECK_ARENA = 64 << 20, DIAGS_MAX = 50 };

struct fn_str fsv_inflight_name(enum frt_inflight inflight)
{
    return inflight == FRT_PIN ? FN_STR("pin") : inflight == FRT_RESTART ? FN_STR("restart") : FN_STR("at_stage");
}

/* -- by sources ------------------------------------------------------------------------------------------------------------------------ */

static enum fn_code keep(struct fn_arena *arena, const struct fcc_compat *table, struct fcc_compat *out)
{
    *out = (struct fcc_compat){fn_arena_array(arena, table->n + 1, sizeof *out->rows), table->n, table->unsettled};
    for (size_t i = 0; out->rows != NULL && i < table->n; i++) {
        out->rows[i] = table->rows[i];
        out->rows[i].from = fn_arena_dup(arena, table->rows[i].from);
        out->rows[i].to = fn_arena_dup(arena, table->rows[i].to);
    }
    return out->rows != NULL && !arena->failed ? FN_OK : FN_NO_MEMORY;
}

enum fn_code fsv_compare_sources(struct fn_arena *arena, struct fn_str from, struct fn_str to, struct fcc_compat *out)
{
    struct fn_arena work;
    struct fn_diag_list diags;
    struct fcc_program *old = NULL, *new = NULL;
    struct fcc_compat table;
    struct fcc_module modules[FSV_MODULES_MAX];
    struct fcc_options options = {modules, fsv_library(modules), NULL, 0};
    fn_arena_init(&work, CHECK_ARENA);
    fn_diag_list_init(&diags, &work, DIAGS_MAX);
    enum fn_code code = fcc_check(&work, FN_STR("old.funnel"), from, &options, &diags, &old);
    if (code == FN_OK) {
        code = fcc_check(&work, FN_STR("new.funnel"), to, &options, &diags, &new);
    }
    code = code == FN_OK && diags.errors > 0 ? FN_INVALID : code;
    if (code == FN_OK) {
        code = fcc_compat(&work, old, new, &table);
    }
    if (code == FN_OK) {
        code = keep(arena, &table, out);
    }
    fn_arena_fini(&work);
    return code;
}

/* -- by images ------------------------------------------------------------------------------------------------------------------------- */

struct images {
    const struct fbc_image *from, *to;
    struct fn_arena *arena;
    struct fcc_compat *out;
};

static void push(struct images *c, enum fcc_compat_kind kind, enum fcc_compat_state state, struct fn_str from,
                 struct fn_str to, bool settled)
{
    c->out->unsettled += !settled;
    c->out->rows[c->out->n++] =
        (struct fcc_compat_row){kind, state, fn_arena_dup(c->arena, from), fn_arena_dup(c->arena, to), settled};
}

static bool is_hidden(struct fn_str name)
{
    return memchr(name.p, ':', name.n) != NULL || fn_str_starts(name, FN_STR("$"));
}

static struct fn_str moved(const struct fbc_image *to, struct fn_str stage)
{
    for (uint32_t i = 0; i < to->n_migrates; i++) {
        if (fn_str_eq(to->migrates[i].from, stage)) {
            return to->migrates[i].to;
        }
    }
    return stage;
}

static void stages(struct images *c)
{
    for (uint32_t i = 0; i < c->from->n_stages; i++) {
        struct fn_str name = c->from->stages[i].name, now = moved(c->to, name);
        bool there = fbc_find_stage(c->to, now) != FBC_NO_INDEX;
        enum fcc_compat_state state = !there                 ? FCC_COMPAT_REMOVED
                                      : fn_str_eq(name, now) ? FCC_COMPAT_SAME
                                                             : FCC_COMPAT_RENAMED;
        if (!is_hidden(name)) {
            push(c, FCC_COMPAT_STAGE, state, name, there ? now : FN_STR_NULL, there);
        }
    }
    for (uint32_t i = 0; i < c->to->n_stages; i++) {
        struct fn_str name = c->to->stages[i].name;
        if (!is_hidden(name) && fbc_find_stage(c->from, name) == FBC_NO_INDEX) {
            push(c, FCC_COMPAT_STAGE, FCC_COMPAT_ADDED, FN_STR_NULL, name, true);
        }
    }
}

static bool has_rule(const struct fbc_image *to, struct fn_str var)
{
    struct fn_str head = FN_STR(FVM_MIGRATE);
    for (uint32_t i = 0; i < to->n_funcs; i++) {
        struct fn_str f = to->funcs[i].name;
        if (fn_str_starts(f, head) && fn_str_eq((struct fn_str){f.p + head.n, f.n - head.n}, var)) {
            return true;
        }
    }
    return false;
}

static void variables(struct images *c)
{
    for (uint32_t i = 0; i < c->from->n_globals; i++) {
        const struct fbc_global *g = &c->from->globals[i];
        unsigned contact = (g->flags & FBC_G_CONTACT) != 0;
        uint16_t k = fbc_find_global(c->to, g->name, contact);
        enum fcc_compat_kind kind = contact ? FCC_COMPAT_CONTACT : FCC_COMPAT_VAR;
        if (is_hidden(g->name)) {
            continue;
        }
        if (k == FBC_NO_INDEX) {
            push(c, kind, FCC_COMPAT_REMOVED, g->name, FN_STR_NULL, true);
            continue;
        }
        bool same = fbc_same_global(c->from, g, c->to, &c->to->globals[k]);
        push(c, kind, same ? FCC_COMPAT_SAME : FCC_COMPAT_CHANGED, g->name, g->name,
             same || (!contact && has_rule(c->to, g->name)));
    }
    for (uint32_t i = 0; i < c->to->n_globals; i++) {
        const struct fbc_global *g = &c->to->globals[i];
        unsigned contact = (g->flags & FBC_G_CONTACT) != 0;
        if (!is_hidden(g->name) && fbc_find_global(c->from, g->name, contact) == FBC_NO_INDEX) {
            push(c, contact ? FCC_COMPAT_CONTACT : FCC_COMPAT_VAR, FCC_COMPAT_ADDED, FN_STR_NULL, g->name, true);
        }
    }
}

static const struct fbc_question *question(const struct fbc_image *im, struct fn_str name)
{
    for (uint32_t i = 0; i < im->n_questions; i++) {
        if (fn_str_eq(im->questions[i].name, name)) {
            return &im->questions[i];
        }
    }
    return NULL;
}

static void questions(struct images *c)
{
    for (uint32_t i = 0; i < c->from->n_questions; i++) {
        struct fn_str name = c->from->questions[i].name;
        bool there = question(c->to, name) != NULL;
        push(c, FCC_COMPAT_QUESTION, there ? FCC_COMPAT_SAME : FCC_COMPAT_REMOVED, name, there ? name : FN_STR_NULL,
             true);
    }
    for (uint32_t i = 0; i < c->to->n_questions; i++) {
        if (question(c->from, c->to->questions[i].name) == NULL) {
            push(c, FCC_COMPAT_QUESTION, FCC_COMPAT_ADDED, FN_STR_NULL, c->to->questions[i].name, true);
        }
    }
}

static size_t rows_of(const struct fbc_image *im)
{
    return (size_t)im->n_stages + im->n_globals + im->n_questions;
}

enum fn_code fsv_compare_images(struct fn_arena *arena, struct fn_str from, struct fn_str to, struct fcc_compat *out)
{
    struct images c = {.arena = arena, .out = out};
    struct fbc_fault fault;
    enum fn_code code = fbc_verify(from, FBC_ALLOW_ALL, &c.from, &fault);
    if (code == FN_OK) {
        code = fbc_verify(to, FBC_ALLOW_ALL, &c.to, &fault);
    }
    if (code == FN_OK) {
        *out = (struct fcc_compat){.rows = fn_arena_array(arena, rows_of(c.from) + rows_of(c.to), sizeof *out->rows)};
        code = out->rows != NULL ? FN_OK : FN_NO_MEMORY;
    }
    if (code == FN_OK) {
        stages(&c);
        variables(&c);
        questions(&c);
        code = arena->failed ? FN_NO_MEMORY : FN_OK;
    }
    fbc_image_free(c.from);
    fbc_image_free(c.to);
    return code;
}

/* -- with its conversations -------------------------------------------------------------------------------------------------------------- */

/* Of one stage; of all when the stage is empty. */
static int64_t stand_on(const struct frt_standing *standing, size_t n, struct fn_str stage)
{
    int64_t sum = 0;
    for (size_t i = 0; i < n; i++) {
        sum += stage.n == 0 || fn_str_eq(standing[i].stage, stage) ? standing[i].n : 0;
    }
    return sum;
}

static void put_row(struct fn_buf *out, const struct fcc_compat_row *row, int64_t conversations)
{
    static const char *const kinds[] = {"stage", "variable", "contact", "question", "option"};
    static const char *const states[] = {"same", "renamed", "added", "removed", "changed", "unset"};
    fn_json_comma(out);
    fn_buf_printf(out, "{\"kind\":\"%s\",\"state\":\"%s\",\"from\":", kinds[row->kind], states[row->state]);
    fn_json_put_str(out, row->from);
    fn_json_put_key(out, "to");
    fn_json_put_str(out, row->to);
    fn_buf_printf(out, ",\"settled\":%s", row->settled ? "true" : "false");
    if (row->kind == FCC_COMPAT_STAGE) {
        fn_buf_printf(out, ",\"conversations\":%lld", (long long)conversations);
    }
    fn_buf_char(out, '}');
}

int64_t fsv_compare_put(struct fn_buf *out, const struct fcc_compat *table, const struct frt_standing *standing,
                        size_t n)
{
    int64_t blocked = 0;
    fn_buf_z(out, "\"changes\":[");
    for (size_t i = 0; i < table->n; i++) {
        const struct fcc_compat_row *row = &table->rows[i];
        bool stage = row->kind == FCC_COMPAT_STAGE;
        int64_t stood = stage && row->from.n == 0 ? 0 : stand_on(standing, n, stage ? row->from : FN_STR_NULL);
        blocked += row->settled ? 0 : stood;
        put_row(out, row, stood);
    }
    fn_buf_printf(out, "],\"unsettled\":%zu,\"blocked\":%lld", table->unsettled, (long long)blocked);
    return blocked;
}
