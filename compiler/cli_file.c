/* cli_file.c: files in and out, and a source from its path to its program.
 * SPDX-License-Identifier: Apache-2.0 */
#include "cli.h"
#include "fn_json.h"
#include "fsl_natives.h"

#include <errno.h>
#include <stdlib.h>

enum { DIAGS_MAX = 1000, CHUNK = 65536 };
#define MEMORY_MAX ((size_t)2 << 30)
#define PARSED_MAX ((size_t)1 << 30)
#define FILE_MAX   ((size_t)64 << 20)

static bool told(const struct cli *c, const char *path, const char *pt, const char *en)
{
    fprintf(stderr, "funnelc: %s: %s: %s\n", path, cli_say(c, pt, en), strerror(errno));
    return false;
}

bool cli_read_file(const struct cli *c, const char *path, struct fn_buf *out)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *f = standard ? stdin : fopen(path, "rb");
    fn_buf_init(out, FILE_MAX);
    if (f == NULL) {
        return told(c, path, "não abre", "cannot be opened");
    }
    for (;;) {
        char *room = fn_buf_reserve(out, CHUNK);
        if (room == NULL) {
            break;
        }
        size_t n = fread(room, 1, CHUNK, f);
        out->n -= CHUNK - n;
        if (n == 0) {
            break;
        }
    }
    bool good = ferror(f) == 0 && !out->failed;
    if (!standard) {
        (void)fclose(f);
    }
    return good || told(c, path, "não dá para ler", "cannot be read");
}

bool cli_write_file(const struct cli *c, const char *path, struct fn_str bytes)
{
    bool standard = strcmp(path, "-") == 0;
    FILE *f = standard ? stdout : fopen(path, "wb");
    if (f == NULL) {
        return told(c, path, "não abre para gravar", "cannot be opened for writing");
    }
    bool good = fwrite(bytes.p != NULL ? bytes.p : "", 1, bytes.n, f) == bytes.n;
    good = (standard ? fflush(f) : fclose(f)) == 0 && good;
    return good || told(c, path, "não dá para gravar", "cannot be written");
}

static void library(struct cli_source *s)
{
    size_t n = fsl_module_count();
    s->modules = fn_arena_array(&s->arena, n + 1, sizeof *s->modules);
    for (size_t i = 0; s->modules != NULL && i < n; i++) {
        struct fsl_module m = fsl_module_at(i);
        s->modules[s->n_modules++] = (struct fcc_module){m.name, m.text};
    }
}

/* {"templates":[{"name","language","text"}]}, or the list alone; "variables" (a number) may stand for the text. */
static bool catalogue(const struct cli *c, struct cli_source *s, struct fcc_options *o)
{
    const char *path = c->options[CLI_O_TEMPLATES];
    const struct fn_json *root = NULL;
    struct fn_err err = {FN_OK, ""};
    struct fn_buf text;
    if (path == NULL) {
        return true;
    }
    bool good = cli_read_file(c, path, &text);
    if (good && fn_json_parse(&s->arena, fn_arena_dup(&s->arena, fn_buf_view(&text)), 0, &root, &err) != FN_OK) {
        fprintf(stderr, "funnelc: %s: %s\n", path, err.text);
        good = false;
    }
    const struct fn_json *list = root != NULL && root->kind == FN_JSON_OBJECT ? fn_json_get(root, "templates") : root;
    if (good && (list == NULL || list->kind != FN_JSON_ARRAY)) {
        fprintf(stderr, "funnelc: %s: %s\n", path,
                cli_say(c, "não é um catálogo de templates", "is no catalogue of templates"));
        good = false;
    }
    struct fcc_template *all = good ? fn_arena_array(&s->arena, list->n + 1u, sizeof *all) : NULL;
    for (uint32_t i = 0; all != NULL && i < list->n; i++) {
        const struct fn_json *t = fn_json_at(list, i);
        int64_t n = fcc_template_variables(fn_json_str(fn_json_get(t, "text")));
        (void)fn_json_int(fn_json_get(t, "variables"), &n);
        all[i] = (struct fcc_template){fn_json_str(fn_json_get(t, "name")), fn_json_str(fn_json_get(t, "language")),
                                       n >= 0 && n < 100 ? (uint32_t)n : 0};
    }
    o->templates = all;
    o->n_templates = all != NULL ? list->n : 0;
    fn_buf_fini(&text);
    return good && all != NULL;
}

enum cli_exit cli_open(const struct cli *c, struct cli_source *s, const char *path)
{
    *s = (struct cli_source){.path = path};
    fn_arena_init(&s->arena, MEMORY_MAX);
    fn_diag_list_init(&s->diags, &s->arena, DIAGS_MAX);
    if (!cli_read_file(c, path, &s->text)) {
        return CLI_IO;
    }
    library(s);
    struct fcc_options options = {.modules = s->modules, .n_modules = s->n_modules};
    if (!catalogue(c, s, &options)) {
        return CLI_IO;
    }
    enum fn_code code = fcc_check(&s->arena, fn_str_c(path), fn_buf_view(&s->text), &options, &s->diags, &s->program);
    if (code != FN_OK) {
        fprintf(stderr, "funnelc: %s: %s\n", path, fn_code_name(code));
        return CLI_IO;
    }
    fn_diag_sort(&s->diags);
    return CLI_GOOD;
}

void cli_close(struct cli_source *s)
{
    fn_buf_fini(&s->text);
    fn_arena_fini(&s->arena);
}

static void parse_begin(struct cli_parsed *p)
{
    *p = (struct cli_parsed){.tree = {.file = NULL}};
    fn_arena_init(&p->arena, PARSED_MAX);
    fn_arena_init(&p->scratch, PARSED_MAX);
    fn_diag_list_init(&p->diags, &p->arena, FGR_ERRORS_MAX);
    fn_buf_init(&p->text, FILE_MAX);
}

bool cli_parse_file(const struct cli *c, struct cli_parsed *p, const char *path)
{
    parse_begin(p);
    return cli_read_file(c, path, &p->text) &&
           fgr_parse(&p->arena, fn_str_c(path), fn_buf_view(&p->text), &p->diags, &p->tree) == FN_OK;
}

bool cli_parse_text(struct cli_parsed *p, struct fn_str path, struct fn_str text)
{
    parse_begin(p);
    return fgr_parse(&p->arena, path, text, &p->diags, &p->tree) == FN_OK;
}

void cli_parse_end(struct cli_parsed *p)
{
    fn_buf_fini(&p->text);
    fn_arena_fini(&p->scratch);
    fn_arena_fini(&p->arena);
}

static const char *const names[] = {"text", "json", "jsonl", "sarif", "github", "junit", "checkstyle"};

const char *cli_format_name(size_t i)
{
    return i < FN_COUNT(names) ? names[i] : cli_graph_name(i - FN_COUNT(names));
}

static enum fgr_format format_of(const struct cli *c)
{
    const char *asked = c->options[CLI_O_FORMAT];
    for (size_t i = 0; asked != NULL && i < FN_COUNT(names); i++) {
        if (strcmp(names[i], asked) == 0) {
            return (enum fgr_format)i;
        }
    }
    return asked == NULL && getenv("GITHUB_ACTIONS") != NULL ? FGR_FORMAT_GITHUB : FGR_FORMAT_TEXT;
}

bool cli_format_known(const char *name)
{
    for (size_t i = 0; i < FN_COUNT(names); i++) {
        if (strcmp(names[i], name) == 0) {
            return true;
        }
    }
    return false;
}

/* The diagnostics of all sources as one list, each file counted behind those before it. */
static bool gather(struct cli_source *sources, size_t n, struct fn_diag_list *all, const struct fgr_source **files)
{
    size_t n_files = 0, n_diags = 0;
    for (size_t i = 0; i < n; i++) {
        n_diags += sources[i].diags.n;
    }
    all->items = calloc(n_diags + 1, sizeof(struct fn_diag *));
    for (size_t i = 0; all->items != NULL && i < n; i++) {
        const struct fn_diag_list *l = &sources[i].diags;
        for (size_t k = 0; k < l->n; k++) {
            l->items[k]->file = (uint16_t)(l->items[k]->file + n_files);
            all->items[all->n++] = l->items[k];
        }
        for (uint32_t k = 0; k < sources[i].program->n_trees; k++) {
            files[n_files++] = &sources[i].program->trees[k].source;
        }
        all->errors += l->errors;
        all->warnings += l->warnings;
        all->dropped += l->dropped;
    }
    return all->items != NULL;
}

void cli_tell_all(const struct cli *c, struct cli_source *sources, size_t n)
{
    struct fn_buf out;
    struct fn_diag_list all = {.n = 0};
    size_t n_files = 0;
    for (size_t i = 0; i < n; i++) {
        n_files += sources[i].program->n_trees;
    }
    const struct fgr_source **files = calloc(n_files + 1u, sizeof *files);
    fn_buf_init(&out, FILE_MAX);
    if (files != NULL && gather(sources, n, &all, files)) {
        fgr_diag_render(&out, &all, files, n_files, (struct fgr_render){c->lang, format_of(c), c->color});
        (void)fwrite(out.p != NULL ? out.p : "", 1, out.n, stdout);
    }
    free(all.items);
    free(files);
    fn_buf_fini(&out);
}

void cli_tell(const struct cli *c, struct cli_source *s)
{
    cli_tell_all(c, s, 1);
}

const struct fbc_image *cli_image(const struct cli *c, const struct cli_source *s, struct fn_buf *bytes)
{
    const struct fbc_image *im = NULL;
    struct fbc_fault fault = {.rule = ""};
    struct fn_err err = {FN_OK, ""};
    fn_buf_init(bytes, FILE_MAX);
    enum fn_code code = fcc_emit(s->program, bytes, &err);
    if (code == FN_OK) {
        code = fbc_verify(fn_buf_view(bytes), FBC_ALLOW_ALL, &im, &fault);
    }
    if (code != FN_OK) {
        fprintf(stderr, "funnelc: %s: %s: %s%s\n", s->path,
                cli_say(c, "não cabe em uma imagem", "does not fit an image"), err.text, fault.text);
    }
    return im;
}
