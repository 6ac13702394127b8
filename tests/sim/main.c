/* main.c: sim SEED tells the story of one seed; sim FIRST COUNT runs many and names those that break an invariant.
 * SPDX-License-Identifier: Apache-2.0 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>

static bool run(uint64_t seed, bool story, unsigned long long totals[5])
{
    struct sim *s = calloc(1, sizeof *s);
    if (s == NULL) {
        FN_BUG("no memory");
    }
    s->seed = seed;
    s->story = story;
    sim_run(s);
    totals[0] += s->n_messages;
    totals[1] += s->n_sent;
    totals[2] += s->crashes;
    totals[3] += s->faulted_ops;
    totals[4] += s->stops;
    bool ok = s->failure[0] == '\0';
    if (!ok) {
        printf("seed %llu: %s\n    again: sim %llu\n", (unsigned long long)seed, s->failure, (unsigned long long)seed);
    }
    free(s);
    return ok;
}

int main(int argc, char **argv)
{
    unsigned long long totals[5] = {0}, passed = 0, failed = 0;
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: sim SEED | sim FIRST COUNT\n");
        return 2;
    }
    uint64_t first = strtoull(argv[1], NULL, 10), count = argc == 3 ? strtoull(argv[2], NULL, 10) : 1;
    for (uint64_t i = 0; i < count; i++) {
        bool ok = run(first + i, argc == 2, totals);
        passed += ok;
        failed += !ok;
    }
    printf("%llu messages, %llu arrivals, %llu crashes, %llu faults of the store, %llu nodes stopped\n", totals[0],
           totals[1], totals[2], totals[3], totals[4]);
    printf("%llu passed, %llu failed\n", passed, failed);
    return failed != 0;
}
