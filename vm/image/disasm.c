/* disasm.c: an image as text that fbc_assemble reads back to the same bytes. Names and values stand in comments, so people can read it too.
 * SPDX-License-Identifier: Apache-2.0 */
#include "disasm.h"

#include "fbc_format.h"

#include <inttypes.h>

void disasm_str(struct fn_buf *out, struct fn_str s)
{
    fn_buf_z(out, " \"");
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == '\n') {
            fn_buf_z(out, "\\n");
        } else if (c == '"' || c == '\\') {
            fn_buf_char(out, '\\');
            fn_buf_char(out, c);
        } else if ((unsigned char)c < ' ' || c == 0x7f) {
            fn_buf_printf(out, "\\x%02x", (unsigned)(unsigned char)c);
        } else {
            fn_buf_char(out, c);
        }
    }
    fn_buf_char(out, '"');
}

void disasm_index(struct fn_buf *out, uint16_t index)
{
    if (index == FBC_NO_INDEX) {
        fn_buf_z(out, " -");
    } else {
        fn_buf_printf(out, " %u", (unsigned)index);
    }
}

static void put_info(struct fn_buf *out, const struct fbc_image *im)
{
    const struct fn_str names[] = {im->name, im->title, im->timezone, im->locale, im->currency, im->language};
    fn_buf_z(out, "info");
    for (size_t i = 0; i < FN_COUNT(names); i++) {
        disasm_str(out, names[i]);
    }
    fn_buf_printf(out, " %u\n", (unsigned)im->budget);
}

static void put_type(struct fn_buf *out, const struct fbc_type *t)
{
    fn_buf_printf(out, "type %s", fbc_kind_name((enum fbc_type_kind)t->kind));
    if (t->kind == FBC_T_RECORD || t->kind == FBC_T_ENUM) {
        disasm_str(out, t->name);
    } else if (t->elem != FBC_NO_TYPE) {
        fn_buf_printf(out, " t%u", (unsigned)t->elem);
    }
    for (unsigned i = 0; i < t->n; i++) {
        disasm_str(out, t->fields[i].name);
        if (t->kind == FBC_T_RECORD) {
            fn_buf_printf(out, " t%u", (unsigned)t->fields[i].type);
        }
    }
    if (t->bound != 0) {
        fn_buf_printf(out, " %u", (unsigned)t->bound);
    }
}

static void put_const(struct fn_buf *out, const struct fbc_const *c, const struct fbc_type *t)
{
    static const char *const words[] = {
        [FBC_REPR_I] = "int", [FBC_REPR_F] = "num", [FBC_REPR_B] = "int", [FBC_REPR_T] = "text", [FBC_REPR_L] = "list"};
    fn_buf_printf(out, "const %s t%u", words[t->repr], (unsigned)c->type);
    if (t->repr == FBC_REPR_T) {
        disasm_str(out, c->text);
    } else if (t->repr == FBC_REPR_F) {
        fn_buf_printf(out, " %.17g", c->f);
    } else if (t->repr != FBC_REPR_L) {
        fn_buf_printf(out, " %" PRId64, c->i);
    }
    for (uint32_t i = 0; i < c->n; i++) {
        fn_buf_printf(out, " k%u", (unsigned)c->items[i]);
    }
}

static void put_values(struct fn_buf *out, const struct fbc_image *im)
{
    for (uint32_t i = 0; i < im->n_types && !out->failed; i++) {
        put_type(out, &im->types[i]);
        fn_buf_printf(out, " ; t%u\n", (unsigned)i);
    }
    for (uint32_t i = 0; i < im->n_consts && !out->failed; i++) {
        put_const(out, &im->consts[i], &im->types[im->consts[i].type]);
        fn_buf_printf(out, " ; k%u\n", (unsigned)i);
    }
    for (uint32_t i = 0; i < im->n_globals; i++) {
        fn_buf_z(out, "global");
        const struct fbc_global *g = &im->globals[i];
        disasm_str(out, g->name);
        fn_buf_printf(out, " t%u %u", (unsigned)g->type, (unsigned)g->flags);
        if (fbc_held(g) != g->type) {
            fn_buf_printf(out, " t%u", (unsigned)g->held);
        }
        fn_buf_printf(out, " ; g%u\n", (unsigned)i);
    }
}

static void put_waits(struct fn_buf *out, const struct fbc_image *im)
{
    for (uint32_t i = 0; i < im->n_events; i++) {
        fn_buf_z(out, "event");
        disasm_str(out, im->events[i].name);
        fn_buf_printf(out, " t%u\n", (unsigned)im->events[i].record);
    }
    for (uint32_t i = 0; i < im->n_waits && !out->failed; i++) {
        const struct fbc_wait *w = &im->waits[i];
        fn_buf_z(out, "wait");
        disasm_str(out, w->name);
        fn_buf_printf(out, " %u", (unsigned)w->flags);
        disasm_index(out, w->event);
        fn_buf_printf(out, " %u %u ; w%u\n", (unsigned)w->settle_ms, (unsigned)w->max_ms, (unsigned)i);
    }
}

static void put_stages(struct fn_buf *out, const struct fbc_image *im)
{
    static const char *const kinds[] = {"message", "keyword", "campaign", "event", "always", "error", "on_event"};
    for (uint32_t i = 0; i < im->n_stages; i++) {
        fn_buf_z(out, "stage");
        disasm_str(out, im->stages[i].name);
        fn_buf_printf(out, " f%u ; s%u\n", (unsigned)im->stages[i].func, (unsigned)i);
    }
    for (uint32_t i = 0; i < im->n_entries; i++) {
        const struct fbc_entry *e = &im->entries[i];
        fn_buf_printf(out, "entry %u s%u", (unsigned)e->kind, (unsigned)e->stage);
        disasm_index(out, e->event);
        disasm_str(out, e->phrase);
        fn_buf_printf(out, " ; %s\n", kinds[e->kind]);
    }
}

static void put_agents(struct fn_buf *out, const struct fbc_image *im)
{
    for (uint32_t i = 0; i < im->n_tools && !out->failed; i++) {
        const struct fbc_tool *t = &im->tools[i];
        fn_buf_z(out, "tool");
        disasm_str(out, t->name);
        disasm_str(out, t->doc);
        fn_buf_printf(out, " f%u t%u\n", (unsigned)t->func, (unsigned)t->args);
    }
    for (uint32_t i = 0; i < im->n_agents; i++) {
        const struct fbc_agent *a = &im->agents[i];
        fn_buf_z(out, "agent");
        disasm_str(out, a->name);
        disasm_str(out, a->model);
        disasm_str(out, a->instructions);
        fn_buf_printf(out, " %u %u", (unsigned)a->remember, (unsigned)a->budget);
        for (uint32_t k = 0; k < a->n_tools && !out->failed; k++) {
            disasm_index(out, a->tools[k]);
        }
        fn_buf_char(out, '\n');
    }
}

static void put_questions(struct fn_buf *out, const struct fbc_image *im)
{
    for (uint32_t i = 0; i < im->n_questions && !out->failed; i++) {
        const struct fbc_question *q = &im->questions[i];
        fn_buf_z(out, "question");
        disasm_str(out, q->name);
        fn_buf_printf(out, " s%u w%u", (unsigned)q->stage, (unsigned)q->wait);
        for (unsigned k = 0; k < q->n_options; k++) {
            disasm_str(out, q->options[k]);
        }
        fn_buf_char(out, '\n');
    }
    for (uint32_t i = 0; i < im->n_migrates; i++) {
        fn_buf_z(out, "migrate");
        disasm_str(out, im->migrates[i].from);
        disasm_str(out, im->migrates[i].to);
        fn_buf_char(out, '\n');
    }
}

static void put_imports(struct fn_buf *out, const struct fbc_image *im)
{
    for (uint32_t i = 0; i < im->n_hosts; i++) {
        fn_buf_printf(out, "host %s ; h%u %s\n", fbc_hosts[im->hosts[i]].name, (unsigned)i,
                      fbc_hosts[im->hosts[i]].sig);
    }
    for (uint32_t i = 0; i < im->n_natives; i++) {
        fn_buf_printf(out, "native %s ; n%u %s\n", fbc_natives[im->natives[i]].name, (unsigned)i,
                      fbc_natives[im->natives[i]].sig);
    }
}

void fbc_disasm(struct fn_buf *out, const struct fbc_image *im)
{
    put_info(out, im);
    put_values(out, im);
    put_waits(out, im);
    put_stages(out, im);
    put_agents(out, im);
    put_questions(out, im);
    put_imports(out, im);
    disasm_funcs(out, im);
}
