/* fixture.h: a small funnel that has every kind of wait, effect and call the engine must carry, built without the compiler; for the engine's
 * unit tests and the simulator.
 *
 *     inicio: say "oi" -> conta          conta: wait (60 s, phrases); n += 1; say what was typed; -> conta
 *     typed "espera" waits a minute for event `pago` and says "chegou" or "nada"; "divide" traps; "http" calls out, "busca" too, harmlessly; "tabela" saves and finds; "reage" reacts; "fim" ends; "voltas" never ends
 *     humano (always "humano"): handoff, wait for handback, say "voltei" -> conta
 *     falha (on error): say "falha"; end       fim (silence): say "tchau"; end
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FIXTURE_H
#define FIXTURE_H
#include "fbc_build.h"
#include "fbc_image.h"
#include "fn_buf.h"

struct fixture {
    struct fbc_build *b;
    uint16_t integer, text, flag, texts, option;
    uint16_t regs[20];
    uint16_t espera; /* the wait for an event */
    uint32_t code[512];
    uint32_t n;
    struct fbc_line line;
};
enum {
    FX_WAKE,
    FX_DEADLINE,
    FX_A,
    FX_B,
    FX_T0,
    FX_T1,
    FX_T2,
    FX_TYPED,
    FX_BOOL,
    FX_ANSWER,
    FX_ARG1,
    FX_ARG2,
    FX_LIST,
    FX_ARG4,
    FX_ARG5,
    FX_REGS
};
enum { FX_INICIO, FX_CONTA, FX_HUMANO, FX_FALHA, FX_FIM };

static inline void fx_emit(struct fixture *f, uint32_t word)
{
    if (f->n < FN_COUNT(f->code)) {
        f->code[f->n++] = word;
    }
}
static inline void fx_load(struct fixture *f, unsigned reg, const char *z)
{
    fx_emit(f, fbc_word16(FBC_OP_LOADK, reg, fbc_build_const_text(f->b, f->text, fn_str_c(z))));
}
static inline void fx_say(struct fixture *f, unsigned reg)
{
    fx_emit(f, fbc_word16(FBC_OP_EFFECT, reg, fbc_build_host(f->b, FBC_HOST_say)));
}
static inline void fx_say_text(struct fixture *f, const char *z)
{
    fx_load(f, FX_T0, z);
    fx_say(f, FX_T0);
}
/* Code until fx_patch runs only when what was typed is z. */
static inline uint32_t fx_when(struct fixture *f, const char *z)
{
    fx_load(f, FX_T0, z);
    fx_emit(f, fbc_word(FBC_OP_EQT, FX_BOOL, FX_TYPED, FX_T0));
    fx_emit(f, 0);
    return f->n - 1;
}
static inline void fx_patch(struct fixture *f, uint32_t at)
{
    f->code[at] = fbc_word16(FBC_OP_JF, FX_BOOL, f->n - at - 1);
}
static inline uint16_t fx_func(struct fixture *f, const char *name, unsigned may_await)
{
    uint16_t func = fbc_build_func(f->b, fn_str_c(name), 0, NULL, FBC_NO_TYPE, may_await);
    fbc_build_body(f->b, func, f->regs, FX_REGS, f->code, f->n, &f->line, 0);
    f->n = 0;
    return func;
}
static inline void fx_stage(struct fixture *f, uint16_t stage, const char *func)
{
    fbc_build_stage_func(f->b, stage, fx_func(f, func, 1));
}

static inline void fx_types(struct fixture *f)
{
    f->integer = fbc_build_type(f->b, FBC_T_INT, 0);
    f->text = fbc_build_type(f->b, FBC_T_TEXT, 0);
    f->flag = fbc_build_type(f->b, FBC_T_BOOL, 0);
    f->texts = fbc_build_type_of(f->b, FBC_T_LIST, f->text, 0);
    f->option = fbc_build_type_of(f->b, FBC_T_OPTION, f->text, 0);
    for (unsigned i = 0; i < FX_REGS; i++) {
        f->regs[i] = i < FX_T0 || i == FX_ARG5 ? f->integer : f->text;
    }
    f->regs[FX_BOOL] = f->flag;
    f->regs[FX_ANSWER] = f->option;
    f->regs[FX_LIST] = f->texts;
}

/* find t[k] else "nada": said */
static inline void fx_say_answer(struct fixture *f)
{
    fx_emit(f, fbc_word(FBC_OP_HAS, FX_BOOL, FX_ANSWER, 0));
    uint32_t none = f->n;
    fx_emit(f, 0);
    fx_emit(f, fbc_word(FBC_OP_OPEN, FX_T0, FX_ANSWER, 0));
    fx_say(f, FX_T0);
    fx_patch(f, none);
    fx_emit(f, fbc_word(FBC_OP_NOT, FX_BOOL, FX_BOOL, 0));
    none = f->n;
    fx_emit(f, 0);
    fx_say_text(f, "nada");
    fx_patch(f, none);
}

static inline void fx_minute(struct fixture *f)
{
    fx_emit(f, fbc_word(FBC_OP_NOW, FX_DEADLINE, 0, 0));
    fx_emit(f, fbc_word16(FBC_OP_LOADI, FX_A, 30000));
    fx_emit(f, fbc_word(FBC_OP_ADDI, FX_DEADLINE, FX_DEADLINE, FX_A));
    fx_emit(f, fbc_word(FBC_OP_ADDI, FX_DEADLINE, FX_DEADLINE, FX_A));
}

static inline void fx_espera(struct fixture *f)
{
    fx_minute(f);
    fx_emit(f, fbc_word(FBC_OP_AWAIT, FX_WAKE, FX_DEADLINE, 0));
    fx_emit(f, fbc_word24(FBC_OP_EXT, f->espera));
    fx_emit(f, fbc_word16(FBC_OP_LOADI, FX_A, FBC_WAKE_EVENT));
    fx_emit(f, fbc_word(FBC_OP_EQI, FX_BOOL, FX_WAKE, FX_A));
    uint32_t none = f->n;
    fx_emit(f, 0);
    fx_say_text(f, "chegou");
    fx_patch(f, none);
    fx_emit(f, fbc_word(FBC_OP_NOT, FX_BOOL, FX_BOOL, 0));
    none = f->n;
    fx_emit(f, 0);
    fx_say_text(f, "nada");
    fx_patch(f, none);
}

static inline void fx_http(struct fixture *f, const char *typed, const char *method)
{
    uint32_t at = fx_when(f, typed);
    fx_load(f, FX_ARG1, method);
    fx_load(f, FX_ARG2, "https://loja.example/api");
    fx_emit(f, fbc_word16(FBC_OP_HOST, FX_ANSWER, fbc_build_host(f->b, FBC_HOST_http)));
    fx_say_answer(f);
    fx_patch(f, at);
}

static inline void fx_typed(struct fixture *f)
{
    uint32_t at = fx_when(f, "divide");
    fx_emit(f, fbc_word16(FBC_OP_LOADI, FX_A, 0));
    fx_emit(f, fbc_word(FBC_OP_DIVI, FX_A, FX_A, FX_A));
    fx_patch(f, at);
    fx_http(f, "http", "POST");
    fx_http(f, "busca", "GET");
    at = fx_when(f, "tabela");
    fx_load(f, FX_T0, "pedidos");
    fx_load(f, FX_T1, "7");
    fx_load(f, FX_T2, "{\"total\":80}");
    fx_emit(f, fbc_word16(FBC_OP_EFFECT, FX_T0, fbc_build_host(f->b, FBC_HOST_save)));
    fx_load(f, FX_ARG1, "pedidos");
    fx_load(f, FX_ARG2, "7");
    fx_emit(f, fbc_word16(FBC_OP_HOST, FX_ANSWER, fbc_build_host(f->b, FBC_HOST_find)));
    fx_say_answer(f);
    fx_patch(f, at);
    at = fx_when(f, "espera");
    fx_espera(f);
    fx_patch(f, at);
    at = fx_when(f, "reage");
    fx_emit(f, fbc_word16(FBC_OP_EFFECT, FX_T0, fbc_build_host(f->b, FBC_HOST_react)));
    fx_patch(f, at);
    at = fx_when(f, "voltas");
    fx_emit(f, fbc_word24(FBC_OP_LOOP, 1));
    fx_patch(f, at);
    at = fx_when(f, "fim");
    fx_emit(f, fbc_word16(FBC_OP_GOTO, 0, FX_FIM));
    fx_patch(f, at);
}

static inline void fx_conta(struct fixture *f, uint16_t wait, uint16_t n, uint16_t nome)
{
    fx_minute(f);
    fx_emit(f, fbc_word(FBC_OP_AWAIT, FX_WAKE, FX_DEADLINE, 0));
    fx_emit(f, fbc_word24(FBC_OP_EXT, wait));
    fx_emit(f, fbc_word16(FBC_OP_LOADI, FX_A, FBC_WAKE_TIMER));
    fx_emit(f, fbc_word(FBC_OP_EQI, FX_BOOL, FX_WAKE, FX_A));
    uint32_t at = f->n;
    fx_emit(f, 0);
    fx_emit(f, fbc_word16(FBC_OP_GOTO, 0, FX_FIM));
    fx_patch(f, at);
    fx_emit(f, fbc_word(FBC_OP_INPUT, FX_TYPED, FBC_IN_TEXT, 0));
    fx_emit(f, fbc_word16(FBC_OP_GETG, FX_A, n));
    fx_emit(f, fbc_word(FBC_OP_ADDK, FX_A, FX_A, 1));
    fx_emit(f, fbc_word16(FBC_OP_SETG, FX_A, n));
    fx_emit(f, fbc_word16(FBC_OP_SETG, FX_TYPED, nome));
    fx_typed(f);
    fx_say(f, FX_TYPED);
    fx_emit(f, fbc_word16(FBC_OP_GOTO, 0, FX_CONTA));
    fx_stage(f, FX_CONTA, "stage:conta");
}

static inline void fx_entries(struct fixture *f)
{
    static const struct fbc_entry rows[] = {
        {.kind = FBC_ENTRY_MESSAGE, .stage = FX_INICIO, .event = FBC_NO_INDEX},
        {.kind = FBC_ENTRY_KEYWORD, .stage = FX_CONTA, .event = FBC_NO_INDEX, .phrase = {"promo", 5}},
        {.kind = FBC_ENTRY_CAMPAIGN, .stage = FX_INICIO, .event = FBC_NO_INDEX},
        {.kind = FBC_ENTRY_EVENT, .stage = FX_INICIO, .event = 0},
        {.kind = FBC_ENTRY_ALWAYS, .stage = FX_HUMANO, .event = FBC_NO_INDEX, .phrase = {"humano", 6}},
        {.kind = FBC_ENTRY_ERROR, .stage = FX_FALHA, .event = FBC_NO_INDEX},
    };
    for (size_t i = 0; i < FN_COUNT(rows); i++) {
        fbc_build_entry(f->b, &rows[i]);
    }
}

/* version makes different bytes (the greeting); settle_ms of the wait of `conta`. */
static inline enum fn_code fx_image(struct fn_buf *out, const char *greeting, uint32_t settle_ms, uint32_t max_ms)
{
    struct fixture f = {.b = fbc_build_new()};
    struct fbc_build_info info = {.name = FN_STR("eco"),
                                  .title = FN_STR("Eco"),
                                  .timezone = FN_STR("America/Sao_Paulo"),
                                  .locale = FN_STR("pt-BR"),
                                  .currency = FN_STR("BRL"),
                                  .language = FN_STR("pt")};
    fbc_build_info(f.b, &info);
    fx_types(&f);
    uint16_t record = fbc_build_record(f.b, FN_STR("pago"), &(struct fbc_field){FN_STR("numero"), f.text}, 1);
    (void)fbc_build_event(f.b, FN_STR("pago"), record);
    uint16_t n = fbc_build_global(f.b, FN_STR("n"), f.integer, 0);
    uint16_t nome = fbc_build_global(f.b, FN_STR("nome"), f.text, FBC_G_CONTACT);
    struct fbc_wait waits[] = {
        {FN_STR("conta/texto"), FBC_WAIT_MESSAGE | FBC_WAIT_TIMER | FBC_WAIT_PHRASES, FBC_NO_INDEX, settle_ms, max_ms},
        {FN_STR("humano/volta"), FBC_WAIT_HANDBACK, FBC_NO_INDEX, 0, 0},
        {FN_STR("conta/pago"), FBC_WAIT_EVENT | FBC_WAIT_TIMER, 0, 0, 0},
    };
    uint16_t wait = fbc_build_wait(f.b, &waits[0]), handback = fbc_build_wait(f.b, &waits[1]);
    f.espera = fbc_build_wait(f.b, &waits[2]);
    static const char *const stages[] = {"inicio", "conta", "humano", "falha", "fim"};
    fx_emit(&f, fbc_word(FBC_OP_RETV, 0, 0, 0));
    (void)fx_func(&f, "init", 0);
    for (size_t i = 0; i < FN_COUNT(stages); i++) {
        (void)fbc_build_stage(f.b, fn_str_c(stages[i]));
    }
    fx_say_text(&f, greeting);
    fx_emit(&f, fbc_word16(FBC_OP_GOTO, 0, FX_CONTA));
    fx_stage(&f, FX_INICIO, "stage:inicio");
    fx_conta(&f, wait, n, nome);
    fx_load(&f, FX_T0, "vendas");
    fx_load(&f, FX_T1, "pediu");
    fx_emit(&f, fbc_word16(FBC_OP_EFFECT, FX_T0, fbc_build_host(f.b, FBC_HOST_handoff)));
    fx_emit(&f, fbc_word(FBC_OP_AWAIT, FX_WAKE, FX_DEADLINE, 0));
    fx_emit(&f, fbc_word24(FBC_OP_EXT, handback));
    fx_say_text(&f, "voltei");
    fx_emit(&f, fbc_word16(FBC_OP_GOTO, 0, FX_CONTA));
    fx_stage(&f, FX_HUMANO, "stage:humano");
    fx_say_text(&f, "falha");
    fx_emit(&f, fbc_word(FBC_OP_END, 0, 0, 0));
    fx_stage(&f, FX_FALHA, "stage:falha");
    fx_say_text(&f, "tchau");
    fx_emit(&f, fbc_word(FBC_OP_END, 0, 0, 0));
    fx_stage(&f, FX_FIM, "stage:fim");
    fx_entries(&f);
    struct fn_err err = {0};
    enum fn_code code = fbc_build_finish(f.b, out, &err);
    fbc_build_free(f.b);
    return code;
}
#endif
