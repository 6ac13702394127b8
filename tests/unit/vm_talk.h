/* vm_talk.h: an image that stops in every way, for the tests and the fuzzer of snapshots.
 *
 * Stage "menu" calls a function that asks (two frames), keeps what it heard in a list, a map and a record, makes a
 * host call, arms a timer, then goes to stage "fim", which waits for an event and ends. Wait "menu/nome" takes
 * phrases: "sair" goes to "fim".
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef VM_TALK_H
#define VM_TALK_H
#include "fbc_build.h"
#include "fbc_format.h"
#include "fvm_run.h"

#define TALK_NOW INT64_C(1700000000000)

struct talk {
    struct fbc_build *b;
    uint16_t integer, number, boolean, text, texts, some_text, map, record, datetime;
    uint16_t ask, g_heard, g_map, g_person, g_contact, g_rate;
};

static inline void talk_types(struct talk *t)
{
    t->integer = fbc_build_type(t->b, FBC_T_INT, 0);
    t->number = fbc_build_type(t->b, FBC_T_NUMBER, 0);
    t->boolean = fbc_build_type(t->b, FBC_T_BOOL, 0);
    t->text = fbc_build_type(t->b, FBC_T_TEXT, 0);
    t->datetime = fbc_build_type(t->b, FBC_T_DATETIME, 0);
    t->texts = fbc_build_type_of(t->b, FBC_T_LIST, t->text, 0);
    t->some_text = fbc_build_type_of(t->b, FBC_T_OPTION, t->text, 0);
    t->map = fbc_build_type_of(t->b, FBC_T_MAP, t->some_text, 0);
    const struct fbc_field fields[] = {
        {FN_STR("nome"), t->text}, {FN_STR("vip"), t->boolean}, {FN_STR("nota"), t->number}};
    t->record = fbc_build_record(t->b, FN_STR("pessoa"), fields, 3);
}

static inline uint16_t talk_wait(struct talk *t, const char *name, unsigned flags, uint16_t event)
{
    return fbc_build_wait(t->b, &(struct fbc_wait){.name = fn_str_c(name), .flags = (uint16_t)flags, .event = event});
}

/* fn ask(question text) -> text: says it, waits for a message or a minute of silence, gives the text. */
static inline void talk_ask(struct talk *t)
{
    const uint16_t regs[] = {t->text, t->integer, t->datetime, t->integer, t->boolean};
    t->ask = fbc_build_func(t->b, FN_STR("fn:ask"), 1, regs, t->text, 1);
    uint16_t minute = fbc_build_const_int(t->b, t->integer, 60000);
    const uint32_t body[] = {
        fbc_word16(FBC_OP_EFFECT, 0, fbc_build_host(t->b, FBC_HOST_say)),
        fbc_word(FBC_OP_NOW, 2, 0, 0),
        fbc_word16(FBC_OP_LOADK, 3, minute),
        fbc_word(FBC_OP_ADDI, 2, 2, 3),
        fbc_word(FBC_OP_AWAIT, 1, 2, 0),
        fbc_word24(FBC_OP_EXT,
                   talk_wait(t, "menu/nome", FBC_WAIT_MESSAGE | FBC_WAIT_TIMER | FBC_WAIT_PHRASES, FBC_NO_INDEX)),
        fbc_word16(FBC_OP_LOADI, 3, FBC_WAKE_MESSAGE),
        fbc_word(FBC_OP_EQI, 4, 1, 3),
        fbc_word16(FBC_OP_JT, 4, 1),
        fbc_word(FBC_OP_ZERO, 0, 0, 0),
        fbc_word(FBC_OP_INPUT, 0, FBC_IN_TEXT, 0),
        fbc_word(FBC_OP_RET, 0, 0, 0),
    };
    fbc_build_body(t->b, t->ask, regs, FN_COUNT(regs), body, FN_COUNT(body), NULL, 0);
}

static inline void talk_menu(struct talk *t)
{
    /* 0 heard, 1 text, 2 question, 3 some, 4 map, 5..7 record's fields, 8 record, 9 reply,
     * 10 agent, 11 prompt, 12 rounds, 13 bool */
    const uint16_t regs[] = {t->texts,  t->text,   t->text,      t->some_text, t->map,  t->text,    t->boolean,
                             t->number, t->record, t->some_text, t->text,      t->text, t->integer, t->boolean};
    uint16_t func = fbc_build_func(t->b, FN_STR("stage:menu"), 0, NULL, FBC_NO_TYPE, 1);
    uint16_t fim = 1;
    fbc_build_stage_func(t->b, fbc_build_stage(t->b, FN_STR("menu")), func);
    const uint32_t body[] = {
        fbc_word16(FBC_OP_LOADK, 2, fbc_build_const_text(t->b, t->text, FN_STR("Qual é o seu nome?"))),
        fbc_word16(FBC_OP_CALL, 1, t->ask),
        fbc_word(FBC_OP_LISTADD, 0, 1, 0),
        fbc_word16(FBC_OP_SETG, 0, t->g_heard),
        fbc_word(FBC_OP_SOME, 3, 1, 0),
        fbc_word(FBC_OP_MAPSET, 4, 1, 3),
        fbc_word16(FBC_OP_SETG, 4, t->g_map),
        fbc_word(FBC_OP_MOV, 5, 1, 0),
        fbc_word(FBC_OP_LOADB, 6, 1, 0),
        fbc_word16(FBC_OP_LOADK, 7, fbc_build_const_num(t->b, t->number, 9.5)),
        fbc_word(FBC_OP_NEWREC, 8, 5, 3),
        fbc_word16(FBC_OP_SETG, 8, t->g_person),
        fbc_word16(FBC_OP_SETG, 1, t->g_contact),
        fbc_word16(FBC_OP_SETG, 7, t->g_rate),
        fbc_word16(FBC_OP_COUNT, FBC_COUNT_ANSWER, fbc_build_const_text(t->b, t->text, FN_STR("menu/nome"))),
        fbc_word16(FBC_OP_LOADK, 10, fbc_build_const_text(t->b, t->text, FN_STR("vendas"))),
        fbc_word(FBC_OP_CAT, 11, 1, 2),
        fbc_word16(FBC_OP_HOST, 9, fbc_build_host(t->b, FBC_HOST_write)),
        fbc_word(FBC_OP_ADDK, 12, 12, 1),
        fbc_word16(FBC_OP_LOADI, 12, 3),
        fbc_word(FBC_OP_HAS, 13, 9, 0),
        fbc_word16(FBC_OP_JT, 13, 1),
        fbc_word24(FBC_OP_LOOP, 23), /* no reply: ask again */
        fbc_word16(FBC_OP_GOTO, 0, fim),
    };
    fbc_build_body(t->b, func, regs, FN_COUNT(regs), body, FN_COUNT(body), NULL, 0);
}

static inline void talk_fim(struct talk *t)
{
    const struct fbc_field field = {FN_STR("valor"), t->integer};
    uint16_t paid = fbc_build_event(t->b, FN_STR("pago"), fbc_build_record(t->b, FN_STR("pago"), &field, 1));
    const uint16_t regs[] = {t->integer, t->datetime, t->text};
    uint16_t func = fbc_build_func(t->b, FN_STR("stage:fim"), 0, NULL, FBC_NO_TYPE, 1);
    fbc_build_stage_func(t->b, fbc_build_stage(t->b, FN_STR("fim")), func);
    const uint32_t body[] = {
        fbc_word(FBC_OP_AWAIT, 0, 1, 0),
        fbc_word24(FBC_OP_EXT, talk_wait(t, "fim/pago", FBC_WAIT_EVENT | FBC_WAIT_HANDBACK, paid)),
        fbc_word(FBC_OP_INPUT, 2, FBC_IN_EVENT, 0),
        fbc_word16(FBC_OP_SETG, 2, t->g_contact),
        fbc_word(FBC_OP_END, 0, 0, 0),
    };
    fbc_build_body(t->b, func, regs, FN_COUNT(regs), body, FN_COUNT(body), NULL, 0);
}

/* The image's bytes. `extra` adds a variable and a type in front, so that indices differ between two versions. */
static inline bool talk_bytes(struct fn_buf *out, bool extra)
{
    static const struct fbc_build_info info = {.name = {"t", 1},
                                               .title = {"T", 1},
                                               .timezone = {"UTC", 3},
                                               .locale = {"pt-BR", 5},
                                               .currency = {"BRL", 3},
                                               .language = {"pt", 2}};
    struct talk t = {.b = fbc_build_new()};
    const uint32_t retv = fbc_word(FBC_OP_RETV, 0, 0, 0);
    fbc_build_info(t.b, &info);
    if (extra) {
        uint16_t date = fbc_build_type(t.b, FBC_T_DATE, 0);
        fbc_build_global(t.b, FN_STR("novo"), fbc_build_type_of(t.b, FBC_T_LIST, date, 0), 0);
    }
    talk_types(&t);
    t.g_heard = fbc_build_global(t.b, FN_STR("ouvido"), t.texts, 0);
    t.g_map = fbc_build_global(t.b, FN_STR("mapa"), t.map, 0);
    t.g_person = fbc_build_global(t.b, FN_STR("pessoa"), t.record, 0);
    t.g_contact = fbc_build_global(t.b, FN_STR("nome"), t.text, FBC_G_CONTACT);
    t.g_rate = fbc_build_global(t.b, FN_STR("nota"), extra ? t.integer : t.number, 0);
    fbc_build_body(t.b, fbc_build_func(t.b, FN_STR("init"), 0, NULL, FBC_NO_TYPE, 0), NULL, 0, &retv, 1, NULL, 0);
    talk_ask(&t);
    if (!extra) {
        talk_menu(&t);
        talk_fim(&t);
    } else {
        t.g_rate = t.g_contact; /* the new version has another menu: only the ask */
        const uint16_t regs[] = {t.text, t.text};
        uint16_t func = fbc_build_func(t.b, FN_STR("stage:menu"), 0, NULL, FBC_NO_TYPE, 1);
        const uint32_t body[] = {fbc_word16(FBC_OP_CALL, 0, t.ask), fbc_word(FBC_OP_END, 0, 0, 0)};
        fbc_build_stage_func(t.b, fbc_build_stage(t.b, FN_STR("menu")), func);
        fbc_build_body(t.b, func, regs, 2, body, 2, NULL, 0);
    }
    fbc_build_entry(
        t.b, &(struct fbc_entry){
                 .kind = FBC_ENTRY_ALWAYS, .stage = extra ? 0 : 1, .event = FBC_NO_INDEX, .phrase = FN_STR("sair")});
    bool good = fbc_build_finish(t.b, out, NULL) == FN_OK;
    fbc_build_free(t.b);
    return good;
}

/* Repairs the checksum of changed bytes, so that what lies behind it is tested. */
static inline void talk_fix_crc(char *p, size_t n)
{
    if (n > 8) {
        uint32_t crc = fn_crc32c(p + 8, n - 8);
        memcpy(p + 4, &crc, sizeof crc);
    }
}

/* Whatever the run stands at, gives it something to go on with. False when it has ended. */
static inline bool talk_poke(struct fvm_run *run, enum fvm_stop stop, unsigned round)
{
    static const struct fvm_input inputs[] = {
        {.kind = FBC_WAKE_MESSAGE, .text = {"Ana", 3}},
        {.kind = FBC_WAKE_EVENT, .event = {"{\"valor\":3}", 11}, .event_name = {"pago", 4}},
        {.kind = FBC_WAKE_MESSAGE, .text = {"SAIR!", 5}},
        {.kind = FBC_WAKE_TIMER},
        {.kind = FBC_WAKE_HANDBACK},
    };
    if (stop == FVM_WAIT) {
        for (unsigned i = 0; i < FN_COUNT(inputs); i++) {
            if (fvm_wake(run, &inputs[(round + i) % FN_COUNT(inputs)]) != FVM_NOT_WANTED) {
                return true;
            }
        }
        return false;
    }
    if (stop == FVM_CALL) {
        struct fvm_answer answer = {.present = round % 2 == 0, .text = {"resposta", 8}};
        return fvm_answer(run, fvm_waiting(run).call, &answer) == FN_OK;
    }
    return stop != FVM_DONE && stop != FVM_TRAP;
}

/* Runs what was loaded for a few turns and saves wherever it may. */
static inline void talk_exercise(struct fvm_run *run, const struct fbc_image *image, struct fn_buf *scratch)
{
    for (unsigned round = 0; round < 40; round++) {
        enum fvm_stop stop = fvm_resume(run);
        if (stop == FVM_WAIT || stop == FVM_CALL || stop == FVM_STAGE) {
            fn_buf_clear(scratch);
            if (fvm_save(run, scratch) != FN_OK || fvm_load(run, image, fn_buf_view(scratch), NULL) != FN_OK) {
                FN_BUG("a saved run does not load");
            }
            fvm_turn(run, TALK_NOW + round);
        }
        if (stop == FVM_EFFECT || stop == FVM_CALL) {
            fn_buf_clear(scratch);
            if (stop == FVM_EFFECT) {
                fvm_request_json(run, scratch);
            }
        }
        if (!talk_poke(run, stop, round)) {
            return;
        }
    }
}

#endif
