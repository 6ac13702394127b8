/* build.c: the rows of an image that are written once: names, stages, waits, entries, agents, imports.
 *
 * The builder checks sizes (its own memory, the tables' limits) and nothing of the meaning: whatever it is given, the verifier judges.
 * The assembler of the tests leans on that to write illegal images.
 * SPDX-License-Identifier: Apache-2.0 */
#include "build.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { ARENA_MAX = 8 * FBC_LIMIT_IMAGE }; /* bodies, keys of the interned rows, and their doubling */

struct fbc_build *fbc_build_new(void)
{
    struct fbc_build *b = calloc(1, sizeof *b);
    if (b == NULL) {
        return NULL;
    }
    fn_arena_init(&b->arena, ARENA_MAX);
    fn_buf_init(&b->key, FBC_LIMIT_IMAGE);
    for (size_t i = 0; i < FBC_SECTIONS; i++) {
        fn_buf_init(&b->rows[i], FBC_LIMIT_IMAGE);
    }
    intern_init(&b->types, &b->arena);
    intern_init(&b->consts, &b->arena);
    intern_init(&b->hosts, &b->arena);
    intern_init(&b->natives, &b->arena);
    return b;
}

void fbc_build_free(struct fbc_build *b)
{
    if (b == NULL) {
        return;
    }
    for (size_t i = 0; i < FBC_SECTIONS; i++) {
        fn_buf_fini(&b->rows[i]);
    }
    fn_buf_fini(&b->key);
    fn_arena_fini(&b->arena);
    free(b);
}

void build_fail(struct fbc_build *b, enum fn_code code, const char *format, ...)
{
    if (b->err.code != FN_OK) {
        return;
    }
    va_list args;
    va_start(args, format);
    b->err.code = code;
    vsnprintf(b->err.text, sizeof b->err.text, format, args);
    va_end(args);
}

uint16_t build_row(struct fbc_build *b, enum fbc_section section)
{
    if (b->n[section] >= fbc_sections[section].limit) {
        build_fail(b, FN_LIMIT, "more than %u rows in %s", (unsigned)fbc_sections[section].limit,
                   fbc_sections[section].name);
        return 0;
    }
    return (uint16_t)b->n[section]++;
}

void build_str(struct fbc_build *b, struct fn_buf *to, struct fn_str s, enum fbc_limit max)
{
    if (s.n > (size_t)max) {
        build_fail(b, FN_LIMIT, "a text of %zu bytes; at most %d", s.n, (int)max);
        s.n = 0;
    }
    fn_buf_u32(to, (uint32_t)s.n);
    fn_buf_str(to, s);
}

static void put_name(struct fbc_build *b, enum fbc_section section, struct fn_str s)
{
    build_str(b, &b->rows[section], s, FBC_LIMIT_NAME);
}

static void put_text(struct fbc_build *b, enum fbc_section section, struct fn_str s)
{
    build_str(b, &b->rows[section], s, FBC_LIMIT_TEXT);
}

void fbc_build_info(struct fbc_build *b, const struct fbc_build_info *info)
{
    const struct fn_str names[] = {info->name,   info->title,    info->timezone,
                                   info->locale, info->currency, info->language};
    fn_buf_clear(&b->rows[FBC_S_INFO]);
    b->n[FBC_S_INFO] = 1;
    for (size_t i = 0; i < FN_COUNT(names); i++) {
        put_name(b, FBC_S_INFO, names[i]);
    }
    fn_buf_u32(&b->rows[FBC_S_INFO], info->budget);
}

uint16_t fbc_build_global(struct fbc_build *b, struct fn_str name, uint16_t type, unsigned flags)
{
    return fbc_build_global_held(b, name, type, flags, type);
}

uint16_t fbc_build_global_held(struct fbc_build *b, struct fn_str name, uint16_t type, unsigned flags, uint16_t held)
{
    put_name(b, FBC_S_GLOBALS, name);
    fn_buf_u16(&b->rows[FBC_S_GLOBALS], type);
    fn_buf_u16(&b->rows[FBC_S_GLOBALS], (uint16_t)flags);
    fn_buf_u16(&b->rows[FBC_S_GLOBALS], held);
    return build_row(b, FBC_S_GLOBALS);
}

uint16_t fbc_build_event(struct fbc_build *b, struct fn_str name, uint16_t record)
{
    put_name(b, FBC_S_EVENTS, name);
    fn_buf_u16(&b->rows[FBC_S_EVENTS], record);
    return build_row(b, FBC_S_EVENTS);
}

uint16_t fbc_build_wait(struct fbc_build *b, const struct fbc_wait *w)
{
    struct fn_buf *rows = &b->rows[FBC_S_WAITS];
    put_name(b, FBC_S_WAITS, w->name);
    fn_buf_u16(rows, w->flags);
    fn_buf_u16(rows, w->event);
    fn_buf_u32(rows, w->settle_ms);
    fn_buf_u32(rows, w->max_ms);
    return build_row(b, FBC_S_WAITS);
}

void fbc_build_entry(struct fbc_build *b, const struct fbc_entry *e)
{
    struct fn_buf *rows = &b->rows[FBC_S_ENTRIES];
    fn_buf_char(rows, (char)e->kind);
    fn_buf_char(rows, 0);
    fn_buf_u16(rows, e->stage);
    fn_buf_u16(rows, e->event);
    put_name(b, FBC_S_ENTRIES, e->phrase);
    build_row(b, FBC_S_ENTRIES);
}

uint16_t fbc_build_tool(struct fbc_build *b, const struct fbc_tool *t)
{
    put_name(b, FBC_S_TOOLS, t->name);
    put_text(b, FBC_S_TOOLS, t->doc);
    fn_buf_u16(&b->rows[FBC_S_TOOLS], t->func);
    fn_buf_u16(&b->rows[FBC_S_TOOLS], t->args);
    return build_row(b, FBC_S_TOOLS);
}

uint16_t fbc_build_agent(struct fbc_build *b, const struct fbc_agent *a)
{
    struct fn_buf *rows = &b->rows[FBC_S_AGENTS];
    put_name(b, FBC_S_AGENTS, a->name);
    put_name(b, FBC_S_AGENTS, a->model);
    put_text(b, FBC_S_AGENTS, a->instructions);
    fn_buf_u32(rows, a->remember);
    fn_buf_u32(rows, a->budget);
    fn_buf_u32(rows, a->n_tools);
    for (uint32_t i = 0; i < a->n_tools && b->err.code == FN_OK; i++) {
        fn_buf_u16(&b->rows[FBC_S_AGENT_TOOLS], a->tools[i]);
        build_row(b, FBC_S_AGENT_TOOLS);
    }
    return build_row(b, FBC_S_AGENTS);
}

void fbc_build_question(struct fbc_build *b, const struct fbc_question *q)
{
    struct fn_buf *rows = &b->rows[FBC_S_QUESTIONS];
    put_name(b, FBC_S_QUESTIONS, q->name);
    fn_buf_u16(rows, q->stage);
    fn_buf_u16(rows, q->wait);
    fn_buf_u16(rows, q->n_options);
    for (unsigned i = 0; i < q->n_options && b->err.code == FN_OK; i++) {
        put_name(b, FBC_S_OPTIONS, q->options[i]);
        build_row(b, FBC_S_OPTIONS);
    }
    build_row(b, FBC_S_QUESTIONS);
}

void fbc_build_migrate(struct fbc_build *b, struct fn_str from, struct fn_str to)
{
    put_name(b, FBC_S_MIGRATES, from);
    put_name(b, FBC_S_MIGRATES, to);
    build_row(b, FBC_S_MIGRATES);
}

/* The row of an import; hosts and natives differ in which table the number is of. */
static uint16_t import(struct fbc_build *b, struct intern *set, enum fbc_section section, uint16_t number,
                       const struct fbc_import *row)
{
    bool fresh;
    uint32_t index = intern_add(set, (struct fn_str){(const char *)&number, sizeof number}, &fresh);
    if (fresh) {
        struct fn_buf *rows = &b->rows[section];
        fn_buf_u16(rows, number);
        fn_buf_char(rows, (char)row->kind);
        fn_buf_char(rows, (char)row->policy);
        fn_buf_u32(rows, row->name != NULL ? fbc_sig_hash(row) : 0);
        build_row(b, section);
    }
    return (uint16_t)index;
}

uint16_t fbc_build_host(struct fbc_build *b, enum fbc_host number)
{
    if ((unsigned)number >= FN_COUNT(fbc_hosts)) {
        build_fail(b, FN_INVALID, "no host number %u", (unsigned)number);
        return 0;
    }
    return import(b, &b->hosts, FBC_S_HOSTS, (uint16_t)number, &fbc_hosts[number]);
}

uint16_t fbc_build_native(struct fbc_build *b, enum fbc_native number)
{
    if ((unsigned)number >= FN_COUNT(fbc_natives)) {
        build_fail(b, FN_INVALID, "no native number %u", (unsigned)number);
        return 0;
    }
    return import(b, &b->natives, FBC_S_NATIVES, (uint16_t)number, &fbc_natives[number]);
}
