/* optout.c: who wants no messages any more is heard before any program. Phrases in fn_fold_phrase form; whole messages only.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"
#include "fn_utf8.h"

static const char *const leave[] = {"sair",
                                    "parar",
                                    "pare",
                                    "stop",
                                    "cancelar",
                                    "descadastrar",
                                    "remover",
                                    "unsubscribe",
                                    "nao quero mais receber",
                                    "nao quero mais receber mensagens",
                                    "cancelar inscricao"};
static const char *const back[] = {"voltar", "start"};

/* What the contact is told: pt-BR, English. */
static const char *const texts[][2] = {
    [OPTOUT_LEAVE] = {"Pronto, você não vai mais receber nossas mensagens. Para voltar, responda VOLTAR.",
                      "Done, you will not receive our messages any more. To come back, reply START."},
    [OPTOUT_RETURN] = {"Que bom ter você de volta! Você voltará a receber nossas mensagens.",
                       "Good to have you back! You will receive our messages again."},
};

static bool is_one_of(struct fn_str s, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (fn_str_eq(s, fn_str_c(list[i]))) {
            return true;
        }
    }
    return false;
}

enum optout optout_read(struct fn_str text)
{
    if (text.n == 0 || text.n > 200) {
        return OPTOUT_NO;
    }
    struct fn_buf folded;
    fn_buf_init(&folded, 1024);
    fn_fold_phrase(&folded, text);
    struct fn_str s = fn_buf_view(&folded);
    enum optout what = is_one_of(s, leave, FN_COUNT(leave)) ? OPTOUT_LEAVE
                       : is_one_of(s, back, FN_COUNT(back)) ? OPTOUT_RETURN
                                                            : OPTOUT_NO;
    fn_buf_fini(&folded);
    return what;
}

struct fn_str optout_text(enum optout what, bool english)
{
    return fn_str_c(texts[what][english ? 1 : 0]);
}
