/* emit.c: a checked program as an image.
 *
 * Function 0, "init", gives the variables their first values and the contact's fields their defaults (the host then puts in what it knows of
 * the contact, and does not see the defaults as changes); each stage is a function; fn, flow and tool are written when something calls
 * them (a queue), so the image holds what the program uses. The result goes through the verifier before anybody sees it: what it refuses is
 * our bug, never the tenant's mistake.
 * SPDX-License-Identifier: Apache-2.0 */
#include "emit_call.h"

#include "fn_utf8.h"

enum { LIST_DEFAULT = 200, PHRASE_MAX = 256, TOOLS_MAX = 1024, DEPTH_MAX = FGR_DEPTH_MAX };

static const struct fgr_node *decls_of(const struct emit *e)
{
    return e->p->trees[0].file->kid[FGR_FILE_decls];
}

static const struct fgr_node *decl_of_kind(const struct emit *e, enum fgr_kind kind)
{
    const struct fgr_node *decls = decls_of(e);
    for (uint32_t i = 0; i < decls->n_items; i++) {
        if (decls->items[i]->kind == kind) {
            return decls->items[i];
        }
    }
    return NULL;
}

static struct fn_str text_of_decl(const struct emit *e, enum fgr_kind kind, struct fn_str otherwise)
{
    const struct fgr_node *n = decl_of_kind(e, kind);
    return n != NULL && n->kid[0] != NULL && n->kid[0]->text.n > 0 ? n->kid[0]->text : otherwise;
}

/* -- the whole ----------------------------------------------------------------------------------------------------------------------- */

static void find_list_bound(struct emit *e, const struct fgr_node *n, unsigned depth)
{
    if (n == NULL || depth > DEPTH_MAX) {
        return;
    }
    if (n->kind == FGR_TYPE && n->aux == FGR_T_LIST && n->num > LIST_DEFAULT && (uint64_t)n->num > e->list_bound) {
        e->list_bound = (uint32_t)(n->num < UINT32_MAX ? n->num : UINT32_MAX);
    }
    for (unsigned i = 0; i < n->n_kids; i++) {
        find_list_bound(e, n->kid[i], depth + 1);
    }
    for (uint32_t i = 0; i < n->n_items; i++) {
        find_list_bound(e, n->items[i], depth + 1);
    }
}

static bool talks(const struct fgr_node *n, unsigned depth)
{
    if (n == NULL || depth > DEPTH_MAX) {
        return false;
    }
    bool found = n->kind == FGR_TALK;
    for (unsigned i = 0; i < n->n_kids && !found; i++) {
        found = talks(n->kid[i], depth + 1);
    }
    for (uint32_t i = 0; i < n->n_items && !found; i++) {
        found = talks(n->items[i], depth + 1);
    }
    return found;
}

static void settings(struct emit *e)
{
    const struct fgr_node *file = e->p->trees[0].file, *budget = decl_of_kind(e, FGR_BUDGET);
    bool pt = e->p->trees[0].spelling == FN_PT;
    struct fn_str locale = fcc_locale(e->p);
    e->timezone = text_of_decl(e, FGR_TIMEZONE, FN_STR("America/Sao_Paulo"));
    e->currency = fcc_currency(e->p);
    e->english = fn_str_starts(locale, FN_STR("en"));
    e->locale = e->english ? FN_STR("en") : FN_STR("pt-BR");
    struct fbc_build_info info = {
        .name = file->text,
        .title = text_of_decl(e, FGR_TITLE, FN_STR("")),
        .timezone = e->timezone,
        .locale = locale,
        .currency = e->currency,
        .language = pt ? FN_STR("pt") : FN_STR("en"),
        .budget = budget != NULL ? (uint32_t)budget->num : 0,
    };
    fbc_build_info(e->b, &info);
}

static void basic_types(struct emit *e)
{
    e->t_bool = fbc_build_type(e->b, FBC_T_BOOL, 0);
    e->t_int = fbc_build_type(e->b, FBC_T_INT, 0);
    e->t_number = fbc_build_type(e->b, FBC_T_NUMBER, 0);
    e->t_text = fbc_build_type(e->b, FBC_T_TEXT, 0);
    e->t_texts = fbc_build_type_of(e->b, FBC_T_LIST, e->t_text, e->list_bound);
    e->t_some_text = fbc_build_type_of(e->b, FBC_T_OPTION, e->t_text, 0);
    e->t_some_int = fbc_build_type_of(e->b, FBC_T_OPTION, e->t_int, 0);
}

static void globals(struct emit *e)
{
    for (uint32_t i = 0; i < e->p->n_syms; i++) {
        struct fcc_sym *s = e->p->syms[i];
        s->slot = 0;
        if (s->kind == FCC_S_CONTACT_FIELD || s->kind == FCC_S_VAR) {
            unsigned flags = (s->kind == FCC_S_CONTACT_FIELD ? (unsigned)FBC_G_CONTACT : 0u) |
                             (s->personal ? (unsigned)FBC_G_PERSONAL : 0u) | (s->secret ? (unsigned)FBC_G_SECRET : 0u);
            s->slot = 1u + emit_global(e, s->name, s->type, flags);
        } else if (s->kind == FCC_S_EVENT) {
            const struct fgr_node *params = s->decl->kid[FGR_EVENT_params];
            s->slot = 1u + fbc_build_event(e->b, s->name, emit_record_of(e, s->name, params));
        } else if (s->kind == FCC_S_STAGE) {
            s->slot = 1u + fbc_build_stage(e->b, s->name);
        }
    }
    /* An agent answers the message that led to it, and what led to it may have waited for a call: the message has to be kept. */
    for (uint32_t i = 0; i < e->p->n_trees && e->message == FBC_NO_INDEX; i++) {
        if (talks(e->p->trees[i].file, 0)) {
            e->message = fbc_build_global(e->b, FN_STR("$message"), e->t_text, 0);
        }
    }
}

/* -- functions --------------------------------------------------------------------------------------------------------------------------- */

static void begin_unit(struct emit *e, struct emit_code *code, struct fn_str name, uint16_t file)
{
    e->unit = (struct emit_unit){.name = name, .file = file};
    e->depth = 0;
    emit_code_begin(e, code);
}

static void init_function(struct emit *e, uint16_t func)
{
    struct emit_code code;
    begin_unit(e, &code, FN_STR("init"), 0);
    for (uint32_t i = 0; i < e->p->n_syms; i++) {
        struct fcc_sym *s = e->p->syms[i];
        const struct fgr_node *first = s->kind == FCC_S_VAR             ? s->decl->kid[FGR_VAR_init]
                                       : s->kind == FCC_S_CONTACT_FIELD ? s->decl->kid[FGR_FIELD_init]
                                                                        : NULL;
        if (first == NULL) {
            continue;
        }
        unsigned mark = emit_mark(e), r = emit_reg(e, emit_type(e, s->type));
        e->unit.file = s->file;
        emit_line(e, s->decl);
        emit_into(e, first, s->type, r);
        emit_op16(e, FBC_OP_SETG, r, s->slot - 1);
        emit_release(e, mark);
    }
    emit_op(e, FBC_OP_RETV, 0, 0, 0);
    emit_code_end(e, func);
}

/* `migrate var x = …` is the function "migrate:x", which sets x: fvm_move runs it when x is not carried over. */
static void migrate_functions(struct emit *e)
{
    const struct fgr_node *decls = decls_of(e);
    for (uint32_t i = 0; i < decls->n_items && e->code == FN_OK; i++) {
        const struct fgr_node *d = decls->items[i];
        if (d->kind != FGR_MIGRATE_VAR || d->sym == NULL || d->kid[FGR_MIGRATE_VAR_value] == NULL) {
            continue;
        }
        struct fn_str name = fn_arena_printf(e->arena, "migrate:%.*s", FN_STR_ARG(d->text));
        struct emit_code code;
        uint16_t func = fbc_build_func(e->b, name, 0, NULL, FBC_NO_TYPE, 0);
        begin_unit(e, &code, name, 0);
        unsigned r = emit_reg(e, emit_type(e, d->sym->type));
        emit_line(e, d);
        emit_into(e, d->kid[FGR_MIGRATE_VAR_value], d->sym->type, r);
        emit_op16(e, FBC_OP_SETG, r, d->sym->slot - 1);
        emit_op(e, FBC_OP_RETV, 0, 0, 0);
        emit_code_end(e, func);
    }
}

/* An action as the body of a stage: its own code, or what is written in `always`. */
static void stage_function(struct emit *e, struct fn_str name, uint16_t stage, uint16_t file,
                           const struct fgr_node *body)
{
    struct emit_code code;
    uint16_t func =
        fbc_build_func(e->b, fn_arena_printf(e->arena, "stage:%.*s", FN_STR_ARG(name)), 0, NULL, FBC_NO_TYPE, 1);
    begin_unit(e, &code, name, file);
    e->unit.stage = stage;
    emit_action(e, body);
    emit_op(e, FBC_OP_FAIL, 4, 0, 0); /* every path ends before: the checker saw to it */
    emit_code_end(e, func);
    fbc_build_stage_func(e->b, stage, func);
}

static struct fn_str func_name(struct emit *e, const struct fcc_sym *s)
{
    const char *kind = s->kind == FCC_S_FLOW ? "flow" : s->kind == FCC_S_TOOL ? "tool" : "fn";
    if (s->file == 0) {
        return fn_arena_printf(e->arena, "%s:%.*s", kind, FN_STR_ARG(s->name));
    }
    struct fn_str module = e->p->trees[s->file].file->text; /* two modules may have a function of one name */
    return fn_arena_printf(e->arena, "%s:%.*s.%.*s", kind, FN_STR_ARG(module), FN_STR_ARG(s->name));
}

static void enqueue(struct emit *e, struct fcc_sym *s)
{
    if (e->n_queue == e->cap_queue) {
        uint32_t cap = e->cap_queue == 0 ? 64 : 2 * e->cap_queue;
        struct fcc_sym **queue = fn_arena_array(e->arena, cap, sizeof(struct fcc_sym *));
        if (queue == NULL) {
            emit_fail(e, FN_NO_MEMORY, "no memory");
            return;
        }
        for (uint32_t i = 0; i < e->n_queue; i++) {
            queue[i] = e->queue[i];
        }
        e->queue = queue;
        e->cap_queue = cap;
    }
    e->queue[e->n_queue++] = s;
}

uint16_t emit_func(struct emit *e, struct fcc_sym *s)
{
    if (s->slot != 0) {
        return (uint16_t)(s->slot - 1);
    }
    const struct fgr_node *params = s->decl->kid[0];
    uint16_t types[FBC_REGS_MAX];
    uint32_t n = params->n_items < FBC_REGS_MAX ? params->n_items : FBC_REGS_MAX;
    for (uint32_t i = 0; i < n; i++) {
        types[i] = emit_type(e, emit_field_type(params->items[i]));
    }
    bool has_result = s->type != NULL && s->type->cls != FCC_C_VOID;
    uint16_t func = fbc_build_func(e->b, func_name(e, s), n, types, has_result ? emit_type(e, s->type) : FBC_NO_TYPE,
                                   s->kind != FCC_S_FN);
    s->slot = 1u + func;
    enqueue(e, s);
    return func;
}

static void function_body(struct emit *e, struct fcc_sym *s)
{
    struct emit_code code;
    const struct fgr_node *params = s->decl->kid[0];
    const struct fgr_node *body = s->decl->kid[s->kind == FCC_S_TOOL ? FGR_TOOL_body : FGR_FN_body];
    begin_unit(e, &code, func_name(e, s), s->file);
    e->unit.result = s->type;
    for (uint32_t i = 0; i < params->n_items; i++) {
        emit_local(e, params->items[i]->sym);
    }
    emit_block(e, body);
    if (s->type == NULL || s->type->cls == FCC_C_VOID) {
        emit_op(e, FBC_OP_RETV, 0, 0, 0);
    } else {
        emit_op(e, FBC_OP_FAIL, 5, 0, 0);
    }
    emit_code_end(e, (uint16_t)(s->slot - 1));
}

uint16_t emit_stage_named(struct emit *e, struct fn_str name)
{
    for (uint32_t i = 0; i < e->p->n_syms; i++) {
        if (e->p->syms[i]->kind == FCC_S_STAGE && fn_str_eq(e->p->syms[i]->name, name)) {
            return (uint16_t)(e->p->syms[i]->slot - 1);
        }
    }
    emit_fail(e, FN_UNSUPPORTED, "no stage %.*s", FN_STR_ARG(name));
    return 0;
}

static void stages(struct emit *e)
{
    for (uint32_t i = 0; i < e->p->n_syms && e->code == FN_OK; i++) {
        const struct fcc_sym *s = e->p->syms[i];
        if (s->kind == FCC_S_STAGE) {
            stage_function(e, s->name, (uint16_t)(s->slot - 1), s->file, s->decl->kid[FGR_STAGE_body]);
        }
    }
}

/* -- agents and tools ---------------------------------------------------------------------------------------------------------------------- */

struct tool_row {
    const struct fcc_sym *sym;
    uint16_t index;
};

static uint16_t tool_row(struct emit *e, struct fcc_sym *s, struct tool_row *rows, unsigned *n)
{
    for (unsigned i = 0; i < *n; i++) {
        if (rows[i].sym == s) {
            return rows[i].index;
        }
    }
    const struct fgr_node *doc = s->decl->kid[FGR_TOOL_doc];
    struct fbc_tool row = {s->name, doc != NULL ? doc->text : FN_STR(""), emit_func(e, s),
                           emit_record_of(e, s->name, s->decl->kid[FGR_TOOL_params])};
    uint16_t index = fbc_build_tool(e->b, &row);
    if (*n < TOOLS_MAX) {
        rows[(*n)++] = (struct tool_row){s, index};
    }
    return index;
}

static struct fcc_sym *sym_named(const struct emit *e, enum fcc_sym_kind kind, struct fn_str name)
{
    for (uint32_t i = 0; i < e->p->n_syms; i++) {
        if (e->p->syms[i]->kind == kind && fn_str_eq(e->p->syms[i]->name, name)) {
            return e->p->syms[i];
        }
    }
    return NULL;
}

static void agent_row(struct emit *e, const struct fcc_sym *s, struct tool_row *rows, unsigned *n_rows)
{
    struct fbc_agent row = {.name = s->name};
    const struct fgr_node *props = s->decl->kid[FGR_AGENT_props];
    uint16_t *tools = fn_arena_array(e->arena, props->n_items + 1u, sizeof *tools);
    for (uint32_t i = 0; tools != NULL && i < props->n_items; i++) {
        const struct fgr_node *p = props->items[i];
        struct fn_str text = p->kid[FGR_PROP_value] != NULL ? p->kid[FGR_PROP_value]->text : FN_STR("");
        struct fcc_sym *tool;
        switch ((enum fgr_prop)p->aux) {
        case FGR_P_MODEL: row.model = text; break;
        case FGR_P_INSTRUCTIONS: row.instructions = text; break;
        case FGR_P_REMEMBER: row.remember = (uint32_t)p->num; break;
        case FGR_P_BUDGET: row.budget = (uint32_t)p->num; break;
        case FGR_P_CAN:
            tool = sym_named(e, FCC_S_TOOL, p->text);
            if (tool != NULL) {
                tools[row.n_tools++] = tool_row(e, tool, rows, n_rows);
            }
            break;
        case FGR_P_HEADER:
        case FGR_P_BODY:
        case FGR_P_TIMEOUT: break;
        }
    }
    row.tools = tools;
    (void)fbc_build_agent(e->b, &row);
}

static void agents(struct emit *e)
{
    struct tool_row *rows = fn_arena_array(e->arena, TOOLS_MAX, sizeof *rows);
    unsigned n = 0;
    for (uint32_t i = 0; rows != NULL && i < e->p->n_syms; i++) {
        if (e->p->syms[i]->kind == FCC_S_AGENT) {
            agent_row(e, e->p->syms[i], rows, &n);
        }
    }
}

/* -- entries ---------------------------------------------------------------------------------------------------------------------------------- */

static void phrases(struct emit *e, enum fbc_entry_kind kind, const struct fgr_node *list, uint16_t stage)
{
    struct fn_buf folded;
    fn_buf_init(&folded, PHRASE_MAX);
    for (uint32_t i = 0; i < list->n_items; i++) {
        fn_buf_clear(&folded);
        fn_fold_phrase(&folded, list->items[i]->text);
        struct fbc_entry row = {
            .kind = (uint8_t)kind, .stage = stage, .event = FBC_NO_INDEX, .phrase = fn_buf_view(&folded)};
        if (!folded.failed) {
            fbc_build_entry(e->b, &row);
        }
    }
    fn_buf_fini(&folded);
}

/* A hidden stage that puts an event's fields where the source says, and goes on. An event that is not as declared does `otherwise`. */
static uint16_t event_stage(struct emit *e, const struct fcc_sym *event, const struct fgr_node *binds, uint16_t to,
                            enum fbc_op otherwise)
{
    struct emit_code code;
    struct fn_str name = fn_arena_printf(e->arena, "event:%u", (unsigned)++e->n_hidden);
    uint16_t stage = fbc_build_stage(e->b, name);
    uint16_t func =
        fbc_build_func(e->b, fn_arena_printf(e->arena, "stage:%.*s", FN_STR_ARG(name)), 0, NULL, FBC_NO_TYPE, 1);
    begin_unit(e, &code, name, 0);
    e->unit.stage = stage;
    uint32_t unfit = emit_label(e);
    emit_bind_event(e, event, binds, unfit);
    emit_goto(e, to);
    emit_place(e, unfit);
    emit_op(e, otherwise, otherwise == FBC_OP_FAIL ? 6 : 0, 0, 0);
    emit_code_end(e, func);
    fbc_build_stage_func(e->b, stage, func);
    return stage;
}

static void event_entry(struct emit *e, enum fbc_entry_kind kind, const struct fgr_node *n,
                        const struct fgr_node *binds, uint16_t stage)
{
    const struct fcc_sym *event = sym_named(e, FCC_S_EVENT, n->text);
    if (event == NULL) {
        emit_fail(e, FN_UNSUPPORTED, "an event is not bound");
        return;
    }
    bool binding = binds != NULL && binds->n_items > 0;
    struct fbc_entry row = {.kind = (uint8_t)kind, .stage = stage, .event = (uint16_t)(event->slot - 1)};
    row.phrase = FN_STR("");
    if (binding) {
        row.stage = event_stage(e, event, binds, stage, kind == FBC_ENTRY_EVENT ? FBC_OP_END : FBC_OP_FAIL);
    }
    fbc_build_entry(e->b, &row);
}

static void start_entry(struct emit *e, const struct fgr_node *n)
{
    static const uint8_t kinds[] = {[FGR_START_MESSAGE] = FBC_ENTRY_MESSAGE,
                                    [FGR_START_KEYWORD] = FBC_ENTRY_KEYWORD,
                                    [FGR_START_CAMPAIGN] = FBC_ENTRY_CAMPAIGN};
    uint16_t stage = emit_stage_named(e, n->kid[FGR_START_action]->text);
    if (n->aux == FGR_START_KEYWORD) {
        phrases(e, FBC_ENTRY_KEYWORD, n->kid[FGR_START_phrases], stage);
        return;
    }
    if (n->aux == FGR_START_EVENT) {
        event_entry(e, FBC_ENTRY_EVENT, n, n->kid[FGR_START_binds], stage);
        return;
    }
    struct fbc_entry row = {.kind = kinds[n->aux], .stage = stage, .event = FBC_NO_INDEX, .phrase = FN_STR("")};
    fbc_build_entry(e->b, &row);
}

/* The stage an `always` goes to; a block gets a hidden one. */
static uint16_t always_stage(struct emit *e, const struct fgr_node *action)
{
    if (action->kind == FGR_JUMP) {
        return emit_stage_named(e, action->text);
    }
    struct fn_str name = fn_arena_printf(e->arena, "always:%u", (unsigned)++e->n_hidden);
    uint16_t stage = fbc_build_stage(e->b, name);
    stage_function(e, name, stage, 0, action);
    return stage;
}

static void always_entries(struct emit *e, const struct fgr_node *ons)
{
    for (uint32_t i = 0; i < ons->n_items; i++) {
        const struct fgr_node *on = ons->items[i];
        if (on->aux == FGR_ON_PHRASE) {
            phrases(e, FBC_ENTRY_ALWAYS, on->kid[FGR_ON_phrases], always_stage(e, on->kid[FGR_ON_action]));
        } else if (on->aux == FGR_ON_EVENT) {
            event_entry(e, FBC_ENTRY_ON_EVENT, on, on->kid[FGR_ON_binds], always_stage(e, on->kid[FGR_ON_action]));
        } else if (on->aux == FGR_ON_ERROR) {
            struct fbc_entry row = {.kind = FBC_ENTRY_ERROR,
                                    .stage = always_stage(e, on->kid[FGR_ON_action]),
                                    .event = FBC_NO_INDEX,
                                    .phrase = FN_STR("")};
            fbc_build_entry(e->b, &row);
        }
    }
}

static void entries(struct emit *e)
{
    const struct fgr_node *decls = decls_of(e);
    for (uint32_t i = 0; i < decls->n_items && e->code == FN_OK; i++) {
        const struct fgr_node *d = decls->items[i];
        if (d->kind == FGR_START) {
            start_entry(e, d);
        } else if (d->kind == FGR_ALWAYS) {
            always_entries(e, d->kid[FGR_ALWAYS_ons]);
        } else if (d->kind == FGR_MIGRATE_STAGE) {
            fbc_build_migrate(e->b, d->text, *d->text2);
        }
    }
}

/* -- in and out --------------------------------------------------------------------------------------------------------------------------------- */

static enum fn_code emit_begin(struct emit *e, const struct fcc_program *p, struct fn_err *err)
{
    *e = (struct emit){.p = p,
                       .arena = p->arena,
                       .err = err,
                       .b = fbc_build_new(),
                       .phone = FBC_NO_INDEX,
                       .message = FBC_NO_INDEX,
                       .unit = {.name = p->trees[0].file->text}};
    e->times = fn_arena_array(p->arena, p->n_questions + 1u, sizeof *e->times);
    if (e->b == NULL || e->times == NULL) {
        fbc_build_free(e->b);
        return fn_fail(err, FN_NO_MEMORY, "no memory to write an image");
    }
    for (uint32_t i = 0; i < p->n_trees; i++) {
        find_list_bound(e, p->trees[i].file, 0);
    }
    basic_types(e);
    settings(e);
    return FN_OK;
}

static enum fn_code emit_finish(struct emit *e, struct fn_buf *image, struct fn_err *err)
{
    const struct fbc_image *checked = NULL;
    struct fbc_fault fault;
    enum fn_code code = e->code;
    if (code == FN_OK) {
        code = fbc_build_finish(e->b, image, err);
    }
    fbc_build_free(e->b);
    if (code != FN_OK) {
        return code;
    }
    code = fbc_verify(fn_buf_view(image), FBC_ALLOW_ALL, &checked, &fault);
    if (code == FN_INVALID) {
        (void)fn_fail(err, code, "%s at %u: %s", fault.rule, (unsigned)fault.word, fault.text);
        FN_BUG(err != NULL ? err->text : fault.text);
    }
    fbc_image_free(checked);
    return code == FN_OK ? FN_OK : fn_fail(err, code, "the image could not be checked: %s", fault.text);
}

static void bodies(struct emit *e)
{
    for (uint32_t i = 0; i < e->n_queue && e->code == FN_OK; i++) {
        function_body(e, e->queue[i]);
    }
}

enum fn_code fcc_emit(const struct fcc_program *program, struct fn_buf *image, struct fn_err *err)
{
    struct emit e;
    enum fn_code code = emit_begin(&e, program, err);
    if (code != FN_OK) {
        return code;
    }
    globals(&e);
    uint16_t init = fbc_build_func(e.b, FN_STR("init"), 0, NULL, FBC_NO_TYPE, 0);
    stages(&e);
    entries(&e);
    agents(&e);
    init_function(&e, init);
    migrate_functions(&e);
    bodies(&e);
    return emit_finish(&e, image, err);
}

enum fn_code fcc_emit_value(const struct fcc_program *program, const struct fgr_node *n, const struct fcc_type *want,
                            struct fn_buf *image, struct fn_err *err)
{
    struct emit e;
    struct emit_code code;
    enum fn_code begun = emit_begin(&e, program, err);
    if (begun != FN_OK) {
        return begun;
    }
    globals(&e);
    uint16_t init = fbc_build_func(e.b, FN_STR("init"), 0, NULL, FBC_NO_TYPE, 0);
    begin_unit(&e, &code, FN_STR("init"), 0);
    emit_op(&e, FBC_OP_RETV, 0, 0, 0);
    emit_code_end(&e, init);
    for (uint32_t i = 0; i < program->n_syms; i++) {
        struct fcc_sym *s = program->syms[i];
        uint16_t func;
        if (s->kind != FCC_S_STAGE) {
            continue;
        }
        func =
            fbc_build_func(e.b, fn_arena_printf(e.arena, "stage:%.*s", FN_STR_ARG(s->name)), 0, NULL, FBC_NO_TYPE, 1);
        begin_unit(&e, &code, s->name, s->file);
        unsigned value = emit_reg(&e, emit_type(&e, want != NULL ? want : n->type));
        emit_into(&e, n, want, value);
        unsigned w = emit_effect(&e, FBC_HOST_say);
        emit_op(&e, FBC_OP_ENCODE, w, value, 0);
        emit_effect_run(&e, FBC_HOST_say, w);
        emit_op(&e, FBC_OP_END, 0, 0, 0);
        emit_code_end(&e, func);
        fbc_build_stage_func(e.b, (uint16_t)(s->slot - 1), func);
    }
    bodies(&e);
    return emit_finish(&e, image, err);
}

enum fn_code fcc_compile(struct fn_arena *arena, struct fn_str path, struct fn_str text,
                         const struct fcc_options *options, struct fn_diag_list *diags, struct fcc_program **program,
                         struct fn_buf *image, struct fn_err *err)
{
    enum fn_code code = fcc_check(arena, path, text, options, diags, program);
    if (code != FN_OK) {
        return fn_fail(err, code, "the source could not be checked");
    }
    if (diags->errors > 0) {
        return fn_fail(err, FN_INVALID, "the source has mistakes");
    }
    return fcc_emit(*program, image, err);
}
