/* emit_read.c: an answer as a value: the native that reads the type, and what is said when it does not fit.
 * SPDX-License-Identifier: Apache-2.0 */
#include "emit.h"

enum { TEXTS_MAX = 1000, TEXT_POINTS = 4096 };

struct fn_str emit_sentence(const struct emit *e, const struct fcc_type *t, bool choose)
{
    static const struct {
        const char *pt, *en;
    } rows[] = {
#define FCC_SENTENCE(TYPE, pt, en) [FGR_T_##TYPE] = {pt, en},
#include "sentences.def"
#undef FCC_SENTENCE
    };
    enum fgr_type basic = choose || t->cls != FCC_C_BASIC ? FGR_T_NAMED : t->basic;
    return fn_str_c(e->english ? rows[basic].en : rows[basic].pt);
}

/* Arguments behind the text: now, time zone, currency, locale, as the signature of each has them. */
static void read_args(struct emit *e, enum fbc_native native, unsigned w)
{
    unsigned at = w + 2;
    if (native == FBC_NATIVE_read_date || native == FBC_NATIVE_read_datetime) {
        emit_op(e, FBC_OP_NOW, at++, 0, 0);
        emit_load_text(e, at++, e->timezone);
    }
    if (native == FBC_NATIVE_read_money) {
        emit_load_text(e, at++, e->currency);
    }
    if (native != FBC_NATIVE_read_email && native != FBC_NATIVE_read_url && native != FBC_NATIVE_read_text) {
        emit_load_text(e, at, e->locale);
    }
}

static enum fbc_native reader(enum fgr_type basic)
{
    switch (basic) {
    case FGR_T_BOOL: return FBC_NATIVE_read_bool;
    case FGR_T_INT: return FBC_NATIVE_read_int;
    case FGR_T_NUMBER: return FBC_NATIVE_read_number;
    case FGR_T_MONEY: return FBC_NATIVE_read_money;
    case FGR_T_DATE: return FBC_NATIVE_read_date;
    case FGR_T_TIME: return FBC_NATIVE_read_time;
    case FGR_T_DATETIME: return FBC_NATIVE_read_datetime;
    case FGR_T_DURATION: return FBC_NATIVE_read_duration;
    case FGR_T_PHONE: return FBC_NATIVE_read_phone;
    case FGR_T_EMAIL: return FBC_NATIVE_read_email;
    case FGR_T_URL: return FBC_NATIVE_read_url;
    case FGR_T_NAMED:
    case FGR_T_TEXT:
    case FGR_T_IMAGE:
    case FGR_T_AUDIO:
    case FGR_T_VIDEO:
    case FGR_T_DOCUMENT:
    case FGR_T_LOCATION:
    case FGR_T_JSON:
    case FGR_T_LIST:
    case FGR_T_MAP: break;
    }
    return FBC_NATIVE_read_text;
}

static uint16_t read_result(struct emit *e, enum fbc_native native)
{
    char letter = strchr(fbc_natives[native].sig, '>')[1];
    return letter == 'I'   ? e->t_some_int
           : letter == 'N' ? fbc_build_type_of(e->b, FBC_T_OPTION, e->t_number, 0)
                           : e->t_some_text;
}

static void read_basic(struct emit *e, const struct fcc_type *t, unsigned text, unsigned dest, uint32_t bad)
{
    enum fbc_native native = reader(t->basic);
    unsigned w = emit_native(e, native, read_result(e, native)), has = emit_reg(e, e->t_bool);
    emit_op(e, FBC_OP_MOV, w + 1, text, 0);
    read_args(e, native, w);
    if (native == FBC_NATIVE_read_text) {
        emit_load_int(e, w + 2, t->bound != 0 ? t->bound : TEXT_POINTS);
    }
    emit_native_run(e, native, w);
    emit_op(e, FBC_OP_HAS, has, w, 0);
    emit_jump_if(e, has, false, bad);
    if (native != FBC_NATIVE_read_bool) {
        emit_op(e, FBC_OP_OPEN, dest, w, 0);
        return;
    }
    unsigned yes = emit_reg(e, e->t_int);
    emit_op(e, FBC_OP_OPEN, yes, w, 0);
    emit_op(e, FBC_OP_EQI, dest, yes, emit_int(e, 1));
}

static const char *const media_kinds[] = {[FGR_T_IMAGE] = "image",
                                          [FGR_T_AUDIO] = "audio",
                                          [FGR_T_VIDEO] = "video",
                                          [FGR_T_DOCUMENT] = "document",
                                          [FGR_T_LOCATION] = "location"};

static void read_media(struct emit *e, const struct fcc_type *t, unsigned dest, uint32_t bad)
{
    unsigned w = emit_native(e, FBC_NATIVE_read_media, e->t_some_text), has = emit_reg(e, e->t_bool);
    emit_input(e, w + 1, FBC_IN_MEDIA);
    emit_load_text(e, w + 2, fn_str_c(media_kinds[t->basic]));
    emit_native_run(e, FBC_NATIVE_read_media, w);
    emit_unwrap(e, w, has, dest, bad);
}

static void read_enum(struct emit *e, const struct fcc_type *t, unsigned text, unsigned dest, uint32_t bad)
{
    struct fn_str *ids = fn_arena_array(e->arena, TEXTS_MAX, sizeof *ids),
                  *labels = fn_arena_array(e->arena, TEXTS_MAX, sizeof *labels);
    if (ids == NULL || labels == NULL) {
        emit_fail(e, FN_NO_MEMORY, "no memory");
        return;
    }
    unsigned n = emit_enum_texts(t, ids, labels, TEXTS_MAX), w = emit_native(e, FBC_NATIVE_read_option, e->t_int),
             none = emit_reg(e, e->t_bool);
    emit_input(e, w + 1, FBC_IN_OPTION);
    emit_op(e, FBC_OP_MOV, w + 2, text, 0);
    emit_load_texts(e, w + 3, ids, n);
    emit_load_texts(e, w + 4, labels, n);
    emit_native_run(e, FBC_NATIVE_read_option, w);
    emit_op(e, FBC_OP_LTI, none, w, emit_int(e, 0));
    emit_jump_if(e, none, true, bad);
    emit_enum_from(e, w, t, dest);
}

void emit_read(struct emit *e, const struct fcc_type *t, unsigned text, unsigned dest, uint32_t bad)
{
    unsigned mark = emit_mark(e);
    if (t->cls == FCC_C_ENUM) {
        read_enum(e, t, text, dest, bad);
    } else if (emit_is_media(t)) {
        read_media(e, t, dest, bad);
    } else if (t->cls == FCC_C_BASIC) {
        read_basic(e, t, text, dest, bad);
    } else {
        emit_fail(e, FN_UNSUPPORTED, "no answer has this type");
    }
    emit_release(e, mark);
}
