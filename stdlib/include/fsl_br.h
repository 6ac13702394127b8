/* fsl_br.h: documents of Brazil. Each takes what a person typed and gives the canonical form when the check digits are right. Pure.
 * CPF, CNPJ: Receita Federal; the alphanumeric CNPJ: Instrução Normativa RFB 2.229/2024, in use from July 2026 (a character counts as its
 * ASCII code less 48).
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FSL_BR_H
#define FSL_BR_H
#include "fn_buf.h"

bool fsl_cpf(struct fn_str text, struct fn_buf *out);  /* 123.456.789-09 */
bool fsl_cnpj(struct fn_str text, struct fn_buf *out); /* 12.ABC.345/01DE-35 */
bool fsl_cep(struct fn_str text, struct fn_buf *out);  /* 01310-100 */
uint16_t fsl_crc16(struct fn_str s); /* CRC-16/CCITT-FALSE: polynomial 0x1021, initial 0xFFFF (Pix, EMV 4.8) */

#endif
