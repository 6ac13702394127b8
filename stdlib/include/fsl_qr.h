/* fsl_qr.h: QR codes (ISO/IEC 18004): byte mode, error correction M, versions 1 to 20. Pure; the same bytes for the same text.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FSL_QR_H
#define FSL_QR_H
#include "fn_buf.h"

enum { FSL_QR_SIDE_MAX = 97, FSL_QR_BYTES_MAX = 666 };
struct fsl_qr {
    int side;
    uint8_t dark[FSL_QR_SIDE_MAX][FSL_QR_SIDE_MAX]; /* [row][column]: 1 dark */
};
/* False when the text is longer than FSL_QR_BYTES_MAX. */
bool fsl_qr_make(struct fn_str text, struct fsl_qr *out);
/* data:image/png;base64,... of 8-bit RGB, at least 300 pixels a side, a quiet zone of four modules; at most 40,000 bytes. */
void fsl_qr_png_url(struct fn_buf *out, const struct fsl_qr *qr);

#endif
