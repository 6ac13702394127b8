/* frt_env.h: where what is not determined comes from. The simulator gives virtual time and a seed instead.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FRT_ENV_H
#define FRT_ENV_H
#include "fn_base.h"

struct frt_clock_ops {
    const char *name;
    int64_t (*wall)(void *self);      /* ms UTC; may jump */
    int64_t (*monotonic)(void *self); /* ms, never goes back */
};
struct frt_clock {
    const struct frt_clock_ops *ops;
    void *self;
};
struct frt_entropy_ops {
    const char *name;
    uint64_t (*next)(void *self); /* unpredictable outside tests: turn tokens, jitter, seeds of runs */
};
struct frt_entropy {
    const struct frt_entropy_ops *ops;
    void *self;
};
/* The machine's clocks; getrandom. */
struct frt_clock frt_clock_system(void);
struct frt_entropy frt_entropy_system(void);
/* A clock that stands until it is set; and a seeded generator (splitmix64). Caller's storage. */
struct frt_fake_clock {
    int64_t now;
};
struct frt_seeded {
    uint64_t state;
};
struct frt_clock frt_clock_fake(struct frt_fake_clock *c);
struct frt_entropy frt_entropy_seeded(struct frt_seeded *s);
#endif
