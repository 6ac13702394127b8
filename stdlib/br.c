/* br.c: CPF, CNPJ, CEP and the checksum of Pix.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "fsl_br.h"

#include "fsl_read.h"

/* Keeps digits (and capital letters when allowed), skips . , - / and blanks; anything else, or more than n, is no document. */
static bool collect(struct fn_str typed, bool letters, char *out, size_t n)
{
    size_t at = 0;
    struct fn_str text = fsl_before_note(fsl_after_label(typed));
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        size_t mark = fsl_mark_bytes(text, i);
        if (mark > 0) {
            i += mark - 1;
            continue;
        }
        if (letters && c >= 'a' && c <= 'z') {
            c = (char)(c - 32);
        }
        if ((c >= '0' && c <= '9') || (letters && c >= 'A' && c <= 'Z')) {
            if (at == n) {
                return false;
            }
            out[at++] = c;
        } else if (strchr(" .,-/\t\n", c) == NULL || c == '\0') {
            return false;
        }
    }
    return at == n;
}

static bool all_equal(const char *p, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (p[i] != p[0]) {
            return false;
        }
    }
    return true;
}

/* Weighted sum modulo 11 over the first n characters; weights go down to 2 and start again at `top`. */
static char check_digit(const char *p, size_t n, int top)
{
    int sum = 0, weight = 2;
    for (size_t i = n; i > 0; i--) {
        sum += (p[i - 1] - '0') * weight;
        weight = weight == top ? 2 : weight + 1;
    }
    int rest = sum % 11;
    return (char)('0' + (rest < 2 ? 0 : 11 - rest));
}

bool fsl_cpf(struct fn_str text, struct fn_buf *out)
{
    char d[11];
    fn_buf_clear(out);
    if (!collect(text, false, d, sizeof d) || all_equal(d, sizeof d) || d[9] != check_digit(d, 9, 11) ||
        d[10] != check_digit(d, 10, 11)) {
        return false;
    }
    fn_buf_printf(out, "%.3s.%.3s.%.3s-%.2s", d, d + 3, d + 6, d + 9);
    return !out->failed;
}

bool fsl_cnpj(struct fn_str text, struct fn_buf *out)
{
    char d[14];
    fn_buf_clear(out);
    if (!collect(text, true, d, sizeof d) || all_equal(d, sizeof d) || d[12] != check_digit(d, 12, 9) ||
        d[13] != check_digit(d, 13, 9)) {
        return false;
    }
    fn_buf_printf(out, "%.2s.%.3s.%.3s/%.4s-%.2s", d, d + 2, d + 5, d + 8, d + 12);
    return !out->failed;
}

bool fsl_cep(struct fn_str text, struct fn_buf *out)
{
    char d[8];
    fn_buf_clear(out);
    if (!collect(text, false, d, sizeof d) || all_equal(d, sizeof d)) {
        return false;
    }
    fn_buf_printf(out, "%.5s-%.3s", d, d + 5);
    return !out->failed;
}

uint16_t fsl_crc16(struct fn_str s)
{
    unsigned crc = 0xFFFF;
    for (size_t i = 0; i < s.n; i++) {
        crc ^= (unsigned)(unsigned char)s.p[i] << 8;
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
        }
        crc &= 0xFFFF;
    }
    return (uint16_t)crc;
}
