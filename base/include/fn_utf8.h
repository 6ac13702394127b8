/* fn_utf8.h: UTF-8, Unicode folding and composition. Tables are generated from Unicode data at build time or
 * committed as a compact table with its source named; the same bytes natively and in WebAssembly, no locale.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FN_UTF8_H
#define FN_UTF8_H
#include "fn_buf.h"

/* Decodes one code point at s.p[*at] and advances *at. Strict (no surrogates, no overlong, <= U+10FFFF);
 * an invalid byte gives -1 and advances by one. Precondition: *at < s.n. */
int32_t fn_utf8_next(struct fn_str s, size_t *at);
bool fn_utf8_valid(struct fn_str s);
size_t fn_utf8_ascii(struct fn_str s);              /* bytes below 0x80 at the front */
size_t fn_utf8_count(struct fn_str s);              /* code points; an invalid byte counts one */
size_t fn_utf8_cut(struct fn_str s, size_t points); /* bytes of the first `points` code points */
size_t fn_utf8_encode(int32_t cp, char out[4]);     /* bytes written; cp must be a scalar value */
/* Copies s, replacing invalid bytes and NUL by U+FFFD (the policy for provider bodies: never lose a message). */
void fn_utf8_repair(struct fn_buf *out, struct fn_str s);
/* NFC for the Latin, Greek and Cyrillic letters with marks that names may hold; other text is copied. */
void fn_utf8_nfc(struct fn_buf *out, struct fn_str s);
/* Folding for "the same word": case folded, accents removed, curly quotes straightened. "Orçamento" -> "orcamento".
 * The result is valid UTF-8; an invalid byte becomes U+FFFD. */
void fn_fold(struct fn_buf *out, struct fn_str s);
/* fn_fold, then trimmed, runs of white space to one space, punctuation at both ends and U+FE0F removed.
 * The normal form in which the phrases of `start` and `always` and the labels of options are compared. */
void fn_fold_phrase(struct fn_buf *out, struct fn_str s);

#endif
