/* demo.c: `funneld serve --demo`: the example of the repository, deployed through the same compiler and store as everybody's, and a web chat
 * to talk to it. Starting again changes nothing that is there.
 * SPDX-License-Identifier: Apache-2.0 */
#include "app.h"

#include "fsv_examples.h"

enum { COMPILE_ARENA = 64 << 20, IMAGE_MAX = 1 << 20, DIAGS_MAX = 1 << 20 };

static enum fn_code publish(struct fsv_app *app, struct fn_arena *arena, struct fn_str name, struct fn_str image,
                            struct fn_err *err)
{
    uint8_t hash[FRT_HASH];
    struct frt_op_image_put put = {.tenant = FSV_TENANT, .at = fsv_wall_ms(), .bytes = image};
    fsv_sha256(image, hash);
    put.hash = (struct fn_str){(const char *)hash, sizeof hash};
    fsv_store_wait(app, &put.op, FRT_OP_IMAGE_PUT, arena);
    if (put.op.code != FN_OK) {
        return fn_fail(err, put.op.code, "store: %s", put.op.err.text);
    }
    struct frt_op_publish pub = {.tenant = FSV_TENANT,
                                 .pub = {.funnel = name, .hash = put.hash, .at = put.at, .inflight = FRT_AT_STAGE}};
    fsv_store_wait(app, &pub.op, FRT_OP_PUBLISH, arena);
    return pub.op.code == FN_OK ? FN_OK : fn_fail(err, pub.op.code, "store: %s", pub.op.err.text);
}

static bool is_published(struct fsv_app *app, struct fn_arena *arena, struct fn_str name)
{
    struct frt_op_pubs list = {.tenant = FSV_TENANT};
    fsv_store_wait(app, &list.op, FRT_OP_PUBS, arena);
    for (size_t i = 0; list.op.code == FN_OK && i < list.n; i++) {
        if (fn_str_eq(list.pubs[i].funnel, name) && list.pubs[i].hash.n > 0) {
            return true;
        }
    }
    return false;
}

static enum fn_code deploy(struct fsv_app *app, struct fn_arena *arena, struct fn_err *err)
{
    struct fn_buf image, diags;
    struct fn_str name = FN_STR_NULL;
    if (fsv_examples_count == 0) {
        return fn_fail(err, FN_NOT_FOUND, "this build has no example in it");
    }
    fn_buf_init(&image, IMAGE_MAX);
    fn_buf_init(&diags, DIAGS_MAX);
    enum fn_code code = fsv_compile(app, FSV_TENANT, arena, fsv_examples[0].name, fsv_examples[0].bytes, app->lang,
                                    &image, &name, &diags, err);
    if (code == FN_INVALID) {
        FSV_LOG(ERROR, "demo.example", "the example does not compile", FSV_TEXT("err", fn_buf_view(&diags)));
        (void)fn_fail(err, code, "examples/loja.funnel does not compile");
    }
    if (code == FN_OK && !is_published(app, arena, name)) {
        code = publish(app, arena, name, fn_buf_view(&image), err);
    }
    fn_buf_fini(&image);
    fn_buf_fini(&diags);
    return code;
}

/* Another node may open it at the same moment: the store has one of the two, and that one is it. */
static enum fn_code open_chat(struct fsv_app *app, struct fn_arena *arena, struct fsv_channel **out_chat,
                              struct fn_err *err)
{
    static const struct fn_str name = {"demo", 4};
    enum fn_code code = FN_OK;
    *out_chat = fsv_channel_by_name(app, FSV_TENANT, FSV_CHANNEL_WEB, name);
    if (*out_chat == NULL) {
        const struct fsv_channel *c = fsv_channel_draft(arena, FSV_TENANT, FSV_CHANNEL_WEB, name);
        if (c == NULL) {
            return fn_fail(err, FN_NO_MEMORY, "no memory for a channel");
        }
        struct frt_doc doc = fsv_channel_doc(app, arena, c);
        code = fsv_catalogue_store(app, FSV_COL_CHANNEL, &doc, err);
        code = code == FN_OK || code == FN_CONFLICT ? fsv_catalogue_load(app, err) : code;
        *out_chat = fsv_channel_by_name(app, FSV_TENANT, FSV_CHANNEL_WEB, name);
    }
    return code != FN_OK || *out_chat != NULL ? code : fn_fail(err, FN_LIMIT, "too many channels");
}

enum fn_code fsv_demo(struct fsv_app *app, struct fsv_channel **out_chat, struct fn_err *err)
{
    struct fn_arena arena;
    fn_arena_init(&arena, COMPILE_ARENA);
    enum fn_code code = deploy(app, &arena, err);
    if (code == FN_OK) {
        code = open_chat(app, &arena, out_chat, err);
    }
    fn_arena_fini(&arena);
    return code;
}
