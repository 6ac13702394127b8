/* fsl_show.h: values as people write them, in pt-BR or en. Pure. Appends to out.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FSL_SHOW_H
#define FSL_SHOW_H
#include "fn_buf.h"

bool fsl_is_en(struct fn_str loc); /* "en", "en-US"; everything else is Portuguese */
void fsl_show_int(struct fn_buf *out, int64_t v, struct fn_str loc);
/* Up to six decimals, trailing zeros dropped: 1.234,5 */
void fsl_show_number(struct fn_buf *out, double v, struct fn_str loc);
/* R$ 1.234,56 with a plain space; -R$ 1,00. The currency's sign comes from a small table; unknown codes are shown as they are. */
void fsl_show_money(struct fn_buf *out, int64_t minor, struct fn_str currency, struct fn_str loc);
void fsl_show_phone(struct fn_buf *out, struct fn_str canonical);

#endif
