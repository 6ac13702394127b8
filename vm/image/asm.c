/* asm.c: the assembler's directives, one function each, and its loop over the lines.
 *
 * Rows go to the builder as they come. A function's instructions are gathered until the next directive that is not one of them. Changes to
 * the finished bytes are kept as lines and run last, over an image of their own, so `out` is appended to only when all is well.
 * SPDX-License-Identifier: Apache-2.0 */
#include "asm.h"

#include "fbc_asm.h"

#include <stdlib.h>

static void end_func(struct asm_state *s)
{
    if (!s->in_func) {
        return;
    }
    s->in_func = false;
    union {
        const char *bytes;
        const uint32_t *words;
    } code = {.bytes = s->words.p};
    union {
        const char *bytes;
        const struct fbc_line *lines;
    } lines = {.bytes = s->lines.p};
    fbc_build_body(s->b, s->func, s->regs, s->n_regs, code.words, (uint32_t)(s->words.n / sizeof(uint32_t)),
                   lines.lines, (uint32_t)(s->lines.n / sizeof(struct fbc_line)));
}

static void do_info(struct asm_state *s)
{
    struct fbc_build_info info = {0};
    struct fn_str *const names[] = {&info.name,   &info.title,    &info.timezone,
                                    &info.locale, &info.currency, &info.language};
    for (size_t i = 0; i < FN_COUNT(names); i++) {
        *names[i] = asm_string(s);
    }
    info.budget = (uint32_t)asm_number(s, 0, UINT32_MAX);
    fbc_build_info(s->b, &info);
}

static enum fbc_type_kind read_kind(struct asm_state *s)
{
    struct fn_str word = asm_word(s);
    for (unsigned k = FBC_T_BOOL; k <= FBC_T_OPTION; k++) {
        if (asm_is(word, fbc_kind_name((enum fbc_type_kind)k))) {
            return (enum fbc_type_kind)k;
        }
    }
    asm_fail(s, "no such kind of type");
    return FBC_T_BOOL;
}

static void do_record(struct asm_state *s, enum fbc_type_kind kind)
{
    struct fn_str name = asm_string(s);
    unsigned n = 0;
    struct fbc_field *fields = fn_arena_array(&s->arena, ASM_TOKENS_MAX, sizeof *fields);
    struct fn_str *members = fn_arena_array(&s->arena, ASM_TOKENS_MAX, sizeof *members);
    if (fields == NULL || members == NULL) {
        asm_fail(s, "out of memory");
        return;
    }
    for (; asm_more(s); n++) {
        members[n] = fields[n].name = asm_string(s);
        fields[n].type = kind == FBC_T_RECORD ? asm_index(s) : 0;
    }
    if (kind == FBC_T_RECORD) {
        fbc_build_record(s->b, name, fields, n);
    } else {
        fbc_build_enum(s->b, name, members, n);
    }
}

static void do_type(struct asm_state *s)
{
    enum fbc_type_kind kind = read_kind(s);
    if (kind == FBC_T_RECORD || kind == FBC_T_ENUM) {
        do_record(s, kind);
        return;
    }
    uint16_t elem = kind > FBC_T_RECORD ? asm_index(s) : FBC_NO_TYPE;
    uint32_t bound = asm_more(s) ? (uint32_t)asm_number(s, 0, UINT32_MAX) : 0;
    fbc_build_type_of(s->b, kind, elem, bound);
}

static void do_list(struct asm_state *s, uint16_t type)
{
    uint16_t items[ASM_TOKENS_MAX];
    unsigned n = 0;
    while (asm_more(s)) {
        items[n++] = asm_index(s);
    }
    fbc_build_const_list(s->b, type, items, n);
}

static void do_const(struct asm_state *s)
{
    struct fn_str what = asm_word(s);
    uint16_t type = asm_index(s);
    if (asm_is(what, "int")) {
        fbc_build_const_int(s->b, type, asm_number(s, INT64_MIN, INT64_MAX));
    } else if (asm_is(what, "num")) {
        fbc_build_const_num(s->b, type, strtod(asm_word(s).p, NULL));
    } else if (asm_is(what, "text")) {
        fbc_build_const_text(s->b, type, asm_string(s));
    } else if (asm_is(what, "list")) {
        do_list(s, type);
    } else {
        asm_fail(s, "a constant is int, num, text or list");
    }
}

static void do_global(struct asm_state *s)
{
    struct fn_str name = asm_string(s);
    uint16_t type = asm_index(s);
    unsigned flags = asm_index(s);
    fbc_build_global_held(s->b, name, type, flags, asm_more(s) ? asm_index(s) : type);
}

static void do_event(struct asm_state *s)
{
    struct fn_str name = asm_string(s);
    fbc_build_event(s->b, name, asm_index(s));
}

static void do_wait(struct asm_state *s)
{
    struct fbc_wait w = {.name = asm_string(s), .flags = asm_index(s)};
    w.event = asm_index(s);
    w.settle_ms = (uint32_t)asm_number(s, 0, UINT32_MAX);
    w.max_ms = (uint32_t)asm_number(s, 0, UINT32_MAX);
    fbc_build_wait(s->b, &w);
}

static void do_stage(struct asm_state *s)
{
    uint16_t stage = fbc_build_stage(s->b, asm_string(s));
    fbc_build_stage_func(s->b, stage, asm_index(s));
}

static void do_entry(struct asm_state *s)
{
    struct fbc_entry e = {.kind = (uint8_t)asm_number(s, 0, UINT8_MAX)};
    e.stage = asm_index(s);
    e.event = asm_index(s);
    e.phrase = asm_string(s);
    fbc_build_entry(s->b, &e);
}

static void do_tool(struct asm_state *s)
{
    struct fbc_tool t = {.name = asm_string(s)};
    t.doc = asm_string(s);
    t.func = asm_index(s);
    t.args = asm_index(s);
    fbc_build_tool(s->b, &t);
}

static void do_agent(struct asm_state *s)
{
    uint16_t tools[ASM_TOKENS_MAX];
    struct fbc_agent a = {.name = asm_string(s), .tools = tools};
    a.model = asm_string(s);
    a.instructions = asm_string(s);
    a.remember = (uint32_t)asm_number(s, 0, UINT32_MAX);
    a.budget = (uint32_t)asm_number(s, 0, UINT32_MAX);
    while (asm_more(s)) {
        tools[a.n_tools++] = asm_index(s);
    }
    fbc_build_agent(s->b, &a);
}

static void do_question(struct asm_state *s)
{
    struct fn_str *options = fn_arena_array(&s->arena, ASM_TOKENS_MAX, sizeof *options);
    struct fbc_question q = {.name = asm_string(s), .options = options};
    q.stage = asm_index(s);
    q.wait = asm_index(s);
    while (options != NULL && asm_more(s)) {
        options[q.n_options++] = asm_string(s);
    }
    fbc_build_question(s->b, &q);
}

static void do_migrate(struct asm_state *s)
{
    struct fn_str from = asm_string(s);
    fbc_build_migrate(s->b, from, asm_string(s));
}

/* The number of an import, from its name or as it is. */
static unsigned read_import(struct asm_state *s, const struct fbc_import *table, unsigned n)
{
    for (unsigned i = 0; i < n && asm_more(s); i++) {
        if (table[i].name != NULL && asm_is(s->tokens[s->at].text, table[i].name)) {
            s->at++;
            return i;
        }
    }
    return asm_index(s);
}

static void do_host(struct asm_state *s)
{
    fbc_build_host(s->b, (enum fbc_host)read_import(s, fbc_hosts, FN_COUNT(fbc_hosts)));
}

static void do_native(struct asm_state *s)
{
    fbc_build_native(s->b, (enum fbc_native)read_import(s, fbc_natives, FN_COUNT(fbc_natives)));
}

static void do_func(struct asm_state *s)
{
    struct fn_str name = asm_string(s);
    unsigned n_params = asm_index(s);
    uint16_t result = asm_index(s), may_await = asm_index(s);
    for (s->n_regs = 0; asm_more(s) && s->n_regs < FN_COUNT(s->regs); s->n_regs++) {
        s->regs[s->n_regs] = asm_index(s);
    }
    if (n_params > s->n_regs) {
        asm_fail(s, "more parameters than registers");
        return;
    }
    s->func = fbc_build_func(s->b, name, n_params, s->regs, result, may_await);
    s->in_func = true;
    fn_buf_clear(&s->words);
    fn_buf_clear(&s->lines);
}

static void do_line(struct asm_state *s)
{
    struct fbc_line line = {(uint32_t)(s->words.n / sizeof(uint32_t)), (uint32_t)asm_number(s, 0, UINT32_MAX)};
    fn_buf_put(&s->lines, &line, sizeof line);
}

struct directive {
    const char *name;
    void (*run)(struct asm_state *s);
};
static const struct directive directives[] = {
    {"info", do_info},         {"type", do_type},       {"const", do_const}, {"global", do_global}, {"event", do_event},
    {"wait", do_wait},         {"stage", do_stage},     {"entry", do_entry}, {"tool", do_tool},     {"agent", do_agent},
    {"question", do_question}, {"migrate", do_migrate}, {"host", do_host},   {"native", do_native}, {"func", do_func},
};

static void do_line_of_text(struct asm_state *s, struct fn_str line)
{
    struct fn_str name = asm_word(s);
    if (asm_is_change(name)) {
        fn_buf_u32(&s->changes, s->line);
        fn_buf_u32(&s->changes, (uint32_t)line.n);
        fn_buf_str(&s->changes, line);
        return;
    }
    for (size_t i = 0; i < FN_COUNT(directives); i++) {
        if (asm_is(name, directives[i].name)) {
            end_func(s);
            directives[i].run(s);
            return;
        }
    }
    if (!s->in_func) {
        asm_fail(s, "no such directive, or an instruction outside a function");
    } else if (asm_is(name, "line")) {
        do_line(s);
    } else {
        asm_instruction(s, name);
    }
}

static bool check_end_of_line(struct asm_state *s)
{
    return !s->failed && (s->at == s->n || asm_fail(s, "words too many in the line"));
}

static bool run_lines(struct asm_state *s, struct fn_str source)
{
    size_t at = 0;
    while (at < source.n) {
        const char *from = source.p + at;
        const char *end = memchr(from, '\n', source.n - at);
        struct fn_str line = {from, end != NULL ? (size_t)(end - from) : source.n - at};
        at += line.n + 1;
        s->line++;
        if (!asm_scan(s, line)) {
            return false;
        }
        if (s->n == 0) {
            continue;
        }
        do_line_of_text(s, line);
        if (!asm_is_change(s->tokens[0].text) && !check_end_of_line(s)) {
            return false;
        }
    }
    end_func(s);
    return true;
}

static bool run_changes(struct asm_state *s, struct fn_buf *image)
{
    struct fn_reader r;
    bool keep_crc = false;
    fn_reader_init(&r, s->changes.p, s->changes.n);
    while (fn_reader_left(&r) != 0) {
        s->line = fn_read_u32(&r);
        if (!asm_scan(s, fn_read_bytes(&r, fn_read_u32(&r)))) {
            return false;
        }
        asm_change(s, image, &keep_crc);
        if (!check_end_of_line(s)) {
            return false;
        }
    }
    return true;
}

static enum fn_code assemble(struct asm_state *s, struct fn_str source, struct fn_buf *image)
{
    if (s->b == NULL || s->tokens == NULL) {
        return fn_fail(s->err, FN_NO_MEMORY, "out of memory");
    }
    if (!run_lines(s, source)) {
        return FN_INVALID;
    }
    if (s->words.failed || s->lines.failed || s->changes.failed) {
        return fn_fail(s->err, FN_LIMIT, "too much code");
    }
    enum fn_code code = fbc_build_finish(s->b, image, s->err);
    if (code != FN_OK) {
        return code;
    }
    return run_changes(s, image) ? FN_OK : FN_INVALID;
}

enum fn_code fbc_assemble(struct fn_str source, struct fn_buf *out, struct fn_err *err)
{
    struct asm_state s = {.b = fbc_build_new(), .err = err};
    struct fn_buf image;
    fn_buf_init(&image, 2 * FBC_LIMIT_IMAGE);
    fn_buf_init(&s.words, FBC_LIMIT_CODE * sizeof(uint32_t));
    fn_buf_init(&s.lines, FBC_LIMIT_LINES * sizeof(struct fbc_line));
    fn_buf_init(&s.changes, FBC_LIMIT_IMAGE);
    fn_arena_init(&s.arena, 4 * FBC_LIMIT_IMAGE);
    s.tokens = fn_arena_array(&s.arena, ASM_TOKENS_MAX, sizeof *s.tokens);
    enum fn_code code = assemble(&s, source, &image);
    if (code == FN_OK) {
        fn_buf_str(out, fn_buf_view(&image));
        code = out->failed ? fn_fail(err, FN_LIMIT, "the image does not fit in the caller's buffer") : FN_OK;
    }
    fn_buf_fini(&image);
    fn_buf_fini(&s.words);
    fn_buf_fini(&s.lines);
    fn_buf_fini(&s.changes);
    fn_arena_fini(&s.arena);
    fbc_build_free(s.b);
    return code;
}
