/* cli_stub.c: the `ai` and `http` lines of a test, which answer calls; and values written in tests, worked out by the machine itself.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli_script.h"

enum { VALUE_MAX = 1 << 20, IMAGE_MAX = 8 << 20 };

/* -- values ---------------------------------------------------------------------------------------------------------------------- */

/* The variables of the conversation into a run of another image of the same program. */
static void copy_globals(const struct cli_script *s, const struct fbc_image *im, struct fvm_run *run)
{
    struct fn_buf b;
    fn_buf_init(&b, VALUE_MAX);
    for (uint32_t i = 0; i < im->n_globals; i++) {
        unsigned contact = (im->globals[i].flags & FBC_G_CONTACT) != 0;
        uint16_t from = fbc_find_global(s->image, im->globals[i].name, contact);
        fn_buf_clear(&b);
        bool known = from != FBC_NO_INDEX && cli_host_global(s->host, from, &b);
        if (known && fvm_global_set(run, (uint16_t)i, fn_buf_view(&b)) != FN_OK) {
            FN_BUG("the same program with other types");
        }
    }
    fn_buf_fini(&b);
}

static bool run_value(struct cli_script *s, const struct fbc_image *im, struct fn_buf *out)
{
    struct fvm_run *run = fvm_run_new(&fvm_limits_default, s->natives);
    bool got = false;
    if (run != NULL && fvm_start(run, im, 0, cli_host_now(s->host), 1) == FN_OK) {
        copy_globals(s, im, run);
        enum fvm_stop stop = fvm_resume(run);
        while (stop == FVM_STAGE || stop == FVM_FUEL) {
            stop = fvm_resume(run);
        }
        if (stop == FVM_EFFECT) {
            fn_buf_str(out, fvm_text(run, fvm_request(run).args[0].ref));
            got = true;
        } else if (stop == FVM_TRAP) {
            cli_script_arg(s, cli_script_fail(s, FGR_D_TEST_VALUE), "reason",
                           fn_str_c(fbc_trap_text(fvm_trapped(run).trap, s->lang == FN_EN)));
        }
    }
    fvm_run_free(run);
    return got;
}

bool cli_script_value(struct cli_script *s, const struct fgr_node *n, const struct fcc_type *want, struct fn_buf *out)
{
    struct fn_buf bytes;
    struct fn_err err = {FN_OK, ""};
    const struct fbc_image *im = NULL;
    struct fbc_fault fault;
    bool got = false;
    fn_buf_init(&bytes, IMAGE_MAX);
    enum fn_code code = fcc_emit_value(s->program, n, want, &bytes, &err);
    if (code == FN_OK && fbc_verify(fn_buf_view(&bytes), FBC_ALLOW_ALL, &im, &fault) == FN_OK) {
        got = run_value(s, im, out);
    }
    if (!got && !s->failed) {
        cli_script_arg(s, cli_script_fail(s, FGR_D_TEST_VALUE), "reason", fn_str_c(err.text));
    }
    fbc_image_free(im);
    fn_buf_fini(&bytes);
    return got;
}

/* -- the line to paste --------------------------------------------------------------------------------------------------------------- */

static void sample(struct fn_buf *out, const struct fcc_type *t, unsigned depth)
{
    if (t->cls == FCC_C_RECORD && depth < 4) {
        const struct fgr_node *fields =
            t->decl->decl->kid[t->decl->decl->kind == FGR_TABLE ? FGR_TABLE_fields : FGR_RECORD_fields];
        fn_buf_printf(out, "%.*s { ", FN_STR_ARG(t->decl->name));
        for (uint32_t i = 0; i < fields->n_items; i++) {
            fn_buf_printf(out, "%s%.*s: ", i > 0 ? ", " : "", FN_STR_ARG(fields->items[i]->text));
            sample(out, fields->items[i]->kid[FGR_FIELD_type]->type, depth + 1);
        }
        fn_buf_z(out, " }");
    } else if (t->cls == FCC_C_ENUM) {
        fn_buf_str(out, t->decl->decl->kid[FGR_ENUM_members]->items[0]->text);
    } else if (t->cls == FCC_C_LIST || t->cls == FCC_C_MAP) {
        fn_buf_z(out, "[]");
    } else if (t->cls == FCC_C_OPTION) {
        sample(out, t->elem, depth);
    } else if (t->cls != FCC_C_BASIC) {
        fn_buf_z(out, "none");
    } else if (t->basic == FGR_T_INT || t->basic == FGR_T_NUMBER) {
        fn_buf_z(out, "1");
    } else if (t->basic == FGR_T_BOOL) {
        fn_buf_z(out, "true");
    } else if (t->basic == FGR_T_MONEY) {
        fn_buf_z(out, "R$ 1,00");
    } else {
        fn_buf_z(out, "\"...\"");
    }
}

static const struct fcc_type *type_named(const struct cli_script *s, struct fn_str name)
{
    for (uint32_t i = 0; i < s->program->n_syms; i++) {
        const struct fcc_sym *sym = s->program->syms[i];
        if ((sym->kind == FCC_S_RECORD || sym->kind == FCC_S_ENUM || sym->kind == FCC_S_TABLE) &&
            fn_str_eq(sym->name, name)) {
            return sym->type;
        }
    }
    return NULL;
}

static void paste_line(struct cli_script *s, const struct fn_json *call, struct fn_buf *out)
{
    bool pt = s->program->trees[0].spelling == FN_PT;
    const char *ai = pt ? "ia" : "ai";
    enum fbc_host host = cli_host_call(s->host);
    const struct fcc_type *t;
    if (host == FBC_HOST_http) {
        struct fn_str method = fn_json_str(fn_json_get(call, "method"));
        fn_buf_z(out, "http ");
        for (size_t i = 0; i < method.n; i++) {
            fn_buf_char(out, (char)(method.p[i] | 0x20)); /* methods are letters */
        }
        fn_buf_printf(out, " \"%.*s\" => 200 \"\"\"{}\"\"\"", FN_STR_ARG(fn_json_str(fn_json_get(call, "url"))));
    } else if (host == FBC_HOST_extract) {
        fn_buf_printf(out, "%s %s => ", ai, pt ? "extraia" : "extract");
        t = type_named(s, fn_json_str(fn_json_get(call, "name")));
        if (t != NULL) {
            sample(out, t, 0);
        }
    } else if (host == FBC_HOST_classify) {
        fn_buf_printf(out, "%s %s => %.*s", ai, pt ? "classifique" : "classify",
                      FN_STR_ARG(fn_json_str(fn_json_at(fn_json_get(call, "labels"), 0))));
    } else if (host == FBC_HOST_write) {
        fn_buf_printf(out, "%s %s => \"...\"", ai, pt ? "escreva" : "write");
    } else if (host == FBC_HOST_transcribe) {
        fn_buf_printf(out, "%s %s => \"...\"", ai, pt ? "transcreva" : "transcribe");
    } else {
        fn_buf_printf(out, "%s %s => \"...\"", ai, pt ? "converse" : "talk");
    }
}

static const struct fn_json *pending(struct cli_script *s)
{
    const struct fn_json *v = NULL;
    if (fn_json_parse(s->arena, fn_arena_dup(s->arena, cli_host_call_json(s->host)), FN_JSON_REPAIR, &v, NULL) !=
        FN_OK) {
        return NULL;
    }
    return v;
}

static struct fn_str call_name(struct cli_script *s, const struct fn_json *call)
{
    enum fbc_host host = cli_host_call(s->host);
    const char *what = host == FBC_HOST_http       ? "url"
                       : host == FBC_HOST_extract  ? "name"
                       : host == FBC_HOST_classify ? "enum"
                                                   : "agent";
    struct fn_str word = cli_script_word(s, fn_str_c(fbc_hosts[host].name));
    struct fn_str name = fn_json_str(fn_json_get(call, what));
    return fn_arena_printf(s->arena, "%.*s%s%.*s", FN_STR_ARG(word), name.n > 0 ? " " : "", FN_STR_ARG(name));
}

void cli_script_unanswered(struct cli_script *s)
{
    struct fn_buf b;
    const struct fn_json *call = pending(s);
    fn_buf_init(&b, VALUE_MAX);
    paste_line(s, call, &b);
    s->at = s->cause;
    struct fn_diag *d = cli_script_fail(s, FGR_D_TEST_UNANSWERED);
    cli_script_arg(s, d, "call", call_name(s, call));
    cli_script_arg(s, d, "line", fn_buf_view(&b));
    fn_buf_fini(&b);
}

/* -- answers ---------------------------------------------------------------------------------------------------------------------------- */

static bool no_call(struct cli_script *s)
{
    bool calling = cli_host_state(s->host) == CLI_CALLING;
    struct fn_diag *d = cli_script_fail(s, FGR_D_TEST_NO_CALL);
    cli_script_arg(s, d, "call", calling ? call_name(s, pending(s)) : cli_script_nothing(s));
    return false;
}

static bool give(struct cli_script *s, bool present, struct fn_str text, int64_t i)
{
    const struct fvm_answer answer = {present, i, text};
    if (s->chat != NULL) {
        const struct fn_json *labels = fn_json_get(pending(s), "labels");
        cli_chat_asked(s->chat, cli_host_call(s->host), pending(s));
        cli_chat_answered(s->chat, present,
                          labels != NULL && i >= 0 ? fn_json_str(fn_json_at(labels, (uint32_t)i)) : text);
    }
    fn_buf_printf(&s->log, "answer %d %.*s %lld\n", present, FN_STR_ARG(text), (long long)i);
    cli_host_answer(s->host, &answer);
    return true;
}

static bool answer_http(struct cli_script *s, const struct fgr_node *n)
{
    static const char *const methods[] = {
        [FGR_GET] = "GET", [FGR_POST] = "POST", [FGR_PUT] = "PUT", [FGR_PATCH] = "PATCH", [FGR_HTTP_DELETE] = "DELETE"};
    const struct fn_json *call = pending(s);
    const struct fgr_node *body = n->kid[FGR_STEP_HTTP_body];
    if (cli_host_call(s->host) != FBC_HOST_http ||
        !fn_str_eq(fn_json_str(fn_json_get(call, "method")), fn_str_c(methods[n->aux])) ||
        !cli_script_match(n->kid[FGR_STEP_HTTP_url]->text, fn_json_str(fn_json_get(call, "url")))) {
        return no_call(s);
    }
    bool good = (n->flags & FGR_FAILED) == 0 && n->num >= 200 && n->num < 300;
    return give(s, good, body != NULL ? body->text : FN_STR(""), 0);
}

static bool answer_classify(struct cli_script *s, const struct fgr_node *value)
{
    const struct fn_json *labels = fn_json_get(pending(s), "labels");
    for (uint32_t i = 0; labels != NULL && i < labels->n; i++) {
        if (fn_str_eq(fn_json_str(fn_json_at(labels, i)), value->text)) {
            return give(s, true, FN_STR(""), i);
        }
    }
    return no_call(s);
}

/* `ai tool buscar_pedido(numero: "7")`: the agent calls a tool. */
static bool answer_tool(struct cli_script *s, const struct fgr_node *call)
{
    const struct fcc_sym *tool = call->kind == FGR_CALL ? call->kid[FGR_CALL_callee]->sym : NULL;
    struct fn_buf b, value;
    if (tool == NULL || tool->kind != FCC_S_TOOL) {
        return no_call(s);
    }
    const struct fgr_node *args = call->kid[FGR_CALL_args], *params = tool->decl->kid[FGR_TOOL_params];
    fn_buf_init(&b, VALUE_MAX);
    fn_buf_init(&value, VALUE_MAX);
    fn_buf_z(&b, "{\"call\":{\"id\":\"1\",\"tool\":");
    fn_json_put_str(&b, tool->name);
    fn_buf_z(&b, ",\"args\":{");
    for (uint32_t i = 0; i < args->n_items; i++) {
        const struct fgr_node *a = args->items[i];
        fn_buf_clear(&value);
        (void)cli_script_value(s, a->kind == FGR_NAMED_ARG ? a->kid[0] : a, i < tool->n_params ? tool->params[i] : NULL,
                               &value);
        fn_json_comma(&b);
        fn_json_put_str(&b, a->kind == FGR_NAMED_ARG ? a->text
                            : i < params->n_items    ? params->items[i]->text
                                                     : FN_STR(""));
        fn_buf_char(&b, ':');
        fn_buf_str(&b, fn_buf_view(&value));
    }
    fn_buf_z(&b, "}}}");
    bool good = !s->failed && give(s, true, fn_buf_view(&b), 0);
    fn_buf_fini(&b);
    fn_buf_fini(&value);
    return good;
}

static bool answer_talk(struct cli_script *s, const struct fgr_node *value)
{
    struct fn_buf b, text;
    if (value->type != NULL && value->type->cls == FCC_C_VOID) {
        return give(s, true, FN_STR("{\"done\":true}"), 0);
    }
    fn_buf_init(&b, VALUE_MAX);
    fn_buf_init(&text, VALUE_MAX);
    bool good = cli_script_value(s, value, &fcc_t_text, &text);
    if (good) {
        fn_buf_printf(&b, "{\"say\":%.*s}", FN_STR_ARG(fn_buf_view(&text)));
        good = give(s, true, fn_buf_view(&b), 0);
    }
    fn_buf_fini(&b);
    fn_buf_fini(&text);
    return good;
}

/* extract: the record as JSON; write, transcribe: the text itself. */
static bool answer_value(struct cli_script *s, const struct fgr_node *value, bool as_text)
{
    struct fn_buf b;
    const struct fn_json *v = NULL;
    fn_buf_init(&b, VALUE_MAX);
    bool good = cli_script_value(s, value, NULL, &b);
    if (good && as_text) {
        good = fn_json_parse(s->arena, fn_arena_dup(s->arena, fn_buf_view(&b)), 0, &v, NULL) == FN_OK &&
               give(s, true, fn_json_str(v), 0);
    } else if (good) {
        good = give(s, true, fn_buf_view(&b), 0);
    }
    fn_buf_fini(&b);
    return good;
}

static bool answers(struct fn_str word, enum fbc_host host)
{
    static const struct {
        const char *en, *pt;
        uint8_t host;
    } words[] = {
        {"extract", "extraia", FBC_HOST_extract},
        {"classify", "classifique", FBC_HOST_classify},
        {"write", "escreva", FBC_HOST_write},
        {"talk", "converse", FBC_HOST_talk},
        {"tool", "ferramenta", FBC_HOST_talk},
        {"done", "pronto", FBC_HOST_talk},
        {"transcribe", "transcreva", FBC_HOST_transcribe},
    };
    for (size_t i = 0; i < FN_COUNT(words); i++) {
        if (words[i].host == host &&
            (fn_str_eq(word, fn_str_c(words[i].en)) || fn_str_eq(word, fn_str_c(words[i].pt)))) {
            return true;
        }
    }
    return fn_str_eq(word, FN_STR("failed")) || fn_str_eq(word, FN_STR("falhou"));
}

bool cli_script_answer(struct cli_script *s, const struct fgr_node *n)
{
    if (cli_host_state(s->host) != CLI_CALLING) {
        return no_call(s);
    }
    if (n->kind == FGR_STEP_HTTP) {
        return answer_http(s, n);
    }
    enum fbc_host host = cli_host_call(s->host);
    const struct fgr_node *value = n->kid[FGR_STEP_AI_value];
    if (host == FBC_HOST_http || !answers(n->text, host)) {
        return no_call(s);
    }
    if (value == NULL) {
        return give(s, false, FN_STR(""), -1);
    }
    if (host == FBC_HOST_classify) {
        return answer_classify(s, value);
    }
    if (host == FBC_HOST_talk) {
        bool tool = fn_str_eq(n->text, FN_STR("tool")) || fn_str_eq(n->text, FN_STR("ferramenta"));
        return tool ? answer_tool(s, value) : answer_talk(s, value);
    }
    return answer_value(s, value, host != FBC_HOST_extract);
}
