/* replay.c: stands in for libFuzzer where a fuzz target runs as an ordinary test: calls it with every file of the
 * folders given, each also cut short at a few places. An empty corpus is a failure: nothing would be tested.
 * SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_INPUT = 1 << 20, CUTS = 16 };

static size_t read_file(const char *path, uint8_t *into)
{
    FILE *f = fopen(path, "rb");
    size_t n = f != NULL ? fread(into, 1, MAX_INPUT, f) : 0;
    if (f == NULL || ferror(f) != 0) {
        fprintf(stderr, "replay: cannot read %s\n", path);
        exit(2);
    }
    fclose(f);
    return n;
}

/* A copy of exactly n bytes, so that the sanitizer sees a read past the end. */
static void call(const uint8_t *data, size_t n)
{
    uint8_t *copy = malloc(n + 1);
    if (copy == NULL) {
        exit(2);
    }
    memcpy(copy + 1, data, n);
    LLVMFuzzerTestOneInput(copy + 1, n);
    free(copy);
}

static void replay_file(const char *path, uint8_t *room)
{
    size_t n = read_file(path, room);
    call(room, n);
    for (size_t i = 0; i < CUTS; i++) {
        call(room, n * i / CUTS);
    }
}

static int replay_folder(const char *folder, uint8_t *room)
{
    int files = 0;
    DIR *dir = opendir(folder);
    if (dir == NULL) {
        fprintf(stderr, "replay: cannot open %s\n", folder);
        return 0;
    }
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        char path[4096];
        if (entry->d_name[0] != '.' && snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) < (int)sizeof path) {
            replay_file(path, room);
            files++;
        }
    }
    closedir(dir);
    return files;
}

int main(int argc, char **argv)
{
    int files = 0;
    uint8_t *room = malloc(MAX_INPUT);
    for (int i = 1; room != NULL && i < argc; i++) {
        files += replay_folder(argv[i], room);
    }
    free(room);
    printf("%d inputs replayed\n%d passed, %d failed\n", files, files, files == 0);
    return files == 0;
}
