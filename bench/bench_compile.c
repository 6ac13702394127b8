/* bench_compile.c: how fast a source is checked (lexer, parser, names, types, flow): lines/s, MB/s, memory per line for 50,000, 100,000 and
 * 200,000 lines, and the diagnostics of a 5,000-line file with a mistake in every hundredth line, found and written out.
 *
 * bench_compile: the figures. bench_compile funnel|lua LINES: writes a program of that many lines to the output, of the same shape in both
 * languages (a stage or a function of twenty lines: texts, a condition, a calculation, branches), for bench/compile to time funnelc and luac.
 * bench_compile peak COMMAND...: the most memory the command had, in bytes. What a larger program starts is said to have had at least as much as
 * that program itself, so bench/compile cannot ask for itself.
 * SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE /* ru_maxrss */
#include "fcc_sema.h"
#include "fgr_diag.h"
#include "fsl_natives.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { UNIT_LINES = 20, HEAD_LINES = 12, ROUNDS = 5, DIAGS_MAX = 1000, MODULES_MAX = 64 };
#define MEMORY_MAX ((size_t)4 << 30)
#define TEXT_MAX   ((size_t)64 << 20)

static const char funnel_head[] =
    "funnel grande \"Grande\"\n\nstart on message -> etapa_0\n\nalways {\n  on error -> etapa_0\n}\n\n"
    "contact {\n  nome: text(60)?\n}\n\n";
static const char lua_head[] = "local ask, say, go, contact = ask, say, go, {}\n\n\n\n\n\n\n\n\n\n\n\n";

/* Twenty lines; `next` closes the circle. */
static void put_stage(struct fn_buf *out, unsigned i, unsigned next, bool wrong)
{
    fn_buf_printf(out, "stage etapa_%u {\n  # a etapa número %u\n  say \"Oi, {contact.nome or \"cliente\"}!\"\n", i, i);
    fn_buf_printf(
        out,
        "  ask idade_%u: int \"Quantos anos você tem?\" {\n    check idade_%u > 0 else \"Mais que zero, por favor\"\n",
        i, i);
    fn_buf_printf(out, "    silence 2h { end }\n  }\n  let dobro_%u = idade_%u * 2 + 1\n", i, i);
    fn_buf_printf(
        out,
        "  if dobro_%u > 36 and idade_%u < 100 {\n    say \"Dobro de {idade_%u} mais um: {dobro_%u}\"\n  } else {\n", i,
        i, i, i);
    fn_buf_printf(out, "    say \"%s\"\n  }\n", wrong ? "{nada_disso}" : "Ainda falta um pouco");
    fn_buf_printf(
        out,
        "  choose \"Como posso ajudar?\" {\n    seguir  \"Seguir\"  -> etapa_%u\n    repetir \"Repetir\" -> etapa_%u\n",
        next, i);
    fn_buf_printf(out, "    silence 2h { end }\n  }\n}\n\n");
}

static void put_function(struct fn_buf *out, unsigned i, unsigned next)
{
    fn_buf_printf(
        out, "function etapa_%u()\n  -- a etapa numero %u\n  say(\"Oi, \" .. (contact.nome or \"cliente\") .. \"!\")\n",
        i, i);
    fn_buf_printf(
        out, "  local idade_%u = ask(\"Quantos anos voce tem?\", {\n    check = function(v) return v > 0 end,\n", i);
    fn_buf_printf(out, "    silence = 7200,\n  })\n  local dobro_%u = idade_%u * 2 + 1\n", i, i);
    fn_buf_printf(out,
                  "  if dobro_%u > 36 and idade_%u < 100 then\n    say(\"Dobro de \" .. idade_%u .. \" mais um: \" .. "
                  "dobro_%u)\n  else\n",
                  i, i, i, i);
    fn_buf_printf(out, "    say(\"Ainda falta um pouco\")\n  end\n");
    fn_buf_printf(out,
                  "  go(\"Como posso ajudar?\", {\n    seguir = {\"Seguir\", \"etapa_%u\"},\n    repetir = "
                  "{\"Repetir\", \"etapa_%u\"},\n",
                  next, i);
    fn_buf_printf(out, "    silence = 7200,\n  })\nend\n\n");
}

static void make(struct fn_buf *out, bool lua, unsigned lines, unsigned wrong_every)
{
    unsigned n = (lines - HEAD_LINES) / UNIT_LINES;
    fn_buf_init(out, TEXT_MAX);
    fn_buf_z(out, lua ? lua_head : funnel_head);
    for (unsigned i = 0; i < n; i++) {
        unsigned next = i + 1 < n ? i + 1 : 0;
        if (lua) {
            put_function(out, i, next);
        } else {
            put_stage(out, i, next, wrong_every != 0 && i % wrong_every == 0);
        }
    }
}

static unsigned count_lines(const struct fn_buf *b)
{
    unsigned n = 0;
    for (size_t i = 0; i < b->n; i++) {
        n += b->p[i] == '\n';
    }
    return n;
}

static double now_s(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

struct result {
    double seconds;
    size_t memory, errors;
};

/* One check, and the text of what it found. */
static struct result check(const struct fn_buf *text)
{
    struct fcc_module modules[MODULES_MAX];
    size_t n = fsl_module_count() < MODULES_MAX ? fsl_module_count() : MODULES_MAX;
    for (size_t i = 0; i < n; i++) {
        modules[i] = (struct fcc_module){fsl_module_at(i).name, fsl_module_at(i).text};
    }
    const struct fcc_options options = {.modules = modules, .n_modules = n};
    struct fn_arena arena;
    struct fn_diag_list diags;
    struct fcc_program *program = NULL;
    struct fn_buf told;
    fn_buf_init(&told, TEXT_MAX);
    double start = now_s();
    fn_arena_init(&arena, MEMORY_MAX);
    fn_diag_list_init(&diags, &arena, DIAGS_MAX);
    if (fcc_check(&arena, FN_STR("grande.funnel"), fn_buf_view(text), &options, &diags, &program) != FN_OK) {
        abort();
    }
    const struct fgr_source *source = &program->trees[0].source;
    fgr_diag_render(&told, &diags, &source, 1, (struct fgr_render){FN_PT, FGR_FORMAT_TEXT, false});
    struct result r = {now_s() - start, arena.used, diags.errors};
    fn_arena_fini(&arena);
    fn_buf_fini(&told);
    return r;
}

static struct result best(const struct fn_buf *text)
{
    struct result r = check(text);
    for (unsigned i = 1; i < ROUNDS; i++) {
        struct result again = check(text);
        r = again.seconds < r.seconds ? again : r;
    }
    return r;
}

static void measure(unsigned lines)
{
    struct fn_buf text;
    make(&text, false, lines, 0);
    unsigned n = count_lines(&text);
    struct result r = best(&text);
    printf("check %7u lines  %8.1f ms  %10.0f lines/s  %6.1f MB/s  %5.0f bytes of memory a line  %zu errors\n", n,
           r.seconds * 1e3, (double)n / r.seconds, (double)text.n / r.seconds / 1e6, (double)r.memory / n, r.errors);
    fn_buf_fini(&text);
}

static int peak(char **command)
{
    int status = -1;
    struct rusage used;
    pid_t child = fork();
    if (child == 0) {
        (void)execvp(command[0], command);
        _exit(127);
    }
    bool good =
        child > 0 && waitpid(child, &status, 0) == child && status == 0 && getrusage(RUSAGE_CHILDREN, &used) == 0;
    fprintf(good ? stdout : stderr, "%lld\n", good ? (long long)used.ru_maxrss * 1024 : -1);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    struct fn_buf text;
    if (argc > 2 && strcmp(argv[1], "peak") == 0) {
        return peak(argv + 2);
    }
    if (argc == 3) {
        make(&text, strcmp(argv[1], "lua") == 0, (unsigned)strtoul(argv[2], NULL, 10), 0);
        bool good = fwrite(text.p, 1, text.n, stdout) == text.n;
        fn_buf_fini(&text);
        return good ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    measure(50000);
    measure(100000);
    measure(200000);
    make(&text, false, 5000, 5);
    struct result r = best(&text);
    printf("diagnostics of %u lines: %.2f ms, %zu errors found and written out (at most 16 ms)\n", count_lines(&text),
           r.seconds * 1e3, r.errors);
    fn_buf_fini(&text);
    return EXIT_SUCCESS;
}
