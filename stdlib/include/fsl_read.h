/* fsl_read.h: reading what people type into an answer. Pure; no clock, no locale of the machine.
 *
 * Every function takes the customer's text as it came and says whether it is an answer of the type; `loc` is "pt-BR" or "en" and decides only
 * what is ambiguous (1.234 is a thousand in pt-BR and one and a bit in en). The table tests/unit/read_table.tsv is the specification.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FSL_READ_H
#define FSL_READ_H
#include "fn_buf.h"

/* What stands behind the words people put before a number of theirs: "meu CPF: 529…", "whats 11 9…". The text itself when there are none. */
struct fn_str fsl_after_label(struct fn_str text);
/* Without the words people put behind a number: "… obrigado", "… (matriz)". All of it when one of them may take the number back: "… não". */
struct fn_str fsl_before_note(struct fn_str text);
/* Bytes of the dash, the wide blank or the invisible mark at `at` that contacts and documents are copied with; 0 for anything else. */
size_t fsl_mark_bytes(struct fn_str s, size_t at);

bool fsl_read_int(struct fn_str text, struct fn_str loc, int64_t *out);
bool fsl_read_number(struct fn_str text, struct fn_str loc, double *out);
/* Minor units of the currency ("BRL": two decimals). */
bool fsl_read_money(struct fn_str text, struct fn_str currency, struct fn_str loc, int64_t *out);
bool fsl_read_bool(struct fn_str text, struct fn_str loc, bool *out);
/* The canonical form goes to out (cleared first). */
bool fsl_read_text(struct fn_str text, size_t max_points, struct fn_buf *out);
bool fsl_read_email(struct fn_str text, struct fn_buf *out);
bool fsl_read_url(struct fn_str text, struct fn_buf *out);
bool fsl_read_phone(struct fn_str text, struct fn_str loc, struct fn_buf *out);
/* Index of the option meant, or -1: by id of the button, number, label, or a prefix of three letters that fits one. */
int fsl_read_option(struct fn_str tapped, struct fn_str text, const struct fn_str *ids, const struct fn_str *labels,
                    size_t n);

#endif
