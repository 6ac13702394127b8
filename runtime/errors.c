/* errors.c: an error that repeats ends. How often the stage of `on error` was entered lately is kept among the contact's data ("e:" and the
 * conversation), in the commit of the turn that entered it: so it holds over programs, nodes and restarts. What is too often, fvm_errors_more says.
 *
 * A message that was given up tells the program once: several that fail for one reason, one behind the other, are one error.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

#include <stdio.h>
#include <stdlib.h>

static struct fn_str pair_name(struct turn *t)
{
    return fn_arena_printf(&t->arena, "%llx", (unsigned long long)t->next.conv);
}

/* "N AT SEQ HEARD", all of them ours: what cannot be read counts as none. */
static struct errors_seen *seen(struct turn *t)
{
    struct errors_seen *s = &t->seen;
    if (s->read) {
        return s;
    }
    struct fn_str full = fn_arena_printf(&t->arena, "e:%.*s", FN_STR_ARG(pair_name(t)));
    s->read = true;
    for (size_t i = 0; i < t->in->n_pairs; i++) {
        if (fn_str_eq(t->in->pairs[i].name, full)) {
            char text[96], *p = text;
            snprintf(text, sizeof text, "%.*s", FN_STR_ARG(t->in->pairs[i].value));
            s->e.n = (uint32_t)strtoul(p, &p, 10);
            s->e.at = strtoll(p, &p, 10);
            s->seq = strtoll(p, &p, 10);
            s->e.heard = strtol(p, &p, 10) != 0;
        }
    }
    return s;
}

static void put(struct turn *t)
{
    const struct errors_seen *s = &t->seen;
    turn_pair(t, "e:", pair_name(t),
              s->e.n == 0 ? FN_STR_NULL
                          : fn_arena_printf(&t->arena, "%u %lld %lld %d", (unsigned)s->e.n, (long long)s->e.at,
                                            (long long)s->seq, s->e.heard));
}

bool errors_more(struct turn *t)
{
    struct errors_seen *s = seen(t);
    if (!fvm_errors_more(&s->e, t->now)) {
        return false;
    }
    s->seq = t->in->conv.seq;
    put(t);
    return true;
}

void errors_heard(struct turn *t)
{
    struct errors_seen *s = seen(t);
    if (s->e.n != 0 && !s->e.heard) {
        s->e.heard = true;
        put(t);
    }
}

void errors_forget(struct turn *t)
{
    struct errors_seen *s = seen(t);
    if (s->e.n != 0) {
        s->e = (struct fvm_errors){0};
        put(t);
    }
}

bool errors_told(struct turn *t, int64_t effect)
{
    struct errors_seen *s = seen(t);
    return s->e.n != 0 && effect >> 8 < s->seq;
}
