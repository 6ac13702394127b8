/* image_input.h: what the fuzz targets of images do with their input: text that begins with a semicolon is assembled; bytes get the header,
 * length and check sum that would otherwise stop nearly all of them at the door.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef IMAGE_INPUT_H
#define IMAGE_INPUT_H
#include "fbc_asm.h"
#include "fbc_format.h"

#include <stdlib.h>

typedef void image_fn(const uint8_t *data, size_t size);

static inline void image_repaired(const uint8_t *data, size_t size, image_fn *use)
{
    uint8_t *copy = size >= FBC_HEADER ? malloc(size) : NULL;
    if (copy == NULL) {
        return;
    }
    memcpy(copy, data, size);
    memcpy(copy, FBC_MAGIC "\1\0\1", 8);
    uint32_t crc = fn_crc32c(data + FBC_HEADER, size - FBC_HEADER);
    for (unsigned i = 0; i < 4; i++) {
        copy[8 + i] = (uint8_t)(size >> 8 * i);
        copy[FBC_CRC_AT + i] = (uint8_t)(crc >> 8 * i);
    }
    use(copy, size);
    free(copy);
}

/* True when it was a listing, which `use` saw if it could be assembled. */
static inline bool image_assembled(const uint8_t *data, size_t size, image_fn *use)
{
    struct fn_buf bytes;
    if (size == 0 || data[0] != ';') {
        return false;
    }
    fn_buf_init(&bytes, 2 * FBC_LIMIT_IMAGE);
    if (fbc_assemble((struct fn_str){(const char *)data, size}, &bytes, NULL) == FN_OK) {
        use((const uint8_t *)bytes.p, bytes.n);
    }
    fn_buf_fini(&bytes);
    return true;
}
#endif
