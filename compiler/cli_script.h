/* cli_script.h: one `test` block run on the machine: its steps, what was sent, what was covered.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_SCRIPT_H
#define CLI_SCRIPT_H
#include "cli_chat.h"
#include "cli_host.h"
#include "fcc_compile.h"
#include "fn_json.h"

enum { CLI_SENT_MAX = 2000, CLI_COVERED_MAX = 20000 };

/* Names seen while tests ran: stages, "from>to", "question/option", "question/branch". */
struct cli_covered {
    struct fn_arena *arena;
    struct fn_str names[CLI_COVERED_MAX];
    unsigned n;
};
void cli_covered_add(struct cli_covered *c, struct fn_str name);
bool cli_covered_has(const struct cli_covered *c, struct fn_str name);

struct cli_sent {
    enum fbc_host host; /* say_or_template is what the window made of it */
    struct fn_str text; /* what a `<` line compares */
    struct fn_str word; /* "choose", "template", "image", ...; "say" */
    const struct fn_json *json;
};
struct cli_script {
    const struct fcc_program *program;
    const struct fbc_image *image;
    const fvm_native_fn *natives;
    const struct fgr_node *test;
    struct fn_arena *arena;
    struct fn_diag_list *diags; /* what went wrong */
    struct cli_covered *covered;
    enum fn_lang lang;         /* of what is told; words of the language are spelled as the file does */
    struct cli_accept *accept; /* NULL: a `<` line that does not match fails the test (cli_accept.h) */
    struct cli_chat *chat;     /* NULL: nobody reads along */
    bool restart;
    /* while running */
    struct cli_host *host;
    struct fn_buf log;       /* every message and turn, a line each */
    struct fn_buf snapshots; /* of the run with `restart`: size and bytes in hex, a paragraph each */
    struct cli_sent sent[CLI_SENT_MAX];
    unsigned n_sent, next;             /* next: the first that no `<` line has taken */
    const struct fgr_node *at, *cause; /* the step; the one that caused the call that waits */
    struct fn_str stage;
    bool by_always; /* a silence that only `always` answers has just come */
    bool failed;
};
/* Runs the steps. false: a step failed, and a diagnostic says which. */
bool cli_script_run(struct cli_script *s);

/* -- parts ----------------------------------------------------------------------------------------------------------------------- */
struct fn_diag *cli_script_fail(struct cli_script *s, enum fgr_diag d);
struct fn_str cli_script_word(const struct cli_script *s, struct fn_str word);
struct fn_str cli_script_nothing(const struct cli_script *s);
void cli_script_arg(struct cli_script *s, struct fn_diag *d, const char *name, struct fn_str value);
bool cli_script_value(struct cli_script *s, const struct fgr_node *n, const struct fcc_type *want,
                      struct fn_buf *out);                        /* as JSON */
bool cli_script_match(struct fn_str pattern, struct fn_str text); /* `*` matches anything */
bool cli_script_matches(const struct cli_sent *sent, const struct fgr_node *expects);
bool cli_script_is_message(const struct cli_sent *sent);
bool cli_script_answer(struct cli_script *s, const struct fgr_node *step); /* ai and http lines */
void cli_script_unanswered(struct cli_script *s);
const struct cli_host_ops *cli_script_ops(void);

#endif
