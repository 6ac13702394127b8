/* window.c: guarantee 6 while it runs. The checker has refused every free-form message that may come behind the window; what it cannot know is
 * that the customer's last message grew old meanwhile: the node was down, the provider too, a person resumed what was parked. So the outbox
 * looks at the clock once more before each attempt, and gives up what would be refused, or cost the number its name: a dead letter that says so,
 * and the program takes `on error`.
 *
 * What the stage of `on error` says then is not even sent: it would fail, and parks no conversation.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

static bool is_free_form(uint16_t host)
{
    return host == FBC_HOST_say || host == FBC_HOST_choose || host == FBC_HOST_media || host == FBC_HOST_react;
}

static bool is_closed(const struct frt_engine *e, int64_t tenant, int64_t channel, int64_t last_in_at, int64_t now)
{
    const struct frt_provider *p = &e->c.provider;
    int64_t window = p->ops->window != NULL ? p->ops->window(p->self, tenant, channel) : 0;
    return window != 0 && (last_in_at == 0 || now - last_in_at >= window);
}

bool window_forbids(const struct frt_engine *e, const struct frt_effect *x, int64_t last_in_at)
{
    return is_free_form(x->host) && is_closed(e, x->tenant, x->channel, last_in_at, engine_now(e));
}

bool window_drops(struct turn *t, uint16_t host)
{
    const struct fbc_entry *entry = fbc_find_entry(t->image, FBC_ENTRY_ERROR, FN_STR_NULL, FBC_NO_INDEX);
    return is_free_form(host) && entry != NULL && entry->stage == fvm_stage(t->run) &&
           is_closed(t->engine, t->next.tenant, t->next.channel, t->next.last_in_at, t->wall);
}
