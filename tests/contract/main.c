/* main.c: contract STORE: runs every case against a fresh store and says `N passed, N failed`.
 * SPDX-License-Identifier: Apache-2.0 */
#include "contract.h"
#include "pg.h"
#include "store_sqlite.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool open_memory(struct contract *c)
{
    if (c->memory == NULL) {
        c->memory = frt_memory_new(frt_clock_fake(&c->clock));
    }
    c->store = frt_memory_store(c->memory);
    return c->memory != NULL;
}
static void wipe_memory(struct contract *c)
{
    c->store.ops->close(c->store.self);
    frt_memory_free(c->memory);
    c->memory = NULL;
}

static bool open_sqlite(struct contract *c)
{
    struct fn_err err = {0};
    struct fsv_sqlite_options o = {.dir = c->dir, .wal_mib = 1};
    if (fsv_store_sqlite_open(&o, &c->store, &err) != FN_OK) {
        printf("  sqlite: %s\n", err.text);
        return false;
    }
    return true;
}
static void wipe_sqlite(struct contract *c)
{
    static const char *const files[] = {"funnel.db", "funnel.db-wal", "funnel.db-shm", "lock"};
    char path[512];
    c->store.ops->close(c->store.self);
    for (size_t i = 0; i < FN_COUNT(files); i++) {
        snprintf(path, sizeof path, "%s/%s", c->dir, files[i]);
        (void)unlink(path);
    }
}

static const struct {
    const char *name;
    bool (*open)(struct contract *c);
    void (*wipe)(struct contract *c);
} stores[] = {{"memory", open_memory, wipe_memory},
              {"sqlite", open_sqlite, wipe_sqlite},
              {"postgresql", contract_pg_open, contract_pg_wipe},
              {"pooled", contract_pg_open_pooled, contract_pg_wipe},
              {"asked", contract_pg_open_asked, contract_pg_wipe}};

static void run(struct contract *c, const struct contract_case *cases, unsigned *passed, unsigned *failed)
{
    for (; cases->name != NULL; cases++) {
        c->failed = 0;
        c->clock.now = 1000000;
        fn_arena_init(&c->arena, (size_t)64 << 20);
        if (!c->open(c)) {
            ++*failed;
            return;
        }
        cases->run(c);
        c->wipe(c);
        fn_arena_fini(&c->arena);
        *passed += c->failed == 0;
        *failed += c->failed != 0;
        printf("%s %s\n", c->failed == 0 ? "ok  " : "FAIL", cases->name);
    }
}

int main(int argc, char **argv)
{
    unsigned passed = 0, failed = 0;
    char dir[] = "/tmp/funnel-contract-XXXXXX";
    struct contract c = {.dir = mkdtemp(dir)};
    for (size_t i = 0; c.dir != NULL && i < FN_COUNT(stores); i++) {
        if (argc == 2 && strcmp(argv[1], stores[i].name) == 0) {
            c.open = stores[i].open;
            c.wipe = stores[i].wipe;
        }
    }
    if (argc == 2 && strcmp(argv[1], "migrate") == 0) { /* only makes the tables, for tests/contract/rows */
        (void)rmdir(dir);
        bool good = contract_pg_open(&c);
        if (good) {
            c.store.ops->close(c.store.self);
        }
        return !good;
    }
    if (c.open == NULL) {
        fprintf(stderr, "usage: contract memory|sqlite|postgresql|pooled|asked|migrate\n");
        return 2;
    }
    run(&c, contract_turn_cases, &passed, &failed);
    run(&c, contract_effect_cases, &passed, &failed);
    run(&c, contract_list_cases, &passed, &failed);
    if (c.open == open_sqlite) {
        run(&c, contract_disk_cases, &passed, &failed);
        c.dir = getenv("CONTRACT_DISK");
        if (c.dir != NULL) {
            run(&c, contract_full_cases, &passed, &failed);
        }
    }
    if (c.open == contract_pg_open) {
        run(&c, contract_pg_cases, &passed, &failed);
    }
    (void)rmdir(dir);
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
