/* main.c: sim SEED tells the story of one seed; sim FIRST COUNT runs many and names those that break an invariant.
 *
 * With "stop" behind them it ends with the first. At the end it prints what happened in all worlds, a line each; over WORTH seeds a thing that
 * never happened fails like a broken invariant.
 * SPDX-License-Identifier: Apache-2.0 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>

enum { WORTH = 1000 };

static bool run(uint64_t seed, bool story, uint64_t totals[SIM_COUNTS])
{
    struct sim *s = calloc(1, sizeof *s);
    if (s == NULL) {
        FN_BUG("no memory");
    }
    s->seed = seed;
    s->story = story;
    sim_run(s);
    for (size_t i = 0; i < SIM_COUNTS; i++) {
        totals[i] += s->counts[i];
    }
    bool ok = s->failure[0] == '\0';
    if (!ok) {
        printf("seed %llu: %s\n    again: sim %llu\n", (unsigned long long)seed, s->failure, (unsigned long long)seed);
    }
    free(s);
    return ok;
}

/* How many of them never happened. */
static unsigned tell(const uint64_t totals[SIM_COUNTS])
{
    static const char *const words[SIM_COUNTS] = {
#define COUNT(NAME, words) words,
#include "counts.def"
#undef COUNT
    };
    unsigned none = 0;
    for (size_t i = 0; i < SIM_COUNTS; i++) {
        printf("%12llu %s\n", (unsigned long long)totals[i], words[i]);
        none += totals[i] == 0;
    }
    return none;
}

int main(int argc, char **argv)
{
    uint64_t totals[SIM_COUNTS] = {0};
    unsigned long long passed = 0, failed = 0;
    if (argc < 2 || argc > 4) {
        fprintf(stderr, "usage: sim SEED | sim FIRST COUNT [stop]\n");
        return 2;
    }
    bool stop = argc == 4 && strcmp(argv[3], "stop") == 0;
    uint64_t first = strtoull(argv[1], NULL, 10), count = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    (void)setvbuf(stdout, NULL, _IOLBF, 0); /* what was told is told when a bug ends the process */
    for (uint64_t i = 0; i < count && (failed == 0 || !stop); i++) {
        bool ok = run(first + i, argc == 2, totals);
        passed += ok;
        failed += !ok;
    }
    unsigned none = tell(totals);
    if (count >= WORTH && none != 0) {
        printf("%u things never happened\n", none);
        failed += none;
    }
    printf("%llu passed, %llu failed\n", passed, failed);
    return failed != 0;
}
