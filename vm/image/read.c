/* read.c: bytes to image: the container (rule M1), the one block, and the order in which everything is checked.
 *
 * The sections' headers are read first. They tell how many rows there are, each row has a smallest size, so a small file cannot ask for
 * much memory; the block then holds the image, a copy of the bytes (strings point into it) and all arrays, and is never moved.
 * SPDX-License-Identifier: Apache-2.0 */
#include "verify.h"

#include <stdio.h>
#include <stdlib.h>

enum { BLOCK_ALIGN = 16 };

const struct verify_part verify_parts[FBC_SECTIONS] = {
    [FBC_S_INFO] = {verify_info, NULL},
    [FBC_S_FIELDS] = {verify_field, NULL},
    [FBC_S_TYPES] = {verify_type, verify_types_end},
    [FBC_S_ITEMS] = {verify_item, NULL},
    [FBC_S_CONSTS] = {verify_const, verify_consts_end},
    [FBC_S_GLOBALS] = {verify_global, verify_globals_end},
    [FBC_S_EVENTS] = {verify_event, verify_events_end},
    [FBC_S_REGS] = {verify_reg, NULL},
    [FBC_S_FUNCS] = {verify_func, verify_funcs_end},
    [FBC_S_STAGES] = {verify_stage, verify_stages_end},
    [FBC_S_WAITS] = {verify_wait, verify_waits_end},
    [FBC_S_ENTRIES] = {verify_entry, NULL},
    [FBC_S_TOOLS] = {verify_tool, verify_tools_end},
    [FBC_S_AGENT_TOOLS] = {verify_agent_tool, NULL},
    [FBC_S_AGENTS] = {verify_agent, verify_agents_end},
    [FBC_S_OPTIONS] = {verify_option, NULL},
    [FBC_S_QUESTIONS] = {verify_question, verify_questions_end},
    [FBC_S_MIGRATES] = {verify_migrate, verify_migrates_end},
    [FBC_S_HOSTS] = {verify_host, NULL},
    [FBC_S_NATIVES] = {verify_native, NULL},
    [FBC_S_LINES] = {verify_line, NULL},
    [FBC_S_CODE] = {verify_word, NULL},
};

static bool check_header(struct verify *v, struct fn_str bytes)
{
    struct fn_reader r;
    fn_reader_init(&r, bytes.p, bytes.n);
    struct fn_str magic = fn_read_bytes(&r, sizeof FBC_MAGIC - 1);
    uint16_t format = v->format = fn_read_u16(&r), abi = fn_read_u16(&r);
    uint32_t total = fn_read_u32(&r), crc = fn_read_u32(&r);
    if (r.bad || !fn_str_eq(magic, FN_STR(FBC_MAGIC))) {
        return verify_fault(v, "M1", "not an image");
    }
    if (format > FBC_FORMAT || format == 0 || abi > FBC_ABI || abi == 0) {
        return verify_fault(v, "M1", "format %u, abi %u; this version reads format 1 to %d, abi 1 to %d",
                            (unsigned)format, (unsigned)abi, FBC_FORMAT, FBC_ABI);
    }
    if (total != bytes.n || total > FBC_LIMIT_IMAGE) {
        return verify_fault(v, "M1", "%zu bytes, its header says %u; at most %d", bytes.n, (unsigned)total,
                            (int)FBC_LIMIT_IMAGE);
    }
    if (crc != fn_crc32c(bytes.p + FBC_HEADER, bytes.n - FBC_HEADER)) {
        return verify_fault(v, "M1", "wrong checksum");
    }
    return true;
}

static bool check_section(struct verify *v, const struct fn_reader *r, uint32_t id, uint32_t length, uint32_t n)
{
    const struct fbc_section_info *info = &fbc_sections[v->section];
    if (r->bad || id != (uint32_t)v->section) {
        return verify_fault(v, "M1", "section %u where %s should be", (unsigned)id, info->name);
    }
    if (length < 4 || length - 4 > fn_reader_left(r)) {
        return verify_fault(v, "M1", "%s of %u bytes does not fit in the file", info->name, (unsigned)length);
    }
    if (n > info->limit || n > (length - 4) / info->min) {
        return verify_fault(v, "M1", "%s of %u rows in %u bytes; at most %u rows", info->name, (unsigned)n,
                            (unsigned)length, (unsigned)info->limit);
    }
    return true;
}

/* Finds the sections; they tile the file. */
static bool read_sections(struct verify *v, struct fn_str bytes)
{
    struct fn_reader r;
    fn_reader_init(&r, bytes.p, bytes.n);
    fn_read_bytes(&r, FBC_HEADER);
    for (unsigned i = 1; i < FBC_SECTIONS; i++) {
        v->section = (enum fbc_section)i;
        v->row_at = r.at;
        uint32_t id = fn_read_u32(&r), length = fn_read_u32(&r), n = fn_read_u32(&r);
        if (!check_section(v, &r, id, length, n)) {
            return false;
        }
        v->sections[i] = (struct verify_section){r.at, length - 4, n};
        fn_read_bytes(&r, length - 4);
    }
    if (fn_reader_left(&r) != 0) {
        return verify_fault(v, "M1", "%zu bytes behind the last section", fn_reader_left(&r));
    }
    return v->sections[FBC_S_INFO].n == 1 || verify_fault(v, "M1", "INFO is not one row");
}

/* The block is laid out twice: without memory to learn its size, then for good. */
struct layout {
    char *block; /* NULL: only measuring */
    size_t at;
    bool bad;
};

static void *place(struct layout *l, size_t n, size_t size)
{
    size_t bytes, end;
    void *here = l->block != NULL ? l->block + l->at : NULL;
    if (!fn_mul_size(n, size, &bytes) || !fn_add_size(bytes, BLOCK_ALIGN - 1, &bytes) ||
        !fn_add_size(l->at, bytes & ~(size_t)(BLOCK_ALIGN - 1), &end)) {
        l->bad = true;
        return NULL;
    }
    l->at = end;
    return here;
}

/* The most rows that verify_unique sorts. */
static uint32_t most_sorted(const struct verify *v)
{
    uint32_t most = v->sections[FBC_S_FIELDS].n;
    for (unsigned i = FBC_S_TYPES; i <= FBC_S_MIGRATES; i++) {
        bool sorted = verify_parts[i].end != NULL;
        most = sorted && v->sections[i].n > most ? v->sections[i].n : most;
    }
    return most;
}

static void place_tables(struct verify *v, struct layout *l)
{
    const struct verify_section *s = v->sections;
    v->fields = place(l, s[FBC_S_FIELDS].n, sizeof *v->fields);
    v->field_own = place(l, s[FBC_S_FIELDS].n, sizeof *v->field_own);
    v->types = place(l, s[FBC_S_TYPES].n, sizeof *v->types);
    v->own = place(l, s[FBC_S_TYPES].n, sizeof *v->own);
    v->wide = place(l, s[FBC_S_TYPES].n, sizeof *v->wide);
    v->items = place(l, s[FBC_S_ITEMS].n, sizeof *v->items);
    v->consts = place(l, s[FBC_S_CONSTS].n, sizeof *v->consts);
    v->globals = place(l, s[FBC_S_GLOBALS].n, sizeof *v->globals);
    v->events = place(l, s[FBC_S_EVENTS].n, sizeof *v->events);
    v->regs = place(l, s[FBC_S_REGS].n, sizeof *v->regs);
    v->reg_own = place(l, s[FBC_S_REGS].n, sizeof *v->reg_own);
    v->reg_wide = place(l, s[FBC_S_REGS].n, sizeof *v->reg_wide);
    v->funcs = place(l, s[FBC_S_FUNCS].n, sizeof *v->funcs);
    v->stages = place(l, s[FBC_S_STAGES].n, sizeof *v->stages);
    v->waits = place(l, s[FBC_S_WAITS].n, sizeof *v->waits);
    v->wait_used = place(l, s[FBC_S_WAITS].n, sizeof *v->wait_used);
    v->entries = place(l, s[FBC_S_ENTRIES].n, sizeof *v->entries);
}

static void place_rest(struct verify *v, struct layout *l)
{
    const struct verify_section *s = v->sections;
    v->tools = place(l, s[FBC_S_TOOLS].n, sizeof *v->tools);
    v->agent_tools = place(l, s[FBC_S_AGENT_TOOLS].n, sizeof *v->agent_tools);
    v->agents = place(l, s[FBC_S_AGENTS].n, sizeof *v->agents);
    v->options = place(l, s[FBC_S_OPTIONS].n, sizeof *v->options);
    v->questions = place(l, s[FBC_S_QUESTIONS].n, sizeof *v->questions);
    v->migrates = place(l, s[FBC_S_MIGRATES].n, sizeof *v->migrates);
    v->hosts = place(l, s[FBC_S_HOSTS].n, sizeof *v->hosts);
    v->natives = place(l, s[FBC_S_NATIVES].n, sizeof *v->natives);
    v->lines = place(l, s[FBC_S_LINES].n, sizeof *v->lines);
    v->words = place(l, s[FBC_S_CODE].n, sizeof *v->words);
    v->im->func_of_word = place(l, s[FBC_S_CODE].n, sizeof *v->im->func_of_word);
    v->im->site = place(l, s[FBC_S_CODE].n, sizeof *v->im->site);
    v->order = place(l, most_sorted(v), sizeof *v->order);
}

/* Lays the block out; gives where the copy of the bytes goes. The image itself is its first part. */
static char *lay_out(struct verify *v, struct layout *l, struct fbc_image *image, size_t n_bytes)
{
    v->im = image;
    place(l, 1, sizeof *image);
    place_tables(v, l);
    place_rest(v, l);
    return place(l, n_bytes, 1);
}

static void set_counts(struct fbc_image *im, const struct verify_section *s)
{
    im->n_types = s[FBC_S_TYPES].n;
    im->n_consts = s[FBC_S_CONSTS].n;
    im->n_globals = s[FBC_S_GLOBALS].n;
    im->n_funcs = s[FBC_S_FUNCS].n;
    im->n_stages = s[FBC_S_STAGES].n;
    im->n_waits = s[FBC_S_WAITS].n;
    im->n_events = s[FBC_S_EVENTS].n;
    im->n_entries = s[FBC_S_ENTRIES].n;
    im->n_agents = s[FBC_S_AGENTS].n;
    im->n_tools = s[FBC_S_TOOLS].n;
    im->n_questions = s[FBC_S_QUESTIONS].n;
    im->n_migrates = s[FBC_S_MIGRATES].n;
    im->n_lines = s[FBC_S_LINES].n;
    im->n_code = s[FBC_S_CODE].n;
    im->n_hosts = s[FBC_S_HOSTS].n;
    im->n_natives = s[FBC_S_NATIVES].n;
}

static void set_tables(struct fbc_image *im, const struct verify *v)
{
    im->types = v->types;
    im->consts = v->consts;
    im->globals = v->globals;
    im->funcs = v->funcs;
    im->stages = v->stages;
    im->waits = v->waits;
    im->events = v->events;
    im->entries = v->entries;
    im->agents = v->agents;
    im->tools = v->tools;
    im->questions = v->questions;
    im->migrates = v->migrates;
    im->lines = v->lines;
    im->code = v->words;
    im->hosts = v->hosts;
    im->natives = v->natives;
}

/* Makes the block, zeroed, and the image in it, whose tables are still empty. */
static bool make_block(struct verify *v, struct fn_str bytes)
{
    struct fbc_image measured = {0};
    struct layout size = {0};
    lay_out(v, &size, &measured, bytes.n);
    char *block = size.bad ? NULL : calloc(1, size.at);
    if (block == NULL) {
        v->im = NULL;
        v->code = FN_NO_MEMORY;
        return false;
    }
    struct layout l = {.block = block};
    void *image = block;
    char *copy = lay_out(v, &l, image, bytes.n);
    memcpy(copy, bytes.p, bytes.n);
    v->im->size = size.at;
    v->im->bytes = (struct fn_str){copy, bytes.n};
    set_counts(v->im, v->sections);
    set_tables(v->im, v);
    return true;
}

static bool read_rows(struct verify *v)
{
    const struct verify_section *s = &v->sections[v->section];
    const struct verify_part *part = &verify_parts[v->section];
    struct fn_reader r;
    fn_reader_init(&r, v->im->bytes.p + s->at, s->length);
    for (v->row = 0; v->row < s->n; v->row++) {
        v->row_at = s->at + r.at;
        if (!part->row(v, &r, v->row) || r.bad) {
            return verify_fault(v, "M1", "the section ends inside it");
        }
    }
    v->row_at = s->at + r.at;
    if (fn_reader_left(&r) != 0) {
        return verify_fault(v, "M1", "%zu bytes behind the last row", fn_reader_left(&r));
    }
    return part->end == NULL || part->end(v);
}

/* Every row of a list section has an owner. */
static bool check_taken(struct verify *v)
{
    static const enum fbc_section lists[] = {FBC_S_FIELDS, FBC_S_ITEMS, FBC_S_REGS, FBC_S_AGENT_TOOLS, FBC_S_OPTIONS};
    for (size_t i = 0; i < FN_COUNT(lists); i++) {
        v->section = lists[i];
        v->row = v->taken[lists[i]];
        v->row_at = v->sections[lists[i]].at;
        if (v->row != v->sections[lists[i]].n) {
            return verify_fault(v, "M1", "belongs to nobody");
        }
    }
    return true;
}

static bool read_image(struct verify *v, struct fn_str bytes)
{
    if (!check_header(v, bytes) || !read_sections(v, bytes) || !make_block(v, bytes)) {
        return false;
    }
    for (unsigned i = 1; i < FBC_SECTIONS; i++) {
        v->section = (enum fbc_section)i;
        if (!read_rows(v)) {
            return false;
        }
    }
    return check_taken(v) && verify_code(v);
}

enum fn_code fbc_verify(struct fn_str bytes, struct fbc_allow allow, const struct fbc_image **out,
                        struct fbc_fault *fault)
{
    struct fbc_fault unheard;
    struct verify v = {.allow = allow, .fault = fault != NULL ? fault : &unheard};
    *v.fault = (struct fbc_fault){0};
    fn_buf_init(&v.folded, 4 * FBC_LIMIT_NAME); /* folding may lengthen */
    bool good = read_image(&v, bytes);
    fn_buf_fini(&v.folded);
    if (good) {
        *out = v.im;
        return FN_OK;
    }
    if (v.code == FN_NO_MEMORY) {
        snprintf(v.fault->text, sizeof v.fault->text, "out of memory");
    }
    free(v.im);
    return v.code;
}

void fbc_image_free(const struct fbc_image *image)
{
    union {
        const struct fbc_image *borrowed;
        void *owned;
    } block = {.borrowed = image};
    free(block.owned);
}
