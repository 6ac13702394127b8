/* fgr_fmt.h: the formatter: one style, no options, and the translation between the spellings.
 *
 * Two blanks of indentation, one statement a line, lines never wrapped, at most one blank line kept; comments kept, texts untouched.
 * Works on the tokens of a parsed tree, so a broken file is formatted too: declarations that recovery touched stay as they are.
 * Before the result is given it is parsed again and compared: same tokens but for the spelling of keywords, same comments, same
 * tree. If not, the source is given back and *ret_same says FGR_FMT_REFUSED: a bug of ours never costs anybody a line.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FGR_FMT_H
#define FGR_FMT_H
#include "fgr_parse.h"
#include "fn_buf.h"

enum fgr_fmt_lang { FGR_FMT_KEEP, FGR_FMT_PT, FGR_FMT_EN };
enum fgr_fmt_result {
    FGR_FMT_DONE,      /* out differs from the source */
    FGR_FMT_UNCHANGED, /* out equals the source */
    FGR_FMT_REFUSED,   /* out equals the source: the oracle saw a difference (a bug), or bytes that cannot be kept */
    FGR_FMT_BROKEN /* out is formatted but for broken declarations; a translation of a broken file is refused like this */
};
/* Appends the formatted text of t (as fgr_parse left it) to out. Needs a scratch arena of about 100 bytes a token. */
FN_MUST_USE enum fn_code fgr_fmt(struct fn_buf *out, const struct fgr_tree *t, enum fgr_fmt_lang lang,
                                 struct fn_arena *scratch, enum fgr_fmt_result *ret_result);

#endif
