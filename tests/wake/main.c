/* main.c: wake URL: two nodes on one Redis, told step by step what to do on standard input by tests/wake/run.
 *
 * tell: node a tells; prints how often each node was woken within a second. up: waits until both are connected. off: waits until none is.
 * SPDX-License-Identifier: Apache-2.0 */
#include "wake.h"

#include <stdio.h>

struct node {
    struct fsv_wake *wake;
    unsigned woken;
};
static struct node nodes[2];
static struct fsv_loop *loop;

static void woken(void *ctx)
{
    struct node *n = ctx;
    n->woken++;
}

static void stop(void *self)
{
    (void)self;

    fsv_loop_stop(loop);
}

static void run_for(int64_t ms)
{
    struct fsv_timer end = {.on = stop};

    fsv_loop_after(loop, &end, ms);
    if (fsv_loop_run(loop) != FN_OK) {
        FN_BUG("the loop does not run");
    }
}

static bool wait_for(bool up)
{
    for (int i = 0; i < 100; i++) {
        if (fsv_wake_connected(nodes[0].wake) == up && fsv_wake_connected(nodes[1].wake) == up) {
            return true;
        }
        run_for(100);
    }
    return false;
}

static void tell(unsigned times)
{
    nodes[0].woken = nodes[1].woken = 0;
    for (unsigned i = 0; i < times; i++) {
        fsv_wake_tell(nodes[0].wake);
    }
    run_for(1000);
    printf("%u %u\n", nodes[0].woken, nodes[1].woken);
}

int main(int argc, char **argv)
{
    static const char *const names[2] = {"a", "b"};
    char line[32];
    if (argc != 2 || fsv_loop_new(&loop) != FN_OK) {
        return 2;
    }
    for (int i = 0; i < 2; i++) {
        struct fsv_wake_options o = {fn_str_c(argv[1]), fn_str_c(names[i]), woken, NULL, &nodes[i]};
        if (fsv_wake_redis(loop, &o, &nodes[i].wake) != FN_OK) {
            printf("refused\n");
            return 1;
        }
    }
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (strcmp(line, "tell\n") == 0) {
            tell(1);
        } else if (strcmp(line, "many\n") == 0) {
            tell(1000);
        } else {
            printf("%s\n", wait_for(strcmp(line, "up\n") == 0) ? "yes" : "no");
        }
        fflush(stdout);
    }
    for (int i = 0; i < 2; i++) {
        fsv_wake_free(nodes[i].wake);
    }
    fsv_loop_free(loop);
    return 0;
}
