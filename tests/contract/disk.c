/* disk.c: SQLite when there is no room: what is refused is certainly not stored and told so, what is there can be read, and when there is room
 * again the same operation goes through. Once on a file system that is really full (CONTRACT_DISK, tests/contract/with_disk), where the operating
 * system lets us make one, and once with a limit on the size of files, which any process may set itself.
 * SPDX-License-Identifier: Apache-2.0 */
#include "contract.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BEFORE = 20, ROUNDS = 400, REFUSED = 10, BODY = 8192, BLOCK = 4096 };

static char body[BODY];

static void path_of(const struct contract *c, const char *name, char path[512])
{
    snprintf(path, 512, "%s/%s", c->dir, name);
}

/* -- taking the room away ------------------------------------------------------------------------------------------------------------ */
static void fill_disk(struct contract *c)
{
    char path[512];
    path_of(c, "ballast", path);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    CHECK(c, fd >= 0);
    while (fd >= 0 && write(fd, body, BLOCK) == BLOCK) {
    }
    (void)close(fd);
}

static void empty_disk(struct contract *c)
{
    char path[512];
    path_of(c, "ballast", path);
    CHECK(c, unlink(path) == 0);
}

static struct rlimit usual;

static void limit_files(struct contract *c)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct stat wal = {0};
    char path[512];
    path_of(c, "funnel.db-wal", path);
    CHECK(c, stat(path, &wal) == 0 && getrlimit(RLIMIT_FSIZE, &usual) == 0 && sigaction(SIGXFSZ, &ignore, NULL) == 0);
    struct rlimit small = {.rlim_cur = (rlim_t)wal.st_size, .rlim_max = usual.rlim_max};
    CHECK(c, setrlimit(RLIMIT_FSIZE, &small) == 0);
}

static void free_files(struct contract *c)
{
    CHECK(c, setrlimit(RLIMIT_FSIZE, &usual) == 0);
}

/* -- the case ------------------------------------------------------------------------------------------------------------------------ */
/* A message with a body that takes room; the same i is the same message. */
static enum fn_code bring(struct contract *c, int i)
{
    char dedupe[24];
    snprintf(dedupe, sizeof dedupe, "m%d", i);
    struct frt_ingest in = {.tenant = 1,
                            .channel = 7,
                            .aliases = {FN_STR("phone:1")},
                            .n_aliases = 1,
                            .new_id = 500 + i,
                            .dedupe = fn_str_c(dedupe)};
    in.row = (struct frt_row){
        .id = 100000 + i, .kind = FRT_IN_MESSAGE, .due_at = 5, .received_at = 5, .payload = {body, BODY}};
    struct frt_op_ingest op = {.items = &in, .n = 1};
    DO(c, INGEST, &op);
    return op.op.code;
}

static void no_room(struct contract *c, void (*take)(struct contract *), void (*give)(struct contract *))
{
    int i = 0;
    memset(body, 'x', sizeof body);
    for (; i < BEFORE; i++) {
        CHECK(c, bring(c, i) == FN_OK);
    }
    int64_t conv = contract_message(c, "phone:1", NULL, 5).conv;
    take(c);
    enum fn_code code = FN_OK;
    for (; i < ROUNDS && (code = bring(c, i)) == FN_OK; i++) {
    }
    CHECK(c, code == FN_UNAVAILABLE || code == FN_TIMEOUT);
    for (int k = 0; k < REFUSED; k++) {
        code = bring(c, i);
        CHECK(c, code == FN_UNAVAILABLE || code == FN_TIMEOUT);
    }
    CHECK(c, contract_load(c, conv).n_rows == (size_t)i + 1); /* reading goes on, and nothing refused is there */
    give(c);
    CHECK(c, bring(c, i) == FN_OK); /* the same again, unchanged */
    CHECK(c, bring(c, i + 1) == FN_OK);
    contract_reopen(c);
    CHECK(c, contract_load(c, conv).n_rows == (size_t)i + 3);
}

static void file_limit(struct contract *c)
{
    no_room(c, limit_files, free_files);
}

static void full_disk(struct contract *c)
{
    no_room(c, fill_disk, empty_disk);
}

const struct contract_case contract_disk_cases[] = {{"a limit on files", file_limit}, {NULL, NULL}};
const struct contract_case contract_full_cases[] = {{"a full disk", full_disk}, {NULL, NULL}};
