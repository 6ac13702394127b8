/* publish.h: puts the fixture's funnel into a store for one tenant, under a hash of its own; for the engine's tests with many tenants.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef UNIT_PUBLISH_H
#define UNIT_PUBLISH_H
#include "../sim/fixture.h"
#include "frt_store.h"
#include "unit.h"

static inline void publish_ignore(struct frt_op *op)
{
    (void)op;
}

/* *image_size: what the verified image takes in memory; NULL: not asked. */
static inline void publish_fixture(struct frt_store store, int64_t tenant, size_t *image_size)
{
    struct fn_buf image;
    struct fn_arena arena;
    char hash[FRT_HASH];
    fn_buf_init(&image, 1 << 20);
    fn_arena_init(&arena, 1 << 20);
    CU_ASSERT_EQUAL_FATAL(fx_image(&image, "oi", 0, 0), FN_OK);
    memset(hash, (int)tenant, sizeof hash);
    struct frt_op_image_put put = {.op = {.kind = FRT_OP_IMAGE_PUT, .arena = &arena, .done = publish_ignore},
                                   .tenant = tenant,
                                   .hash = {hash, sizeof hash},
                                   .bytes = fn_buf_view(&image)};
    struct frt_op_publish pub = {.op = {.kind = FRT_OP_PUBLISH, .arena = &arena, .done = publish_ignore},
                                 .tenant = tenant,
                                 .pub = {.funnel = FN_STR("eco"), .hash = put.hash}};
    const struct fbc_image *im = NULL;
    CU_ASSERT_EQUAL_FATAL(fbc_verify(fn_buf_view(&image), FBC_ALLOW_ALL, &im, NULL), FN_OK);
    if (image_size != NULL) {
        *image_size = im->size;
    }
    fbc_image_free(im);
    frt_store_submit(store, &put.op);
    frt_store_submit(store, &pub.op);
    while (store.ops->drain(store.self) != 0) {
    }
    CU_ASSERT_EQUAL(pub.op.code, FN_OK);
    fn_buf_fini(&image);
    fn_arena_fini(&arena);
}
#endif
