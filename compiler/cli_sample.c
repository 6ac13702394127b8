/* cli_sample.c: values made up for answers of models and systems, of the type the program expects: as JSON, and as a test writes them.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli_walker.h"

#include "fn_json.h"

enum { DEPTH = 8 };

static void both(struct fn_buf *json, struct fn_buf *line, const char *text)
{
    fn_buf_z(json, text);
    fn_buf_z(line, text);
}

static void quoted(struct fn_buf *json, struct fn_buf *line, const char *text)
{
    fn_buf_printf(json, "\"%s\"", text);
    fn_buf_printf(line, "\"%s\"", text);
}

static void wrapped(struct fn_buf *json, struct fn_buf *line, const char *call, const char *text)
{
    fn_buf_printf(json, "\"%s\"", text);
    fn_buf_printf(line, "%s(\"%s\")", call, text);
}

static void basic(const struct fcc_type *t, unsigned which, struct fn_buf *json, struct fn_buf *line)
{
    static const char *const ints[] = {"1", "0", "30"};
    switch (t->basic) {
    case FGR_T_BOOL: both(json, line, which % 2 == 0 ? "true" : "false"); break;
    case FGR_T_INT: both(json, line, ints[which % FN_COUNT(ints)]); break;
    case FGR_T_NUMBER: both(json, line, "1.5"); break;
    case FGR_T_MONEY:
        fn_buf_z(json, which % 2 == 0 ? "80.00" : "0.00");
        fn_buf_z(line, which % 2 == 0 ? "R$ 80,00" : "R$ 0,00");
        break;
    case FGR_T_DATE: wrapped(json, line, "date", "2026-03-09"); break;
    case FGR_T_TIME: quoted(json, line, "10:00"); break;
    case FGR_T_DATETIME: quoted(json, line, "2026-03-09T10:00:00-03:00"); break;
    case FGR_T_DURATION:
        fn_buf_z(json, "3600000");
        fn_buf_z(line, "1h");
        break;
    case FGR_T_PHONE: quoted(json, line, "+5511987654321"); break;
    case FGR_T_EMAIL: quoted(json, line, "bia@example.com"); break;
    case FGR_T_JSON: both(json, line, "null"); break;
    case FGR_T_URL:
    case FGR_T_IMAGE:
    case FGR_T_AUDIO:
    case FGR_T_VIDEO:
    case FGR_T_DOCUMENT:
    case FGR_T_LOCATION: quoted(json, line, "https://loja.example/a"); break;
    case FGR_T_NAMED:
    case FGR_T_TEXT:
    case FGR_T_LIST:
    case FGR_T_MAP: quoted(json, line, "a"); break;
    }
}

static void sample(const struct fcc_type *t, unsigned which, struct fn_buf *json, struct fn_buf *line, unsigned depth);

static void record(const struct fcc_type *t, unsigned which, struct fn_buf *json, struct fn_buf *line, unsigned depth)
{
    const struct fgr_node *decl = t->decl->decl,
                          *fields = decl->kid[decl->kind == FGR_TABLE ? FGR_TABLE_fields : FGR_RECORD_fields];
    fn_buf_char(json, '{');
    fn_buf_printf(line, "%.*s { ", FN_STR_ARG(t->decl->name));
    for (uint32_t i = 0; i < fields->n_items; i++) {
        fn_json_comma(json);
        fn_json_put_str(json, fields->items[i]->text);
        fn_buf_char(json, ':');
        fn_buf_printf(line, "%s%.*s: ", i > 0 ? ", " : "", FN_STR_ARG(fields->items[i]->text));
        sample(fields->items[i]->kid[FGR_FIELD_type]->type, which, json, line, depth + 1);
    }
    fn_buf_char(json, '}');
    fn_buf_z(line, " }");
}

static void list(const struct fcc_type *t, unsigned which, struct fn_buf *json, struct fn_buf *line, unsigned depth)
{
    both(json, line, "[");
    for (unsigned i = 0; which % 2 == 0 && i < 2; i++) { /* every other one is empty */
        both(json, line, i > 0 ? ", " : "");
        sample(t->elem, which, json, line, depth + 1);
    }
    both(json, line, "]");
}

static void sample(const struct fcc_type *t, unsigned which, struct fn_buf *json, struct fn_buf *line, unsigned depth)
{
    bool none = depth > DEPTH || t == NULL || (t->cls == FCC_C_OPTION && which % 2 == 1);
    if (none) {
        fn_buf_z(json, "null");
        fn_buf_z(line, "none");
    } else if (t->cls == FCC_C_OPTION) {
        sample(t->elem, which, json, line, depth + 1);
    } else if (t->cls == FCC_C_RECORD) {
        record(t, which, json, line, depth);
    } else if (t->cls == FCC_C_LIST) {
        list(t, which, json, line, depth);
    } else if (t->cls == FCC_C_ENUM) {
        const struct fgr_node *members = t->decl->decl->kid[FGR_ENUM_members];
        struct fn_str name = members->items[which % members->n_items]->text;
        fn_json_put_str(json, name);
        fn_buf_str(line, name);
    } else if (t->cls == FCC_C_BASIC) {
        basic(t, which, json, line);
    } else {
        fn_buf_z(json, t->cls == FCC_C_MAP ? "{}" : "null");
        fn_buf_z(line, t->cls == FCC_C_MAP ? "[]" : "none");
    }
}

void cli_sample(const struct fcc_type *t, unsigned which, struct fn_buf *json, struct fn_buf *line)
{
    sample(t, which, json, line, 0);
}
