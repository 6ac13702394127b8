/* embed.c: the build tool behind fn_embed(): embed SYMBOL OUT.c OUT.h ROOT FILE...
 * Writes each file as a byte array and one table sorted by name. Runs on the machine that builds, on our own files.
 * A line `-- include NAME` of a file stands for that file of ROOT: SQL has no other way to say a thing once for two statements.
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(const char *what, const char *path)
{
    fprintf(stderr, "embed: cannot %s %s\n", what, path);
    return 1;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static FILE *open_file(const char *root, const char *name, int name_length)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/%.*s", root, name_length, name) >= (int)sizeof path) {
        (void)fail("name", name);
        return NULL;
    }
    FILE *in = fopen(path, "rb");
    if (in == NULL) {
        (void)fail("open", path);
    }
    return in;
}

static void write_text(FILE *out, const char *text, size_t n, unsigned long *size)
{
    for (size_t i = 0; i < n; i++, ++*size) {
        fprintf(out, "%s%d,", *size % 32 == 0 ? "\n" : "", (unsigned char)text[i]);
    }
}

/* Writes the bytes of one file and of what it includes; *size grows by their number. What is included includes nothing. */
static int write_file(FILE *out, const char *root, FILE *in, int may_include, unsigned long *size)
{
    static const char include[] = "-- include ";
    char *line = NULL;
    size_t room = 0;
    int bad = 0;
    for (ssize_t n = getline(&line, &room, in); n > 0 && !bad; n = getline(&line, &room, in)) {
        if (!may_include || strncmp(line, include, sizeof include - 1) != 0) {
            write_text(out, line, (size_t)n, size);
            continue;
        }
        const char *name = line + sizeof include - 1;
        FILE *part = open_file(root, name, (int)strcspn(name, "\n"));
        bad = part == NULL || write_file(out, root, part, 0, size);
        if (part != NULL) {
            fclose(part);
        }
    }
    free(line);
    return bad || ferror(in);
}

static int write_bytes(FILE *out, const char *root, const char *name, long index, unsigned long *size)
{
    FILE *in = open_file(root, name, (int)strlen(name));
    if (in == NULL) {
        return 1;
    }
    fprintf(out, "static _Alignas(16) const unsigned char file_%ld[] = {", index);
    *size = 0;
    int bad = write_file(out, root, in, 1, size);
    fputs("0};\n", out);
    fclose(in);
    return bad ? fail("read", name) : 0;
}

static int write_source(FILE *out, const char *symbol, const char *root, char **names, long n)
{
    unsigned long *sizes = calloc((size_t)n + 1, sizeof *sizes);
    if (sizes == NULL) {
        return fail("allocate for", symbol);
    }
    int bad = 0;
    fprintf(out, "#include \"%s.h\"\n", symbol);
    for (long i = 0; i < n && !bad; i++) {
        bad = write_bytes(out, root, names[i], i, &sizes[i]);
    }
    fprintf(out, "const struct fn_embedded %s[] = {\n", symbol);
    for (long i = 0; i < n; i++) {
        fprintf(out, "    {{\"%s\", %zu}, {(const char *)file_%ld, %lu}},\n", names[i], strlen(names[i]), i, sizes[i]);
    }
    fprintf(out, "    {{0, 0}, {0, 0}},\n};\nconst size_t %s_count = %ld;\n", symbol, n);
    free(sizes);
    return bad;
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fputs("usage: embed SYMBOL OUT.c OUT.h ROOT FILE...\n", stderr);
        return 2;
    }
    qsort(argv + 5, (size_t)(argc - 5), sizeof argv[0], by_name);
    FILE *header = fopen(argv[3], "w");
    FILE *out = header != NULL ? fopen(argv[2], "w") : NULL;
    if (out == NULL) {
        return fail("write", argv[2]);
    }
    fprintf(header, "#include \"fn_embed.h\"\nextern const struct fn_embedded %s[];\nextern const size_t %s_count;\n",
            argv[1], argv[1]);
    int bad = write_source(out, argv[1], argv[4], argv + 5, argc - 5);
    bad |= fclose(out) != 0;
    return fclose(header) != 0 || bad;
}
