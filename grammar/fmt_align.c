/* fmt_align.c: options of a `choose` and arms of a `match` or `classify` on neighbouring lines are lined up, as a table is.
 *
 *     precos  "Ver preços"       -> precos        compra        -> precos
 *     pessoa  "Falar com alguém" -> humano        outro, failed -> humano
 *
 * Only lines that end in a jump, two or more of them, with no blank line or comment between.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fmt.h"

enum { OPTION_GAP = 1 }; /* one blank more than usual between an id and its label */

static const struct fgr_node *action_of(const struct fgr_node *n)
{
    return n->kid[n->kind == FGR_OPTION ? FGR_OPTION_action : FGR_ARM_action];
}

static bool on_one_line(const struct fmt *f, const struct fgr_node *n)
{
    const struct fgr_token *tokens = f->tree->tokens;
    for (uint32_t i = n->first_token + 1; i < f->tree->n_tokens && tokens[i].span.a < n->span.b; i++) {
        if (tokens[i].flags & FGR_TOKEN_FIRST) {
            return false;
        }
    }
    return true;
}

/* A row of a table: begins its line, ends in a jump that was printed (columns are 0 in copied declarations). */
static bool is_row(const struct fmt *f, const struct fgr_node *n)
{
    const struct fgr_node *action = action_of(n);
    return action != NULL && action->kind == FGR_JUMP && !(n->flags & FGR_BROKEN) &&
           (f->tree->tokens[n->first_token].flags & FGR_TOKEN_FIRST) && on_one_line(f, n) &&
           f->columns[action->first_token] > 0;
}

static bool follows(const struct fmt *f, const struct fgr_node *above, const struct fgr_node *n)
{
    if (f->tree->tokens[n->first_token].flags & FGR_TOKEN_BLANK) {
        return false;
    }
    uint32_t low = 0, high = f->tree->n_comments; /* first comment past the row above */
    while (low < high) {
        uint32_t mid = low + (high - low) / 2;
        if (f->tree->comments[mid].span.a < above->span.b) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low == f->tree->n_comments || f->tree->comments[low].span.a > n->span.a;
}

static uint32_t widest(const struct fmt *f, struct fgr_node *const *rows, uint32_t n, bool label)
{
    uint32_t most = 0;
    for (uint32_t i = 0; i < n; i++) {
        const struct fgr_node *cell = label ? rows[i]->kid[FGR_OPTION_label] : action_of(rows[i]);
        uint32_t column = f->columns[cell->first_token];
        if (!label && rows[i]->kind == FGR_OPTION) {
            column -= f->columns[rows[i]->kid[FGR_OPTION_label]->first_token];
        }
        most = column > most ? column : most;
    }
    return most;
}

static void align_rows(struct fmt *f, struct fgr_node *const *rows, uint32_t n)
{
    bool options = rows[0]->kind == FGR_OPTION;
    uint32_t labels = options ? widest(f, rows, n, true) + OPTION_GAP : 0;
    uint32_t arrows = widest(f, rows, n, false);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t arrow = action_of(rows[i])->first_token;
        uint32_t column = f->columns[arrow];
        if (options) {
            uint32_t label = rows[i]->kid[FGR_OPTION_label]->first_token;
            f->pads[label] = labels - f->columns[label];
            column -= f->columns[label];
        }
        f->pads[arrow] = arrows - column;
    }
}

static void align_list(struct fmt *f, const struct fgr_node *list)
{
    for (uint32_t i = 0; i < list->n_items;) {
        uint32_t n = 0;
        while (i + n < list->n_items && is_row(f, list->items[i + n]) &&
               (n == 0 || follows(f, list->items[i + n - 1], list->items[i + n]))) {
            n++;
        }
        if (n > 1) {
            align_rows(f, list->items + i, n);
        }
        i += n > 0 ? n : 1;
    }
}

void fmt_align(struct fmt *f, const struct fgr_node *n)
{
    if (n == NULL) {
        return;
    }
    if (n->kind == FGR_LIST && n->n_items > 0 && (n->items[0]->kind == FGR_OPTION || n->items[0]->kind == FGR_ARM)) {
        align_list(f, n);
    }
    for (unsigned i = 0; i < n->n_kids; i++) {
        fmt_align(f, n->kid[i]);
    }
    for (uint32_t i = 0; i < n->n_items; i++) {
        fmt_align(f, n->items[i]);
    }
}
