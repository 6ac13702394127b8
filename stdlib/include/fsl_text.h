/* fsl_text.h: texts: counting, cutting, searching, masks. Positions and lengths are code points. Pure; linear time.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FSL_TEXT_H
#define FSL_TEXT_H
#include "fn_utf8.h"

struct fn_str fsl_trim(struct fn_str s);
struct fn_str fsl_slice(struct fn_str s, int64_t from, int64_t count); /* clipped to the text */
void fsl_upper(struct fn_buf *out, struct fn_str s);
void fsl_lower(struct fn_buf *out, struct fn_str s);
int64_t fsl_find(struct fn_str s, struct fn_str needle); /* code point index or -1 */
void fsl_replace(struct fn_buf *out, struct fn_str s, struct fn_str what, struct fn_str with);
/* Mask: # a digit, @ a letter, * any run (also empty), anything else itself. Linear in s times the number of *. */
bool fsl_like(struct fn_str s, struct fn_str mask);
/* First and last letter of each word kept, the rest as *: "Maria Souza" -> "M***a S***a"; for personal data. */
void fsl_mask(struct fn_buf *out, struct fn_str s);
void fsl_url_encode(struct fn_buf *out, struct fn_str s); /* RFC 3986 unreserved characters kept */

#endif
