/* type_name.c: types as a person reads them, in either language; and the check of a value against what is wanted.
 * SPDX-License-Identifier: Apache-2.0 */
#include "sema.h"

/* The word of each basic type. */
static const uint16_t basic_words[] = {
    [FGR_T_BOOL] = FGR_TOK_T_BOOL,         [FGR_T_INT] = FGR_TOK_T_INT,           [FGR_T_NUMBER] = FGR_TOK_T_NUMBER,
    [FGR_T_MONEY] = FGR_TOK_T_MONEY,       [FGR_T_TEXT] = FGR_TOK_T_TEXT,         [FGR_T_DATE] = FGR_TOK_T_DATE,
    [FGR_T_TIME] = FGR_TOK_T_TIME,         [FGR_T_DATETIME] = FGR_TOK_T_DATETIME, [FGR_T_DURATION] = FGR_TOK_T_DURATION,
    [FGR_T_PHONE] = FGR_TOK_T_PHONE,       [FGR_T_EMAIL] = FGR_TOK_T_EMAIL,       [FGR_T_URL] = FGR_TOK_T_URL,
    [FGR_T_IMAGE] = FGR_TOK_T_IMAGE,       [FGR_T_AUDIO] = FGR_TOK_T_AUDIO,       [FGR_T_VIDEO] = FGR_TOK_T_VIDEO,
    [FGR_T_DOCUMENT] = FGR_TOK_T_DOCUMENT, [FGR_T_LOCATION] = FGR_TOK_T_LOCATION, [FGR_T_JSON] = FGR_TOK_T_JSON,
};

static void basic_name(struct fn_buf *out, const struct fcc_type *t, enum fn_lang lang)
{
    if (t->basic < FN_COUNT(basic_words) && basic_words[t->basic] != 0) {
        fn_buf_z(out, fgr_token_spelling(basic_words[t->basic], lang == FN_PT));
    }
    if (t->bound != 0) {
        fn_buf_printf(out, "(%u)", t->bound);
    }
}

void fcc_type_name(struct fn_buf *out, const struct fcc_type *t, enum fn_lang lang)
{
    bool en = lang == FN_EN;
    switch (t->cls) {
    case FCC_C_ERROR: fn_buf_char(out, '?'); break;
    case FCC_C_VOID: fn_buf_z(out, en ? "nothing" : "sem resultado"); break;
    case FCC_C_NONE: fn_buf_z(out, en ? "none" : "nada"); break;
    case FCC_C_BASIC: basic_name(out, t, lang); break;
    case FCC_C_ENUM:
    case FCC_C_RECORD: fn_buf_str(out, t->decl->name); break;
    case FCC_C_LIST:
    case FCC_C_MAP:
        fn_buf_z(out, t->cls == FCC_C_LIST ? (en ? "list<" : "lista<") : (en ? "map<text, " : "mapa<texto, "));
        fcc_type_name(out, t->elem, lang);
        fn_buf_char(out, '>');
        if (t->bound != 0) {
            fn_buf_printf(out, "(%u)", t->bound);
        }
        break;
    case FCC_C_OPTION:
        fcc_type_name(out, t->elem, lang);
        fn_buf_char(out, '?');
        break;
    }
}

/* The longest text that `got` may be must fit the bound of `want`, also inside options and lists. */
static void want_bound(struct ctx *c, struct fgr_node *n, const struct fcc_type *want, const struct fcc_type *got)
{
    while (want->elem != NULL) {
        if (want->cls == FCC_C_LIST && got->cls == FCC_C_LIST && want->bound != 0) {
            uint32_t size = got->bound != 0 ? got->bound : SEMA_LIST;
            if (size > want->bound) {
                struct fn_diag *d = sema_diag(c, FGR_D_LIST_TOO_LONG, n);
                sema_arg_num(c, d, "size", size);
                sema_arg_num(c, d, "max", want->bound);
                return;
            }
        }
        got = got->cls == want->cls && got->elem != NULL ? got->elem : got;
        want = want->elem;
    }
    if (!sema_is_basic(want, FGR_T_TEXT) || want->bound == 0 || !sema_is_textual(got)) {
        return;
    }
    uint64_t size = sema_text_max(got);
    if (size == 0 || size > want->bound) {
        struct fn_diag *d = sema_diag(c, size == 0 ? FGR_D_TEXT_UNBOUNDED_INTO : FGR_D_TEXT_TOO_LONG, n);
        sema_arg_num(c, d, "max", want->bound);
        if (size != 0) {
            sema_arg_num(c, d, "size", (int64_t)size);
        }
    }
}

void sema_want(struct ctx *c, struct fgr_node *n, const struct fcc_type *want, const struct fcc_type *got)
{
    if (sema_is_error(want) || sema_is_error(got)) {
        return;
    }
    if (sema_fits(want, got)) {
        want_bound(c, n, want, got);
        return;
    }
    if (got->cls == FCC_C_OPTION && sema_fits(want, got->elem)) {
        struct fn_diag *d = sema_diag(c, FGR_D_MAY_BE_NONE, n);
        sema_arg_type(c, d, "type", got);
        return;
    }
    struct fn_diag *d = sema_diag(c, got->cls == FCC_C_NONE ? FGR_D_NONE_NOT_WANTED : FGR_D_TYPE_MISMATCH, n);
    sema_arg_type(c, d, "want", want);
    if (got->cls != FCC_C_NONE) {
        sema_arg_type(c, d, "got", got);
    }
}
