/* builtins.c: the table builtins.def, read: lookups by owner and name, and the types its signatures spell.
 * SPDX-License-Identifier: Apache-2.0 */
#include "builtins.h"

const struct fcc_builtin fcc_builtins[FCC_BUILTINS] = {
#define FCC_BUILTIN(NAME, owner, en, pt, sig, property) {owner, en, pt, sig, FCC_B_##NAME, property},
#include "builtins.def"
#undef FCC_BUILTIN
};

const struct fcc_builtin *sema_builtin(const char *owner, struct fn_str name)
{
    for (size_t i = 0; i < FCC_BUILTINS; i++) {
        const struct fcc_builtin *b = &fcc_builtins[i];
        bool may_be = name.n != 0 && (name.p[0] == b->en[0] || name.p[0] == b->pt[0]);
        if (may_be && strcmp(b->owner, owner) == 0 && sema_is(name, b->en, b->pt)) {
            return b;
        }
    }
    return NULL;
}

struct fcc_sym *sema_builtin_sym(struct ctx *c, const struct fcc_builtin *b)
{
    struct fcc_sym **kept = &c->builtin_syms[b->row];
    if (*kept == NULL) {
        struct sym *s = fn_arena_alloc(c->arena, sizeof *s);
        if (s == NULL) {
            c->full = true;
            return NULL;
        }
        s->pub = (struct fcc_sym){.kind = FCC_S_BUILTIN, .name = fn_str_c(b->en), .builtin = b, .type = &fcc_t_error};
        s->expose = SEMA_NO_INDEX;
        s->graph = s->sum = SEMA_NO_INDEX;
        *kept = &s->pub;
    }
    (*kept)->uses++;
    return *kept;
}

const char *sema_owner(const struct fcc_type *t)
{
    static const char *const owners[] = {
        [FGR_T_INT] = "int",    [FGR_T_NUMBER] = "number", [FGR_T_MONEY] = "money",       [FGR_T_TEXT] = "text",
        [FGR_T_DATE] = "date",  [FGR_T_TIME] = "time",     [FGR_T_DATETIME] = "datetime", [FGR_T_DURATION] = "duration",
        [FGR_T_PHONE] = "text", [FGR_T_EMAIL] = "text",    [FGR_T_URL] = "text",
    };
    if (t->cls == FCC_C_LIST || t->cls == FCC_C_MAP) {
        return t->cls == FCC_C_LIST ? "list" : "map";
    }
    const char *owner = t->cls == FCC_C_BASIC && t->basic < FN_COUNT(owners) ? owners[t->basic] : NULL;
    return owner != NULL ? owner : "-";
}

bool sema_builtin_mutates(uint16_t row)
{
    switch (row) {
    case FCC_B_LIST_ADD:
    case FCC_B_LIST_REMOVE:
    case FCC_B_LIST_CLEAR:
    case FCC_B_MAP_REMOVE:
    case FCC_B_MAP_CLEAR: return true;
    default: return false;
    }
}

static bool take(const char **s, const char *word)
{
    size_t n = strlen(word);
    if (strncmp(*s, word, n) != 0) {
        return false;
    }
    *s += n;
    return true;
}

static const struct fcc_type *one_type(struct ctx *c, const char **s, const struct sig *sig)
{
    static const struct {
        const char *word;
        const struct fcc_type *type;
    } words[] = {{"datetime", &fcc_t_datetime}, {"date", &fcc_t_date},        {"time", &fcc_t_time},
                 {"text", &fcc_t_text},         {"int", &fcc_t_int},          {"number", &fcc_t_number},
                 {"bool", &fcc_t_bool},         {"money", &fcc_t_money},      {"phone", &fcc_t_phone},
                 {"json", &fcc_t_json},         {"duration", &fcc_t_duration}};
    const struct fcc_type *t = &fcc_t_void;
    if (take(s, "list<text>")) {
        t = sema_type_list(c, &fcc_t_text, 0);
    } else if (take(s, "T")) {
        t = sig->elem != NULL ? sig->elem : &fcc_t_error;
    } else if (take(s, "A")) {
        t = NULL;
    } else {
        for (size_t i = 0; i < FN_COUNT(words) && t == &fcc_t_void; i++) {
            t = take(s, words[i].word) ? words[i].type : t;
        }
    }
    return t != NULL && take(s, "?") ? sema_type_option(c, t) : t;
}

void sema_sig_read(struct ctx *c, const struct fcc_builtin *b, const struct fcc_type *elem, struct sig *out)
{
    const char *s = b->sig;
    *out = (struct sig){.elem = elem, .result = &fcc_t_void};
    if (take(&s, "(")) {
        while (*s != ')' && *s != '\0' && out->n < FN_COUNT(out->params)) {
            out->params[out->n++] = one_type(c, &s, out);
            take(&s, ", ");
        }
        take(&s, ")");
        take(&s, " ");
    }
    if (take(&s, "-> ")) {
        out->result = one_type(c, &s, out);
    }
}
