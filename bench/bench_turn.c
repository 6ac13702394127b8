/* bench_turn.c: turns of an eight-question funnel, one core, in memory: no store, no network.
 *
 * A turn is what a node does with one message: fvm_load of the row's bytes (checksum, validation), fvm_turn,
 * fvm_wake with the text, run (the library reads the answer, the next question comes back as an effect whose text
 * is looked at), stop at the next wait, fvm_save. Twice: `machine` is an image built here, word by word, with eight
 * questions of the plainest shape (ask, wait with a deadline, read, ask again, keep); `compiled` is turn.funnel as
 * the compiler writes it, with eight types of answers, phrases, and all that a question brings.
 *
 * bench_turn: turns/s, bytes per snapshot. bench_turn machine|compiled TURNS: runs just that many, for counting
 * instructions.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fbc_build.h"
#include "fbc_format.h"
#include "fcc_compile.h"
#include "fn_buf.h"
#include "fsl_natives.h"
#include "fvm_run.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { QUESTIONS = 8, REGS = 9 };
enum { R_TEXT, R_WAKE, R_DEADLINE, R_RESULT, R_ARG1, R_ARG2, R_HAS, R_VALUE, R_DAY };
#define NOW INT64_C(1767225600000)

static const char *const names[QUESTIONS] = {"nome",    "email", "cidade", "bairro",
                                             "produto", "cor",   "prazo",  "observacao"};
static const char *const asked[QUESTIONS] = {"Olá! Qual é o seu nome?",    "Qual é o seu melhor e-mail?",
                                             "Em que cidade você mora?",   "E o bairro?",
                                             "Qual produto você procura?", "De que cor?",
                                             "Para quando precisa?",       "Mais alguma coisa que devemos saber?"};
static const char *const plain_answers[QUESTIONS] = {"Maria da Conceição", "maria.conceicao@example.com",
                                                     "Belo Horizonte",     "Savassi",
                                                     "Tênis de corrida",   "azul-marinho",
                                                     "até sexta-feira",    "prefiro entrega de manhã"};

static const char *const typed_answers[QUESTIONS] = {"Maria da Conceição",
                                                     "maria.conceicao@example.com",
                                                     "Belo Horizonte",
                                                     "tênis de corrida",
                                                     "2",
                                                     "R$ 1.234,56",
                                                     "sim",
                                                     "prefiro entrega de manhã"};

struct program {
    struct fbc_build *b;
    uint16_t text, integer, some_text, boolean, datetime;
    uint32_t words[QUESTIONS * 20 + 4];
    uint32_t n;
};

static void emit(struct program *p, uint32_t w)
{
    p->words[p->n++] = w;
}

static void add_question(struct program *p, unsigned i)
{
    char name[64];
    snprintf(name, sizeof name, "cadastro/%s", names[i]);
    uint16_t global = fbc_build_global(p->b, fn_str_c(names[i]), p->text, 0);
    struct fbc_wait wait = {.name = fn_str_c(name), .flags = FBC_WAIT_MESSAGE | FBC_WAIT_TIMER, .event = FBC_NO_INDEX};
    uint16_t reader = i == 1 ? FBC_NATIVE_read_email : FBC_NATIVE_read_text;
    uint32_t start = p->n;
    emit(p, fbc_word16(FBC_OP_LOADK, R_TEXT, fbc_build_const_text(p->b, p->text, fn_str_c(asked[i]))));
    emit(p, fbc_word16(FBC_OP_EFFECT, R_TEXT, fbc_build_host(p->b, FBC_HOST_say)));
    emit(p, fbc_word(FBC_OP_NOW, R_DEADLINE, 0, 0));
    emit(p, fbc_word16(FBC_OP_LOADK, R_DAY, fbc_build_const_int(p->b, p->datetime, 86400000)));
    emit(p, fbc_word(FBC_OP_ADDI, R_DEADLINE, R_DEADLINE, R_DAY));
    emit(p, fbc_word(FBC_OP_AWAIT, R_WAKE, R_DEADLINE, 0));
    emit(p, fbc_word24(FBC_OP_EXT, fbc_build_wait(p->b, &wait)));
    emit(p, fbc_word(FBC_OP_INPUT, R_ARG1, FBC_IN_TEXT, 0));
    emit(p, fbc_word16(FBC_OP_LOADI, R_ARG2, 200));
    emit(p, fbc_word16(FBC_OP_NATIVE, R_RESULT, fbc_build_native(p->b, (enum fbc_native)reader)));
    emit(p, fbc_word(FBC_OP_HAS, R_HAS, R_RESULT, 0));
    emit(p, fbc_word16(FBC_OP_JT, R_HAS, 1));
    emit(p, fbc_word24(FBC_OP_LOOP, p->n + 1 - start));
    emit(p, fbc_word(FBC_OP_OPEN, R_VALUE, R_RESULT, 0));
    emit(p, fbc_word16(FBC_OP_SETG, R_VALUE, global));
}

static void add_stage(struct program *p)
{
    const uint16_t regs[REGS] = {p->text,    p->integer, p->datetime, p->some_text, p->text,
                                 p->integer, p->boolean, p->text,     p->datetime};
    uint16_t func = fbc_build_func(p->b, FN_STR("stage:cadastro"), 0, NULL, FBC_NO_TYPE, 1);
    fbc_build_stage_func(p->b, fbc_build_stage(p->b, FN_STR("cadastro")), func);
    for (unsigned i = 0; i < QUESTIONS; i++) {
        add_question(p, i);
    }
    emit(p, fbc_word(FBC_OP_END, 0, 0, 0));
    fbc_build_body(p->b, func, regs, REGS, p->words, p->n, NULL, 0);
}

static const struct fbc_image *build_image(void)
{
    static const struct fbc_build_info info = {.name = {"turno", 5},
                                               .title = {"Turno", 5},
                                               .timezone = {"America/Sao_Paulo", 17},
                                               .locale = {"pt-BR", 5},
                                               .currency = {"BRL", 3},
                                               .language = {"pt", 2}};
    struct program p = {.b = fbc_build_new()};
    const uint32_t retv = fbc_word(FBC_OP_RETV, 0, 0, 0);
    struct fn_buf out;
    struct fbc_fault fault = {"", 0, ""};
    const struct fbc_image *image = NULL;
    fn_buf_init(&out, FBC_LIMIT_IMAGE);
    fbc_build_info(p.b, &info);
    p.text = fbc_build_type(p.b, FBC_T_TEXT, 0);
    p.integer = fbc_build_type(p.b, FBC_T_INT, 0);
    p.boolean = fbc_build_type(p.b, FBC_T_BOOL, 0);
    p.datetime = fbc_build_type(p.b, FBC_T_DATETIME, 0);
    p.some_text = fbc_build_type_of(p.b, FBC_T_OPTION, p.text, 0);
    fbc_build_body(p.b, fbc_build_func(p.b, FN_STR("init"), 0, NULL, FBC_NO_TYPE, 0), NULL, 0, &retv, 1, NULL, 0);
    add_stage(&p);
    if (fbc_build_finish(p.b, &out, NULL) != FN_OK ||
        fbc_verify(fn_buf_view(&out), FBC_ALLOW_ALL, &image, &fault) != FN_OK) {
        fprintf(stderr, "bench_turn: %s: %s\n", fault.rule, fault.text);
        exit(1);
    }
    fbc_build_free(p.b);
    fn_buf_fini(&out);
    return image;
}

static void die(const char *what)
{
    fprintf(stderr, "bench_turn: %s\n", what);
    exit(1);
}

/* Runs to the wait; every effect's text is read. Returns the bytes seen, so that nothing is optimised away. */
static size_t run_to_wait(struct fvm_run *run)
{
    size_t seen = 0;
    for (;;) {
        enum fvm_stop stop = fvm_resume(run);
        if (stop == FVM_EFFECT) {
            seen += fvm_text(run, fvm_request(run).args[0].ref).n; /* every effect here begins with a text */
        } else if (stop == FVM_WAIT) {
            return seen;
        } else if (stop != FVM_STAGE && stop != FVM_COUNT) {
            die("the funnel did not wait");
        }
    }
}

struct bench {
    const char *name;
    const char *const *answers;
    const struct fbc_image *image;
    struct fvm_run *run;
    struct fn_buf states[QUESTIONS]; /* the snapshot that waits for answer i */
    struct fn_buf scratch;
};

static size_t take_turn(struct bench *b, unsigned question, struct fn_buf *to)
{
    struct fvm_run *run = b->run;
    struct fvm_input input = {.kind = FBC_WAKE_MESSAGE, .text = fn_str_c(b->answers[question])};
    if (fvm_load(run, b->image, fn_buf_view(&b->states[question]), NULL) != FN_OK) {
        die("a snapshot is refused");
    }
    fvm_turn(run, NOW + (int64_t)question * 60000);
    if (fvm_wake(run, &input) != FVM_WOKEN) {
        die("the message is not wanted");
    }
    size_t seen = run_to_wait(run);
    fn_buf_clear(to);
    if (fvm_save(run, to) != FN_OK) {
        die("no snapshot");
    }
    return seen;
}

static const struct fbc_image *compile_image(void)
{
    char source[4096];
    struct fn_arena arena;
    struct fn_diag_list diags;
    struct fcc_program *program = NULL;
    struct fn_buf out;
    struct fbc_fault fault;
    const struct fbc_image *image = NULL;
    FILE *f = fopen(BENCH_ROOT "/bench/turn.funnel", "r");
    size_t n = f != NULL ? fread(source, 1, sizeof source, f) : 0;
    if (f == NULL || n == 0 || fclose(f) != 0) {
        die("cannot read turn.funnel");
    }
    fn_arena_init(&arena, 64u << 20);
    fn_diag_list_init(&diags, &arena, 100);
    fn_buf_init(&out, FBC_LIMIT_IMAGE);
    struct fcc_options options = {.modules = NULL};
    enum fn_code code =
        fcc_compile(&arena, FN_STR("turn.funnel"), (struct fn_str){source, n}, &options, &diags, &program, &out, NULL);
    if (code != FN_OK || fbc_verify(fn_buf_view(&out), FBC_ALLOW_ALL, &image, &fault) != FN_OK) {
        die("turn.funnel does not compile");
    }
    fn_buf_fini(&out);
    fn_arena_fini(&arena);
    return image;
}

static void prepare(struct bench *b, const struct fbc_image *image)
{
    b->image = image;
    b->run = fvm_run_new(&fvm_limits_default, fsl_natives);
    if (b->run == NULL || fvm_start(b->run, b->image, 0, NOW, 7) != FN_OK) {
        die("the funnel does not start");
    }
    fn_buf_init(&b->scratch, 65536);
    for (unsigned i = 0; i < QUESTIONS; i++) {
        fn_buf_init(&b->states[i], 65536);
    }
    run_to_wait(b->run);
    if (fvm_save(b->run, &b->states[0]) != FN_OK) {
        die("no snapshot");
    }
    for (unsigned i = 0; i + 1 < QUESTIONS; i++) {
        take_turn(b, i, &b->states[i + 1]);
    }
}

static void finish(struct bench *b)
{
    for (unsigned i = 0; i < QUESTIONS; i++) {
        fn_buf_fini(&b->states[i]);
    }
    fn_buf_fini(&b->scratch);
    fvm_run_free(b->run);
    fbc_image_free(b->image);
}

static size_t run_turns(struct bench *b, unsigned long turns)
{
    size_t seen = 0;
    for (unsigned long i = 0; i < turns; i++) {
        seen += take_turn(b, (unsigned)(i % (QUESTIONS - 1)), &b->scratch);
    }
    return seen;
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void report(struct bench *b)
{
    enum { TURNS = 500000, ROUNDS = 5 };
    double best = 0;
    size_t seen = run_turns(b, TURNS / 10);
    for (int i = 0; i < ROUNDS; i++) {
        double from = seconds();
        seen += run_turns(b, TURNS);
        double rate = TURNS / (seconds() - from);
        best = rate > best ? rate : best;
    }
    printf("%s: turns/s on one core, best of %d times %d  %.0f (%.0f ns a turn)\n", b->name, ROUNDS, TURNS, best,
           1e9 / best);
    printf("%s: bytes per snapshot  %zu at the first question, %zu with seven answers kept\n", b->name, b->states[0].n,
           b->states[QUESTIONS - 1].n);
    printf("%s: bytes of questions asked  %zu\n", b->name, seen);
}

int main(int argc, char **argv)
{
    struct bench machine = {.name = "machine", .answers = plain_answers};
    struct bench compiled = {.name = "compiled", .answers = typed_answers};
    prepare(&machine, build_image());
    prepare(&compiled, compile_image());
    if (argc == 3) {
        run_turns(strcmp(argv[1], "compiled") == 0 ? &compiled : &machine, strtoul(argv[2], NULL, 10));
    } else {
        report(&machine);
        report(&compiled);
    }
    finish(&machine);
    finish(&compiled);
    return 0;
}
