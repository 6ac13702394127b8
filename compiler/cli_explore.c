/* cli_explore.c: funnelc explore FILE: plays the funnel's customers until something goes wrong. First a systematic walk (every move wherever the
 * conversation stands at a place it has not stood before), then seeded random people with a temper each; what goes wrong is shrunk to the
 * shortest conversation that shows it and printed as a `test`.
 *
 * The machine is deterministic, so a conversation is its list of moves and is played again from the start.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"
#include "cli_walker.h"

#include <stdlib.h>

enum { RUNS = 10000, TURNS = 60, WALK_MAX = 20000, PLACES = 1 << 15, FINDINGS_MAX = 50 };
#define MEMORY_MAX ((size_t)1 << 30)

struct trace {
    struct cli_move moves[CLI_MOVES_MAX];
    unsigned n;
};
struct step { /* of the systematic walk: the way here is its parents' moves */
    struct cli_move move;
    int parent;
    unsigned depth;
};
struct explore {
    const struct cli *c;
    const struct cli_source *s;
    struct cli_walker w;
    struct fn_arena keep, scratch; /* moves of findings and of the walk; of one random run */
    struct cli_finding findings[FINDINGS_MAX];
    unsigned n_findings;
    unsigned long runs, seed, max_turns, played, walked;
    uint64_t random;
    uint64_t *places;
    unsigned n_places;
    struct step *steps;
    int n_steps;
    struct trace *trace, *attempt;
    struct fn_buf tests;
};

/* -- findings ---------------------------------------------------------------------------------------------------------------- */

static bool same(const struct cli_finding *a, const struct cli_finding *b)
{
    return a->kind == b->kind && a->trap == b->trap && fn_str_eq(a->stage, b->stage);
}

static bool shows(struct explore *x, const struct trace *t, const struct cli_finding *f)
{
    bool played = cli_walker_replay(&x->w, t->moves, t->n);
    struct cli_finding found = x->w.found;
    if (played && found.kind == CLI_FIND_NONE && f->kind == CLI_FIND_DEAD_END && cli_walker_is_dead_end(&x->w)) {
        found = (struct cli_finding){.kind = CLI_FIND_DEAD_END, .stage = cli_host_stage(x->w.host)};
    }
    return played && same(&found, f);
}

/* Takes away runs of moves, long ones first, while what is left still shows it. */
static void shrink(struct explore *x, struct trace *t, const struct cli_finding *f)
{
    for (unsigned size = t->n / 2 > 0 ? t->n / 2 : 1; size > 0; size /= 2) {
        for (unsigned at = 0; at + size <= t->n;) {
            struct trace *less = x->attempt;
            memcpy(less->moves, t->moves, at * sizeof t->moves[0]);
            memcpy(less->moves + at, t->moves + at + size, (t->n - at - size) * sizeof t->moves[0]);
            less->n = t->n - size;
            if (less->n > 0 && shows(x, less, f)) {
                *t = *less;
            } else {
                at++;
            }
        }
    }
}

static const char *title(const struct explore *x, const struct cli_finding *f)
{
    static const char *const titles[][2] = {
        {"", ""},
        {"a conversa parou com erro", "the conversation stopped with an error"},
        {"a conversa ficou parada, sem ninguém", "the conversation is parked, with nobody"},
        {"o cliente escreveu e não leu nada", "the customer wrote and read nothing"},
        {"mensagens demais de uma vez", "too many messages at once"},
        {"mensagem fora da janela de 24 horas", "message outside the 24-hour window"},
        {"beco sem saída", "dead end"}};
    return cli_say(x->c, titles[f->kind][0], titles[f->kind][1]);
}

/* What goes wrong, where the lines of the test cannot say it. */
static void put_remark(struct explore *x, const struct cli_finding *f)
{
    if (f->kind == CLI_FIND_TRAP) {
        fn_buf_printf(&x->tests, "  # %s\n", fbc_trap_text(f->trap, x->c->lang == FN_EN));
    } else if (f->kind == CLI_FIND_FLOOD) {
        fn_buf_printf(
            &x->tests, "  # %s %d %s\n", cli_say(x->c, "mais de", "more than"), CLI_AT_ONCE_MAX,
            cli_say(x->c, "mensagens sem que o cliente diga nada", "messages while the customer says nothing"));
    }
}

/* The way there with everything that was said on it, so that what is expected at its end cannot be an earlier message. The test fails as
 * long as the finding is there. */
static void print_test(struct explore *x, const struct trace *t, const struct cli_finding *f)
{
    const char *exact = f->kind == CLI_FIND_FLOOD ? x->w.pt ? " exato" : " exact" : "";
    fn_buf_printf(&x->tests, "%s%s \"explore %u: %s, %.*s\" {\n", x->w.pt ? "teste" : "test", exact, x->n_findings,
                  title(x, f), FN_STR_ARG(f->stage));
    put_remark(x, f);
    x->w.telling = true;
    (void)cli_walker_replay(&x->w, t->moves, 0);
    for (unsigned i = 0; i < t->n; i++) {
        fn_buf_clear(&x->w.said);
        (void)cli_walker_move(&x->w, &t->moves[i]);
        fn_buf_printf(&x->tests, "  %.*s\n", FN_STR_ARG(t->moves[i].line));
        if (i + 1 < t->n || f->kind == CLI_FIND_DEAD_END) {
            fn_buf_str(&x->tests, fn_buf_view(&x->w.said));
        }
    }
    x->w.telling = false;
    if (f->kind == CLI_FIND_DEAD_END) {
        fn_buf_z(&x->tests, "  > \"oi\"\n");
    }
    if (f->kind == CLI_FIND_SILENCE || f->kind == CLI_FIND_DEAD_END || f->kind == CLI_FIND_WINDOW) {
        fn_buf_z(&x->tests, "  < \"*\"\n");
    }
    fn_buf_z(&x->tests, "}\n\n");
}

static bool known(const struct explore *x, const struct cli_finding *f)
{
    for (unsigned i = 0; i < x->n_findings; i++) {
        if (same(&x->findings[i], f)) {
            return true;
        }
    }
    return x->n_findings == FINDINGS_MAX;
}

static void report(struct explore *x, struct trace *t, struct cli_finding found)
{
    found.stage = fn_arena_dup(&x->keep, found.stage);
    if (known(x, &found)) {
        return;
    }
    struct fn_arena *arena = x->w.arena;
    x->w.arena = &x->keep;
    x->findings[x->n_findings++] = found;
    shrink(x, t, &found);
    uint32_t line = 0, column = 0;
    if (found.offset != UINT32_MAX) {
        fgr_place(&x->s->program->trees[0].source, found.offset, &line, &column);
        printf("%s:%u: ", x->s->path, (unsigned)line);
    }
    printf("%s: %s `%.*s`\n", title(x, &found), cli_say(x->c, "etapa", "stage"), FN_STR_ARG(found.stage));
    print_test(x, t, &found);
    x->w.arena = arena;
}

/* The end of a conversation played so far: what it found, or that nothing leads on. */
static void judge(struct explore *x, struct trace *t)
{
    if (x->w.found.kind == CLI_FIND_NONE && cli_host_state(x->w.host) == CLI_WAITING) {
        struct fn_str stage = cli_host_stage(x->w.host);
        if (cli_walker_is_dead_end(&x->w)) {
            report(x, t, (struct cli_finding){.kind = CLI_FIND_DEAD_END, .stage = stage, .offset = UINT32_MAX});
        }
        return; /* what the tries stirred up is not this trace's */
    }
    if (x->w.found.kind != CLI_FIND_NONE) {
        report(x, t, x->w.found);
    }
}

/* -- the systematic walk ----------------------------------------------------------------------------------------------------- */

static bool new_place(struct explore *x, uint64_t place)
{
    place += place == 0;
    for (uint64_t i = place;; i++) {
        uint64_t *slot = &x->places[i % PLACES];
        if (*slot == place || x->n_places == PLACES / 2) {
            return false;
        }
        if (*slot == 0) {
            *slot = place;
            x->n_places++;
            return true;
        }
    }
}

static void add_step(struct explore *x, const struct cli_move *m, int parent, unsigned depth)
{
    if (x->n_steps < WALK_MAX) {
        x->steps[x->n_steps++] = (struct step){*m, parent, depth};
    }
}

static void trace_of(const struct explore *x, int step, struct trace *t)
{
    t->n = x->steps[step].depth;
    for (int i = step; i >= 0; i = x->steps[i].parent) {
        t->moves[x->steps[i].depth - 1] = x->steps[i].move;
    }
}

static void grow(struct explore *x, int parent, unsigned depth)
{
    struct cli_move next[CLI_NEXT_MAX];
    unsigned n = cli_walker_next(&x->w, next);
    for (unsigned i = 0; i < n; i++) {
        add_step(x, &next[i], parent, depth + 1);
    }
}

static void walk(struct explore *x)
{
    x->w.arena = &x->keep;
    if (!cli_walker_replay(&x->w, NULL, 0)) {
        return;
    }
    grow(x, -1, 0);
    for (int i = 0; i < x->n_steps; i++) { /* breadth first: the shortest way to a place is the one kept */
        trace_of(x, i, x->trace);
        bool possible = cli_walker_replay(&x->w, x->trace->moves, x->trace->n);
        x->walked++;
        if (!possible) {
            continue;
        }
        bool fresh =
            x->w.found.kind == CLI_FIND_NONE && !cli_host_ended(x->w.host) && new_place(x, cli_walker_place(&x->w));
        if (fresh && x->steps[i].depth < x->max_turns) {
            grow(x, i, x->steps[i].depth);
        }
        if (fresh || x->w.found.kind != CLI_FIND_NONE) {
            judge(x, x->trace);
        }
    }
}

/* -- random people ----------------------------------------------------------------------------------------------------------- */

/* splitmix64 */
static uint64_t draw(struct explore *x)
{
    uint64_t z = x->random += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ z >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ z >> 27) * UINT64_C(0x94D049BB133111EB);
    return z ^ z >> 31;
}

static const struct cli_move *choose(struct explore *x, const struct cli_move *next, unsigned n,
                                     const unsigned *weights)
{
    unsigned long sum = 0;
    for (unsigned i = 0; i < n; i++) {
        sum += weights[next[i].trait];
    }
    unsigned long at = sum > 0 ? (unsigned long)(draw(x) % sum) : 0;
    for (unsigned i = 0; i < n; i++) {
        if (at < weights[next[i].trait]) {
            return &next[i];
        }
        at -= weights[next[i].trait];
    }
    return n > 0 ? &next[draw(x) % n] : NULL;
}

static void play(struct explore *x)
{
    /* answers right, wrong, falls silent, sends media, asks for people: the willing, the muddled, the vanishing, the voice-note sender, the
     * impatient */
    static const unsigned people[][CLI_TRAITS] = {
        {20, 1, 1, 1, 1}, {4, 12, 2, 2, 1}, {6, 1, 16, 1, 1}, {4, 2, 1, 20, 1}, {8, 4, 1, 1, 8}};
    const unsigned *weights = people[draw(x) % FN_COUNT(people)];
    struct cli_move next[CLI_NEXT_MAX];
    x->trace->n = 0;
    fn_arena_reset(&x->scratch);
    x->w.arena = &x->scratch;
    x->played++;
    if (!cli_walker_replay(&x->w, NULL, 0)) {
        return;
    }
    for (unsigned long turn = 0; turn < x->max_turns && x->trace->n < CLI_MOVES_MAX && x->w.found.kind == CLI_FIND_NONE;
         turn++) {
        const struct cli_move *m = choose(x, next, cli_walker_next(&x->w, next), weights);
        if (m == NULL || (turn > 0 && cli_host_ended(x->w.host))) {
            break;
        }
        x->trace->moves[x->trace->n] = *m;
        x->trace->n += cli_walker_move(&x->w, m);
    }
    judge(x, x->trace);
}

/* -- the command ------------------------------------------------------------------------------------------------------------- */

static unsigned long number(const struct cli *c, enum cli_option o, unsigned long otherwise, unsigned long most)
{
    unsigned long v = cli_has(c, o) ? strtoul(c->options[o], NULL, 10) : otherwise;
    return v < most ? v : most;
}

/* For those who read `check --report` next to it. */
static void print_most(const struct explore *x)
{
    const struct cli_observed *most = &x->w.most;
    printf("%s: %u %s, %u %s, %u %s, %zu %s\n", cli_say(x->c, "no máximo visto", "at most seen"), most->ai_turn,
           cli_say(x->c, "chamadas de IA por turno", "AI calls per turn"), most->ai_conversation,
           cli_say(x->c, "por conversa", "per conversation"), most->messages_turn,
           cli_say(x->c, "mensagens por turno", "messages per turn"), most->bytes,
           cli_say(x->c, "bytes guardados", "bytes kept"));
}

static enum cli_exit explore(struct explore *x)
{
    walk(x);
    for (unsigned long i = 0; i < x->runs; i++) {
        play(x);
    }
    cli_walker_stop(&x->w);
    printf("%lu %s, %lu %s, %u %s, %u %s\n", x->walked, cli_say(x->c, "passos do passeio", "steps of the walk"),
           x->played, cli_say(x->c, "conversas sorteadas", "random conversations"), x->n_places,
           cli_say(x->c, "lugares", "places"), x->n_findings, cli_say(x->c, "achados", "findings"));
    print_most(x);
    if (x->tests.n > 0) {
        printf("\n%s", x->tests.p);
    }
    return x->n_findings > 0 ? CLI_FINDINGS : CLI_GOOD;
}

static enum cli_exit with_memory(struct explore *x)
{
    x->places = calloc(PLACES, sizeof *x->places);
    x->steps = calloc(WALK_MAX, sizeof *x->steps);
    x->trace = calloc(1, sizeof *x->trace);
    x->attempt = calloc(1, sizeof *x->attempt);
    fn_arena_init(&x->keep, MEMORY_MAX);
    fn_arena_init(&x->scratch, MEMORY_MAX);
    fn_buf_init(&x->tests, 1 << 20);
    bool whole = x->places != NULL && x->steps != NULL && x->trace != NULL && x->attempt != NULL;
    enum cli_exit code = whole ? explore(x) : CLI_IO;
    fn_buf_fini(&x->tests);
    fn_arena_fini(&x->keep);
    fn_arena_fini(&x->scratch);
    free(x->places);
    free(x->steps);
    free(x->trace);
    free(x->attempt);
    return code;
}

static enum cli_exit explore_file(const struct cli *c, const struct cli_source *s)
{
    struct fn_buf bytes;
    const struct fbc_image *im = cli_image(c, s, &bytes);
    enum cli_exit code = CLI_FINDINGS;
    if (im != NULL) {
        struct explore x = {.c = c,
                            .s = s,
                            .runs = number(c, CLI_O_RUNS, RUNS, 10000000),
                            .seed = number(c, CLI_O_SEED, 1, UINT32_MAX),
                            .max_turns = number(c, CLI_O_MAX_TURNS, TURNS, CLI_MOVES_MAX - 1)};
        x.random = x.seed;
        x.w = (struct cli_walker){
            .program = s->program, .image = im, .seed = x.seed, .pt = s->program->trees[0].spelling == FN_PT};
        code = with_memory(&x);
    }
    fbc_image_free(im);
    fn_buf_fini(&bytes);
    return code;
}

enum cli_exit cli_explore(struct cli *c)
{
    struct cli_source s;
    if (c->n_args != 1) {
        fprintf(stderr, "funnelc: %s FILE\n", cli_say(c, "falta", "missing"));
        return CLI_USAGE;
    }
    enum cli_exit code = cli_open(c, &s, c->args[0]);
    if (code == CLI_GOOD && s.diags.errors > 0) {
        cli_tell(c, &s);
        code = CLI_FINDINGS;
    } else if (code == CLI_GOOD) {
        code = explore_file(c, &s);
    }
    cli_close(&s);
    return code;
}
