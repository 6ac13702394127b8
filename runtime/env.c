/* env.c: the machine's clocks and randomness, and their stand-ins for tests and the simulator.
 * SPDX-License-Identifier: Apache-2.0 */
#include "frt_env.h"

#include <stdio.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
    struct timespec t;
    if (clock_gettime(id, &t) != 0) {
        FN_BUG("the machine has no clock");
    }
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}
static int64_t system_wall(void *self)
{
    (void)self;
    return read_clock(CLOCK_REALTIME);
}
static int64_t system_monotonic(void *self)
{
    (void)self;
    return read_clock(CLOCK_MONOTONIC);
}
struct frt_clock frt_clock_system(void)
{
    static const struct frt_clock_ops ops = {"system", system_wall, system_monotonic};
    return (struct frt_clock){&ops, NULL};
}

/* Read through stdio's buffer: one system call for some hundred draws. The file is never closed: there is one for the process. */
static uint64_t system_random(void *self)
{
    (void)self;
    static FILE *source;
    uint64_t value;
    if (source == NULL) {
        source = fopen("/dev/urandom", "rb");
    }
    if (source == NULL || fread(&value, sizeof value, 1, source) != 1) {
        FN_BUG("the machine has no randomness");
    }
    return value;
}
struct frt_entropy frt_entropy_system(void)
{
    static const struct frt_entropy_ops ops = {"system", system_random};
    return (struct frt_entropy){&ops, NULL};
}

static int64_t fake_now(void *self)
{
    const struct frt_fake_clock *c = self;
    return c->now;
}
struct frt_clock frt_clock_fake(struct frt_fake_clock *c)
{
    static const struct frt_clock_ops ops = {"fake", fake_now, fake_now};
    return (struct frt_clock){&ops, c};
}

/* splitmix64 (Steele, Lea, Flood 2014) */
static uint64_t seeded_next(void *self)
{
    struct frt_seeded *s = self;
    uint64_t z = s->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}
struct frt_entropy frt_entropy_seeded(struct frt_seeded *s)
{
    static const struct frt_entropy_ops ops = {"seeded", seeded_next};
    return (struct frt_entropy){&ops, s};
}
