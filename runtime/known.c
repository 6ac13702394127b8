/* known.c: which conversation an address book entry leads to, for those who wrote lately, so that INGEST need not look them up again.
 *
 * What an alias leads to never changes: contacts are found or made, and conversations stay (a store says FN_NOT_FOUND should one go). So a line
 * here is right or absent, whatever other nodes do. A line's hash names a set of four; in it the one used longest ago makes room. The whole text
 * is compared: a hash that somebody made to collide must not lead into another's conversation.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

#include <stdlib.h>

enum { SETS = 1 << 13, WAYS = 4, TEXT_MAX = 128 - 3 * sizeof(int64_t) - 1 };

struct known_line {
    int64_t tenant, channel, conv; /* conv 0: empty */
    uint8_t n;
    char text[TEXT_MAX]; /* the aliases in their order, each with a 0 behind it */
};

/* The line of these aliases as it would be written; false: too long for one. */
static bool line_of(const struct frt_ingest *in, struct known_line *out)
{
    size_t n = 0;
    *out = (struct known_line){.tenant = in->tenant, .channel = in->channel, .conv = in->conv};
    for (unsigned i = 0; i < in->n_aliases; i++) {
        struct fn_str a = in->aliases[i];
        if (a.n >= TEXT_MAX - n) {
            return false;
        }
        memcpy(out->text + n, a.p, a.n);
        n += a.n;
        out->text[n++] = '\0';
    }
    out->n = (uint8_t)n;
    return n != 0;
}

static struct known_line *set_of(struct frt_engine *e, const struct known_line *line)
{
    uint64_t h = fn_hash(line->text, line->n) ^ (uint64_t)line->tenant * 0x9E3779B97F4A7C15u ^
                 (uint64_t)line->channel * 0xC2B2AE3D27D4EB4Fu;
    e->known = e->known != NULL ? e->known : engine_alloc((size_t)SETS * WAYS, sizeof *e->known);
    return &e->known[(h ^ h >> 32) % SETS * WAYS];
}

/* Its place in the set, WAYS when it is not there. */
static size_t place_of(const struct known_line *set, const struct known_line *line)
{
    size_t i = 0;
    while (i < WAYS && !(set[i].conv != 0 && set[i].tenant == line->tenant && set[i].channel == line->channel &&
                         set[i].n == line->n && memcmp(set[i].text, line->text, line->n) == 0)) {
        i++;
    }
    return i;
}

/* `line` to the front; what stood before place `at` moves back by one, what stood there is gone. */
static void put_first(struct known_line *set, size_t at, const struct known_line *line)
{
    memmove(&set[1], &set[0], (at < WAYS ? at : WAYS - 1) * sizeof *set);
    set[0] = *line;
}

int64_t known_find(struct frt_engine *e, const struct frt_ingest *in)
{
    struct known_line line;
    if (!line_of(in, &line)) {
        return 0;
    }
    struct known_line *set = set_of(e, &line);
    size_t at = place_of(set, &line);
    if (at == WAYS) {
        return 0;
    }
    line.conv = set[at].conv;
    put_first(set, at, &line);
    return line.conv;
}

void known_put(struct frt_engine *e, const struct frt_ingest *in)
{
    struct known_line line;
    if (in->conv != 0 && line_of(in, &line)) {
        struct known_line *set = set_of(e, &line);
        put_first(set, place_of(set, &line), &line);
    }
}

void known_drop(struct frt_engine *e, const struct frt_ingest *in)
{
    struct known_line line;
    if (line_of(in, &line)) {
        struct known_line *set = set_of(e, &line);
        size_t at = place_of(set, &line);
        if (at < WAYS) {
            set[at].conv = 0;
        }
    }
}
