/* host.c: between the run and its host: rows that end waits, requests, answers.
 *
 * Everything that comes in is hostile: texts are checked to be UTF-8 within the limit before they become values.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_json.h"
#include "fn_utf8.h"
#include "heap.h"

union fvm_slot *run_result(struct fvm_run *run)
{
    const struct frame *f = &run->frames[run->depth - 1];
    uint32_t w = run->image->code[f->pc - 1];
    w = (w & 255u) == FBC_OP_EXT ? run->image->code[f->pc - 2] : w; /* AWAIT has a data word */
    return &f->regs[FBC_A(w)];
}

/* -- waits --------------------------------------------------------------------------------------------------------- */

/* A text the program can hold: what is no UTF-8 is read as empty, what is too long is cut at a code point. */
static struct fn_str readable(struct fn_str s)
{
    if (s.n == 0 || !fn_utf8_valid(s)) {
        return FN_STR("");
    }
    if (s.n > FBC_LIMIT_TEXT) {
        s.n = FBC_LIMIT_TEXT;
        while (((unsigned char)s.p[s.n] & 0xC0) == 0x80) {
            s.n--;
        }
    }
    return s;
}

static void take_input(struct fvm_run *run, const struct fvm_input *in)
{
    run->input = (struct fvm_input){in->kind,
                                    readable(in->text),
                                    readable(in->option),
                                    readable(in->media),
                                    readable(in->event),
                                    readable(in->event_name)};
}

/* A phrase of `always`, or one that would have begun the conversation: both win over the question. */
static const struct fbc_entry *find_phrase(struct fvm_run *run, struct fn_str text)
{
    if (text.n == 0 || text.n > RUN_PHRASE_MAX) {
        return NULL;
    }
    fn_buf_clear(&run->text);
    fn_fold_phrase(&run->text, text);
    if (run->text.failed) {
        return NULL;
    }
    const struct fbc_entry *entry = fbc_find_entry(run->image, FBC_ENTRY_ALWAYS, fn_buf_view(&run->text), FBC_NO_INDEX);
    return entry != NULL ? entry : fbc_find_entry(run->image, FBC_ENTRY_KEYWORD, fn_buf_view(&run->text), FBC_NO_INDEX);
}

static bool is_wanted(const struct fvm_run *run, const struct fbc_wait *wait, const struct fvm_input *in)
{
    switch (in->kind) {
    case FBC_WAKE_MESSAGE: return (wait->flags & FBC_WAIT_MESSAGE) != 0;
    case FBC_WAKE_TIMER: return (wait->flags & FBC_WAIT_TIMER) != 0 && run->deadline != 0 && run->now >= run->deadline;
    case FBC_WAKE_EVENT:
        return (wait->flags & FBC_WAIT_EVENT) != 0 && wait->event != FBC_NO_INDEX &&
               fn_str_eq(run->image->events[wait->event].name, in->event_name);
    case FBC_WAKE_HANDBACK: return (wait->flags & FBC_WAIT_HANDBACK) != 0;
    }
    return false;
}

/* `always { on event … }`: behind the wait's own event, ahead of being kept. */
static bool jump_by_event(struct fvm_run *run, const struct fbc_wait *wait, const struct fvm_input *in)
{
    if (in->kind != FBC_WAKE_EVENT || (wait->flags & FBC_WAIT_PHRASES) == 0) {
        return false;
    }
    uint16_t event = fbc_find_event(run->image, in->event_name);
    const struct fbc_entry *entry =
        event != FBC_NO_INDEX ? fbc_find_entry(run->image, FBC_ENTRY_ON_EVENT, FN_STR_NULL, event) : NULL;
    if (entry == NULL || fvm_enter(run, entry->stage) != FN_OK) {
        return false;
    }
    take_input(run, in);
    return true;
}

void fvm_given(struct fvm_run *run, const struct fvm_input *input)
{
    take_input(run, input);
}

enum fvm_wake_result fvm_wake(struct fvm_run *run, const struct fvm_input *input)
{
    if (run->state != RUN_WAIT) {
        return FVM_NOT_WANTED;
    }
    const struct fbc_wait *wait = &run->image->waits[run->wait];
    if (input->kind == FBC_WAKE_MESSAGE && (wait->flags & FBC_WAIT_PHRASES) != 0 && run->image->n_entries != 0) {
        const struct fbc_entry *entry = find_phrase(run, input->text);
        if (entry != NULL && fvm_enter(run, entry->stage) == FN_OK) {
            take_input(run, input);
            return FVM_JUMPED;
        }
    }
    if (!is_wanted(run, wait, input)) {
        return jump_by_event(run, wait, input) ? FVM_JUMPED : FVM_NOT_WANTED;
    }
    take_input(run, input);
    run_result(run)->i = (int64_t)input->kind;
    run->state = RUN_READY;
    return FVM_WOKEN;
}

/* -- requests ------------------------------------------------------------------------------------------------------ */

struct fvm_request fvm_request(const struct fvm_run *run)
{
    return run->request;
}

static void put_texts(const struct fvm_run *run, struct fn_buf *out, uint32_t list)
{
    uint32_t n = value_count(run, list);
    fn_buf_char(out, '[');
    for (uint32_t i = 0; i < n; i++) {
        fn_json_comma(out);
        fn_json_put_str(out, fvm_text(run, value_item(run, list, i).ref));
    }
    fn_buf_char(out, ']');
}

static void put_arg(const struct fvm_run *run, struct fn_buf *out, char letter, union fvm_slot arg)
{
    switch (letter) {
    case 'i': fn_buf_printf(out, "%lld", (long long)arg.i); break;
    case 'n': fn_json_put_num(out, arg.f); break;
    case 'b': fn_buf_z(out, arg.i != 0 ? "true" : "false"); break;
    case 't': fn_json_put_str(out, fvm_text(run, arg.ref)); break;
    case 'T': put_texts(run, out, arg.ref); break;
    default: FN_BUG("hosts.def has a letter this does not know");
    }
}

void fvm_request_json(const struct fvm_run *run, struct fn_buf *out)
{
    const struct fbc_import *host = &fbc_hosts[run->request.host];
    const char *name = host->args;
    fn_buf_char(out, '{');
    for (uint32_t i = 0; i < run->request.n; i++) {
        size_t n = strcspn(name, ",");
        fn_json_comma(out);
        fn_json_put_str(out, (struct fn_str){name, n});
        fn_buf_char(out, ':');
        put_arg(run, out, host->sig[i], run->request.args[i]);
        name += n + (name[n] == ',');
    }
    fn_buf_char(out, '}');
}

/* -- answers ------------------------------------------------------------------------------------------------------- */

static enum fn_code answer_text(struct fvm_run *run, struct fn_str s, union fvm_slot *out)
{
    union fvm_slot value = {.i = 0};
    enum fbc_trap trap = heap_text(run, s, &value);
    if (trap == FBC_TRAP_NONE) {
        *out = value;
    }
    return trap == FBC_TRAP_NONE ? FN_OK : FN_LIMIT;
}

static enum fn_code answer_option(struct fvm_run *run, const struct fvm_answer *answer, union fvm_slot *out)
{
    uint32_t ref = 0;
    run->native_type = run_func(run)->regs[out - run->frames[run->depth - 1].regs];
    if (answer->present && fvm_make_some_text(run, answer->text, &ref) != FBC_TRAP_NONE) {
        return FN_LIMIT;
    }
    *out = slot_ref(ref);
    return FN_OK;
}

/* The pending call's import; the frame is parked behind its HOST instruction. */
static const struct fbc_import *pending_import(const struct fvm_run *run)
{
    uint32_t w = run->image->code[run->frames[run->depth - 1].pc - 1];
    return &fbc_hosts[run->image->hosts[FBC_IMM16(w)]];
}

void run_drop_request(struct fvm_run *run)
{
    const char *sig = pending_import(run)->sig;
    union fvm_slot *args = run_result(run) + 1;
    for (size_t i = strcspn(sig, ">"); i > 0; i--) {
        args[i - 1] = (union fvm_slot){.i = 0};
    }
}

enum fn_code fvm_answer(struct fvm_run *run, uint32_t call, const struct fvm_answer *answer)
{
    if (run->state != RUN_CALL || call != run->calls) {
        return FN_CONFLICT;
    }
    if (answer->present && !fn_utf8_valid(answer->text)) {
        return FN_INVALID;
    }
    const char *sig = pending_import(run)->sig;
    union fvm_slot *out = run_result(run);
    enum fn_code code = FN_OK;
    switch (sig[strcspn(sig, ">") + 1]) {
    case 'i': out->i = answer->i; break;
    case 'o': code = answer_option(run, answer, out); break;
    case 't': code = answer_text(run, answer->present ? answer->text : FN_STR(""), out); break;
    default: FN_BUG("hosts.def has a result this does not know");
    }
    if (code == FN_OK) {
        run_drop_request(run);
        run->state = RUN_READY;
    }
    return code;
}
