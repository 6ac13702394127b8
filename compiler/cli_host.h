/* cli_host.h: a conversation in memory: the machine with a virtual clock, tables, a contact, and an inbox. No printing, no files, no wall clock:
 * `funnelc run`, `funnelc test` and the editor's simulator (WebAssembly) drive it.
 *
 * What is sent is told through callbacks; a call of the outside that memory cannot answer (AI, http) stops the conversation until
 * cli_host_answer. With `restart` every suspension is saved and taken up by a fresh machine: nothing may look different.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_HOST_H
#define CLI_HOST_H
#include "fn_buf.h"
#include "fvm_run.h"

enum cli_host_state { CLI_IDLE, CLI_WAITING, CLI_CALLING, CLI_PARKED };
struct cli_host_ops {
    void (*sent)(void *self, enum fbc_host host, struct fn_str json); /* an effect; json: hosts.def's argument names */
    void (*counted)(void *self, enum fbc_count kind, struct fn_str name);
    void (*entered)(void *self, struct fn_str stage);
    void (*saved)(void *self, struct fn_str snapshot); /* with `restart`; may be NULL */
    void (*trapped)(void *self, enum fbc_trap trap,
                    uint32_t offset); /* byte offset in the source; UINT32_MAX unknown */
};
struct cli_host;
struct cli_host_options {
    const struct fbc_image *image; /* outlives the host */
    const fvm_native_fn *natives;
    const struct cli_host_ops *ops;
    void *self;
    uint64_t seed;
    int64_t now; /* ms UTC */
    bool restart;
};
struct cli_host *cli_host_new(const struct cli_host_options *options); /* NULL: no memory */
void cli_host_free(struct cli_host *h);

/* false: nothing starts with this, and no conversation runs. */
bool cli_host_message(struct cli_host *h, struct fn_str text, struct fn_str option, struct fn_str media);
bool cli_host_event(struct cli_host *h, struct fn_str name, struct fn_str json);
bool cli_host_campaign(struct cli_host *h);
void cli_host_handback(struct cli_host *h);
void cli_host_advance(struct cli_host *h, int64_t to); /* what is due fires, in order, at its own time */
void cli_host_settle(struct cli_host *h); /* the clock goes to the end of a settle window, when one is open */
void cli_host_answer(struct cli_host *h, const struct fvm_answer *answer);
void cli_host_contact(struct cli_host *h, struct fn_str field, struct fn_str json);

enum cli_host_state cli_host_state(const struct cli_host *h);
bool cli_host_jumped(
    const struct cli_host *h);                 /* a phrase of `always` or `on error` leads to the stage being entered */
bool cli_host_ended(const struct cli_host *h); /* a conversation ran and is over */
struct fn_str cli_host_stage(const struct cli_host *h); /* where it stands; the last one when it ended */
int64_t cli_host_now(const struct cli_host *h);
size_t cli_host_kept(const struct cli_host *h);        /* bytes of the greatest conversation saved so far */
uint64_t cli_host_taken(const struct cli_host *h);     /* rows and timers that woke or began a program so far */
int64_t cli_host_window(const struct cli_host *h);     /* time of the customer's last message; INT64_MIN none */
enum fbc_host cli_host_call(const struct cli_host *h); /* CALLING: what is asked, and its arguments as JSON */
struct fn_str cli_host_call_json(const struct cli_host *h);
/* A variable or contact field as JSON; false: no conversation has run. */
bool cli_host_global(const struct cli_host *h, uint16_t global, struct fn_buf *out);

#endif
