/* emit_call.c: calls: functions of the program, and the members and functions the language brings (builtins.def).
 *
 * Most builtins are one native with the owner as first argument; those are rows of a table. Functions are emitted when first called
 * (emit_func), so a program carries only the library it uses.
 * SPDX-License-Identifier: Apache-2.0 */
#include "emit_call.h"

enum call_extra { EXTRA_NONE, EXTRA_LOCALE, EXTRA_TZ, EXTRA_INT0 };
struct native_row {
    uint8_t native, extra;
    int16_t k; /* EXTRA_INT0: the constant behind the owner */
};
#define ROW(NAME, native) [FCC_B_##NAME] = {FBC_NATIVE_##native, EXTRA_NONE, 0}
static const struct native_row rows[FCC_BUILTINS] = {
    ROW(LIST_JOIN, text_join),
    ROW(TEXT_COUNT, text_count),
    ROW(TEXT_UPPER, text_upper),
    ROW(TEXT_LOWER, text_lower),
    ROW(TEXT_TRIM, text_trim),
    ROW(TEXT_DIGITS, text_digits),
    ROW(TEXT_FOLD, text_fold),
    ROW(TEXT_URL, text_url),
    ROW(TEXT_INT, text_int),
    ROW(TEXT_NUMBER, text_number),
    ROW(TEXT_HAS, text_has),
    ROW(TEXT_STARTS, text_starts),
    ROW(TEXT_ENDS, text_ends),
    ROW(TEXT_LIKE, text_like),
    ROW(TEXT_REPLACE, text_replace),
    ROW(TEXT_SPLIT, text_split),
    ROW(TEXT_SLICE, text_slice),
    ROW(TEXT_FIND, text_find),
    ROW(TEXT_PAD, text_pad),
    ROW(TEXT_REPEAT, text_repeat),
    ROW(TEXT_CODE, text_code),
    ROW(INT_TEXT, text_of_int),
    ROW(NUMBER_TEXT, text_of_number),
    ROW(NUMBER_FLOOR, num_floor),
    ROW(NUMBER_CEIL, num_ceil),
    ROW(NUMBER_SQRT, num_sqrt),
    ROW(NUMBER_ROUND, num_round),
    ROW(NUMBER_POW, num_pow),
    ROW(DATE_ISO, date_iso),
    ROW(DATE_ADD_MONTHS, date_add_months),
    ROW(DATETIME_ISO, datetime_iso),
    ROW(CUT, text_cut),
    ROW(MASK, text_mask),
    ROW(DATE, date_parse),
    ROW(MAKE_DATE, date_of),
    ROW(CHAR, text_char),
    ROW(NATIVE_CRC16, crc16),
    ROW(NATIVE_QR_TEXT, qr_text),
    ROW(NATIVE_BR_HOLIDAY, br_holiday),
    ROW(NATIVE_CPF_VALID, cpf_valid),
    ROW(NATIVE_CNPJ_VALID, cnpj_valid),
    ROW(NATIVE_CEP_VALID, cep_valid),
    ROW(NATIVE_EASTER, easter),
    ROW(NATIVE_INT_BITS, int_bits),
    ROW(NATIVE_SHOW_PHONE, show_phone),
    ROW(NATIVE_JSON_AT, json_at),
    ROW(NATIVE_TEXT_OF_INT, text_of_int),
    [FCC_B_NATIVE_READ_PHONE] = {FBC_NATIVE_read_phone, EXTRA_LOCALE, 0},
    [FCC_B_DATE_AT] = {FBC_NATIVE_datetime_of, EXTRA_TZ, 0},
    [FCC_B_DATETIME_DATE] = {FBC_NATIVE_datetime_date, EXTRA_TZ, 0},
    [FCC_B_DATETIME_TIME] = {FBC_NATIVE_datetime_time, EXTRA_TZ, 0},
    [FCC_B_DATETIME] = {FBC_NATIVE_datetime_parse, EXTRA_TZ, 0},
    [FCC_B_DATE_YEAR] = {FBC_NATIVE_date_part, EXTRA_INT0, 0},
    [FCC_B_DATE_MONTH] = {FBC_NATIVE_date_part, EXTRA_INT0, 1},
    [FCC_B_DATE_DAY] = {FBC_NATIVE_date_part, EXTRA_INT0, 2},
    [FCC_B_DATE_WEEKDAY] = {FBC_NATIVE_date_part, EXTRA_INT0, 3},
    [FCC_B_DATE_YEARDAY] = {FBC_NATIVE_date_part, EXTRA_INT0, 4},
};

static const struct fcc_type *letter(char c)
{
    switch (c) {
    case 'i': return &fcc_t_int;
    case 'n': return &fcc_t_number;
    case 'b': return &fcc_t_bool;
    default: return &fcc_t_text;
    }
}

/* One argument into its register; lists of texts and scalars of a representation pass as they are. */
static void arg_into(struct emit *e, const struct fgr_node *n, char sig, unsigned dest)
{
    const struct fgr_node *value = n->kind == FGR_NAMED_ARG ? n->kid[FGR_NAMED_ARG_value] : n;
    const struct fcc_type *open = emit_open(value->type);
    bool as_is = sig == 'T' || (open->cls == FCC_C_BASIC && emit_repr(open) == emit_repr(letter(sig)));
    emit_into(e, value, as_is ? open : letter(sig), dest);
}

static void native_call(struct emit *e, const struct native_row *row, const struct fgr_node *n,
                        const struct fgr_node *object, const struct fgr_node *args, unsigned dest)
{
    const char *sig = fbc_natives[row->native].sig;
    char result = strchr(sig, '>')[1];
    bool opened = !emit_is_option(n->type) &&
                  (result == 'o' || result == 'I' || result == 'N'); /* date("2026-03-02"): checked when constant */
    unsigned w = emit_native(e, (enum fbc_native)row->native, opened ? emit_some(e, n->type) : emit_type(e, n->type)),
             at = 0;
    if (object != NULL) {
        arg_into(e, object, sig[at], w + 1 + at);
        at++;
    }
    for (uint32_t i = 0; args != NULL && i < args->n_items && sig[at] != '>'; i++, at++) {
        arg_into(e, args->items[i], sig[at], w + 1 + at);
    }
    if (row->extra == EXTRA_INT0) {
        emit_load_int(e, w + 1 + at, row->k);
    } else if (row->extra != EXTRA_NONE) {
        emit_load_text(e, w + 1 + at, row->extra == EXTRA_TZ ? e->timezone : e->locale);
    }
    emit_native_run(e, (enum fbc_native)row->native, w);
    emit_op(e, opened ? FBC_OP_OPEN : FBC_OP_MOV, dest, w, 0);
}

/* -- functions ------------------------------------------------------------------------------------------------------------------ */

static const struct fgr_node *argument(const struct fgr_node *args, const struct fgr_node *param, uint32_t i)
{
    for (uint32_t k = 0; k < args->n_items; k++) {
        if (args->items[k]->kind == FGR_NAMED_ARG && fn_str_eq(args->items[k]->text, param->text)) {
            return args->items[k]->kid[FGR_NAMED_ARG_value];
        }
    }
    if (i < args->n_items && args->items[i]->kind != FGR_NAMED_ARG) {
        return args->items[i];
    }
    return param->kid[FGR_PARAM_init];
}

static void function_call(struct emit *e, const struct fgr_node *n, struct fcc_sym *sym, unsigned dest)
{
    const struct fgr_node *params = sym->decl->kid[0]; /* FN, FLOW and TOOL begin with them */
    uint16_t types[FBC_REGS_MAX];
    bool has_result = n->type->cls != FCC_C_VOID;
    if (params->n_items >= EMIT_WINDOW_MAX) {
        emit_fail(e, FN_LIMIT, "too many parameters");
        return;
    }
    types[0] = has_result ? emit_type(e, n->type) : e->t_bool;
    for (uint32_t i = 0; i < params->n_items; i++) {
        types[1 + i] = emit_type(e, emit_field_type(params->items[i]));
    }
    unsigned w = emit_window(e, types, params->n_items + 1);
    for (uint32_t i = 0; i < params->n_items; i++) {
        const struct fgr_node *value = argument(n->kid[FGR_CALL_args], params->items[i], i);
        if (value == NULL) {
            emit_op(e, FBC_OP_ZERO, w + 1 + i, 0, 0);
            continue;
        }
        emit_into(e, value, emit_field_type(params->items[i]), w + 1 + i);
    }
    if (sym->kind == FCC_S_FLOW) {
        emit_call_waiting(e, w, emit_func(e, sym));
    } else {
        emit_op16(e, FBC_OP_CALL, w, emit_func(e, sym));
    }
    if (has_result) {
        emit_op(e, FBC_OP_MOV, dest, w, 0);
    }
}

void emit_call(struct emit *e, const struct fgr_node *n, unsigned dest)
{
    const struct fgr_node *callee = n->kid[FGR_CALL_callee];
    struct fcc_sym *sym = callee->sym != NULL ? callee->sym : n->sym;
    unsigned mark = emit_mark(e);
    if (sym == NULL) {
        emit_fail(e, FN_UNSUPPORTED, "a call is not bound");
    } else if (sym->kind == FCC_S_BUILTIN) {
        const struct fgr_node *object = callee->kind == FGR_MEMBER_OF ? callee->kid[FGR_MEMBER_OF_object] : NULL;
        emit_builtin(e, n, object, n->kid[FGR_CALL_args], dest);
    } else {
        function_call(e, n, sym, dest);
    }
    emit_release(e, mark);
}

/* -- builtins ---------------------------------------------------------------------------------------------------------------------- */

static bool scaled_member(struct emit *e, uint16_t row, const struct fgr_node *object, unsigned dest)
{
    static const struct {
        uint16_t row;
        int64_t by, mod;
    } scaled[] = {
        {FCC_B_TIME_HOUR, 3600000, 0},      {FCC_B_TIME_MINUTE, 60000, 60},     {FCC_B_DURATION_DAYS, 86400000, 0},
        {FCC_B_DURATION_HOURS, 3600000, 0}, {FCC_B_DURATION_MINUTES, 60000, 0}, {FCC_B_DURATION_SECONDS, 1000, 0},
    };
    for (size_t i = 0; i < FN_COUNT(scaled); i++) {
        if (scaled[i].row == row) {
            /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): members have an object */
            emit_op(e, FBC_OP_DIVI, dest, emit_value(e, object, emit_open(object->type)), emit_int(e, scaled[i].by));
            if (scaled[i].mod != 0) {
                emit_op(e, FBC_OP_MODI, dest, dest, emit_int(e, scaled[i].mod));
            }
            return true;
        }
    }
    return false;
}

static void number_builtin(struct emit *e, const struct fgr_node *n, uint16_t row, const struct fgr_node *v,
                           unsigned dest)
{
    if (row == FCC_B_MONEY) { /* number -> minor units, half away from zero */
        unsigned f = emit_value(e, v, &fcc_t_number);
        emit_op(e, FBC_OP_MULMF, dest, emit_int(e, 100), f);
    } else if (row == FCC_B_MONEY_NUMBER) {
        unsigned hundred = emit_reg(e, e->t_number);
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): the checker saw the argument */
        emit_op(e, FBC_OP_I2F, dest, emit_value(e, v, emit_open(v->type)), 0);
        emit_load_num(e, hundred, 100.0);
        emit_op(e, FBC_OP_DIVF, dest, dest, hundred);
    } else if (row == FCC_B_NUMBER_INT) {
        emit_op(e, FBC_OP_F2I, dest, emit_value(e, v, &fcc_t_number), 0);
    } else if (row == FCC_B_INT_NUMBER) {
        emit_op(e, FBC_OP_I2F, dest, emit_value(e, v, &fcc_t_int), 0);
    } else {
        emit_into(e, v, n->type, dest); /* money.cents, from_json: the same value, other type */
    }
}

static void min_max(struct emit *e, const struct fgr_node *n, bool max, const struct fgr_node *args, unsigned dest)
{
    unsigned a = emit_value(e, args->items[0], n->type), b = emit_value(e, args->items[1], n->type),
             less = emit_reg(e, e->t_bool);
    enum fbc_op op = emit_repr(n->type) == FBC_REPR_F ? FBC_OP_LTF : FBC_OP_LTI;
    uint32_t first = emit_label(e), done = emit_label(e);
    emit_op(e, op, less, max ? b : a, max ? a : b);
    emit_jump_if(e, less, true, first);
    emit_op(e, FBC_OP_MOV, dest, b, 0);
    emit_jump(e, done);
    emit_place(e, first);
    emit_op(e, FBC_OP_MOV, dest, a, 0);
    emit_place(e, done);
}

static void absolute(struct emit *e, const struct fgr_node *n, const struct fgr_node *v, unsigned dest)
{
    bool number = emit_repr(n->type) == FBC_REPR_F;
    unsigned a = emit_value(e, v, n->type), zero = emit_reg(e, number ? e->t_number : e->t_int),
             less = emit_reg(e, e->t_bool);
    uint32_t done = emit_label(e);
    emit_op(e, FBC_OP_MOV, dest, a, 0);
    emit_op(e, FBC_OP_ZERO, zero, 0, 0);
    emit_op(e, number ? FBC_OP_LTF : FBC_OP_LTI, less, dest, zero);
    emit_jump_if(e, less, false, done);
    emit_op(e, number ? FBC_OP_NEGF : FBC_OP_NEGI, dest, dest, 0);
    emit_place(e, done);
}

static void clock_builtin(struct emit *e, uint16_t row, unsigned dest)
{
    if (row == FCC_B_NOW) {
        emit_op(e, FBC_OP_NOW, dest, 0, 0);
        return;
    }
    unsigned w = emit_native(e, FBC_NATIVE_datetime_date, e->t_int);
    emit_op(e, FBC_OP_NOW, w + 1, 0, 0);
    emit_load_text(e, w + 2, e->timezone);
    emit_native_run(e, FBC_NATIVE_datetime_date, w);
    emit_op(e, FBC_OP_MOV, dest, w, 0);
}

static void contact_phone(struct emit *e, const struct fgr_node *n, unsigned dest)
{
    if (e->phone == FBC_NO_INDEX) {
        e->phone = emit_global(e, FN_STR("phone"), &fcc_t_phone, FBC_G_CONTACT | FBC_G_PERSONAL);
    }
    if (!emit_is_option(n->type)) {
        emit_op16(e, FBC_OP_GETG, dest, e->phone);
        return;
    }
    unsigned v = emit_reg(e, emit_type(e, &fcc_t_phone));
    emit_op16(e, FBC_OP_GETG, v, e->phone);
    emit_op(e, FBC_OP_SOME, dest, v, 0);
}

static void free_builtin(struct emit *e, const struct fgr_node *n, uint16_t row, const struct fgr_node *args,
                         unsigned dest)
{
    if (row == FCC_B_NOW || row == FCC_B_TODAY) {
        clock_builtin(e, row, dest);
    } else if (row == FCC_B_RANDOM) {
        emit_op(e, FBC_OP_RAND, dest, emit_value(e, args->items[0], &fcc_t_int), 0);
    } else if (row == FCC_B_ABS) {
        absolute(e, n, args->items[0], dest);
    } else if (row == FCC_B_MIN || row == FCC_B_MAX) {
        min_max(e, n, row == FCC_B_MAX, args, dest);
    } else if (row == FCC_B_TO_JSON) {
        emit_op(e, FBC_OP_MOV, dest, emit_encode(e, args->items[0]), 0);
    } else if (row == FCC_B_FROM_JSON) {
        emit_into(e, args->items[0], &fcc_t_text, dest);
    } else {
        number_builtin(e, n, row, args->items[0], dest);
    }
}

void emit_builtin(struct emit *e, const struct fgr_node *n, const struct fgr_node *object, const struct fgr_node *args,
                  unsigned dest)
{
    const struct fgr_node *callee = n->kind == FGR_CALL ? n->kid[FGR_CALL_callee] : n;
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): the checker resolved the name */
    uint16_t row = callee->sym->builtin->row;
    const char *owner = callee->sym->builtin->owner;
    unsigned mark = emit_mark(e);
    if (owner[0] == '\0' || strcmp(owner, "native") == 0) {
        object = NULL; /* `native.crc16(x)`: the word before the point is no value */
    }
    if (rows[row].native != 0) {
        native_call(e, &rows[row], n, object, args, dest);
    } else if (row == FCC_B_CONTACT_PHONE) {
        contact_phone(e, n, dest);
    } else if (strcmp(owner, "list") == 0 || strcmp(owner, "map") == 0) {
        emit_container(e, n, row, object, args, dest);
    } else if (strcmp(owner, "hours") == 0) {
        emit_hours(e, row, object, args, dest);
    } else if (owner[0] == '\0') {
        free_builtin(e, n, row, args, dest);
    } else if (!scaled_member(e, row, object, dest)) {
        number_builtin(e, n, row, object, dest);
    }
    emit_release(e, mark);
}
