/* fuzz_webhook.c: any byte string as a webhook body of Evolution: a clear refusal or items that keep their promises: valid UTF-8 without NUL,
 * a usable key and dedupe where there is a contact, and never the body's apikey.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_utf8.h"
#include "fsv_evolution.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_text(struct fn_str s)
{
    must(s.n == 0 || (fn_utf8_valid(s) && memchr(s.p, '\0', s.n) == NULL));
}

static void check_item(const struct fsv_evo_item *it)
{
    const struct fn_str all[] = {it->contact, it->phone, it->lid,    it->address, it->name,   it->id,
                                 it->dedupe,  it->text,  it->option, it->media,   it->quoted, it->state};
    for (size_t i = 0; i < FN_COUNT(all); i++) {
        check_text(all[i]);
    }
    must(it->at_ms >= 0);
    must((it->why != NULL) == (it->kind == FSV_EVO_IGNORED));
    if (it->kind == FSV_EVO_MESSAGE) {
        must(it->contact.n > 0 && it->contact.n < 64 && it->address.n > 0 && it->id.n > 0 && it->dedupe.n > it->id.n);
        must(it->text.n + it->option.n + it->media.n > 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fn_arena arena;
    struct fsv_evo_batch batch;
    struct fn_err err = {FN_OK, ""};
    fn_arena_init(&arena, (size_t)64 << 20);
    enum fn_code code = fsv_evo_parse(&arena, (struct fn_str){(const char *)data, size}, &batch, &err);
    must(code == FN_OK || code == FN_INVALID || code == FN_LIMIT || code == FN_NO_MEMORY);
    for (size_t i = 0; code == FN_OK && i < batch.n; i++) {
        check_item(&batch.items[i]);
    }
    fn_arena_fini(&arena);
    return 0;
}
