/* cli_walker.h: for `funnelc explore`: a conversation as a list of moves that can be replayed, what goes wrong on the way, and the moves that
 * are possible next. A move carries the line that says it in a `test` block.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef CLI_WALKER_H
#define CLI_WALKER_H
#include "cli_host.h"
#include "fcc_compile.h"

enum { CLI_MOVES_MAX = 256, CLI_NEXT_MAX = 96, CLI_AT_ONCE_MAX = 10 };
enum cli_move_kind {
    CLI_MOVE_TEXT,
    CLI_MOVE_OPTION,
    CLI_MOVE_MEDIA,
    CLI_MOVE_CLOCK,
    CLI_MOVE_EVENT,
    CLI_MOVE_CAMPAIGN,
    CLI_MOVE_ANSWER
};
enum cli_trait {
    CLI_TRAIT_RIGHT,
    CLI_TRAIT_WRONG,
    CLI_TRAIT_SILENT,
    CLI_TRAIT_MEDIA,
    CLI_TRAIT_HUMAN,
    CLI_TRAITS
}; /* what a persona prefers */
struct cli_move {
    enum cli_move_kind kind;
    enum cli_trait trait;
    struct fn_str text, option,
        json;           /* text: the message, the event's name; json: the medium, the event, an answer's text */
    int64_t n;          /* ms; the answer's number */
    bool present;       /* the answer succeeded */
    enum fbc_host host; /* ANSWER: of this call */
    struct fn_str line; /* "> \"oi\"" */
};
enum cli_finding_kind {
    CLI_FIND_NONE,
    CLI_FIND_TRAP,
    CLI_FIND_PARKED,
    CLI_FIND_SILENCE,
    CLI_FIND_FLOOD,
    CLI_FIND_WINDOW,
    CLI_FIND_DEAD_END
};
struct cli_finding {
    enum cli_finding_kind kind;
    struct fn_str stage; /* where */
    enum fbc_trap trap;
    uint32_t offset; /* of a trap, in the source */
};
struct cli_observed { /* the greatest seen, for what `check --report` bounds */
    unsigned ai_turn, ai_conversation, messages_turn;
    size_t bytes;
};
struct cli_walker {
    const struct fcc_program *program;
    const struct fbc_image *image;
    struct fn_arena *arena; /* moves and names live here */
    uint64_t seed;
    bool pt; /* spelling of the lines */
    struct cli_host *host;
    struct cli_finding found;
    struct fn_buf last, options; /* the last message; the last question with options, as JSON */
    struct fn_buf said;          /* the messages since the last move, as lines of a test */
    struct fn_str stage;
    unsigned sent, stirred; /* since the last move: messages; anything at all */
    struct cli_observed most;
    unsigned ai_turn, ai_conversation; /* of the turn and the conversation that run */
    unsigned at_once;                  /* messages since something came in: what was kept is taken one by one */
    uint64_t taken;
    bool handed;  /* people have it */
    bool telling; /* `said` is wanted */
};
/* From the start: every move in order. false: a move was not possible there. What went wrong first is in w->found. */
bool cli_walker_replay(struct cli_walker *w, const struct cli_move *moves, unsigned n);
void cli_walker_stop(struct cli_walker *w); /* frees the host of the last replay */
/* One more move on the running conversation. */
bool cli_walker_move(struct cli_walker *w, const struct cli_move *m);
/* What a customer, the clock, a system or a model could do now. */
unsigned cli_walker_next(struct cli_walker *w, struct cli_move *out);
/* Waits for nothing that will come: messages, media and a month change nothing. Uses up the conversation. */
bool cli_walker_is_dead_end(struct cli_walker *w);
uint64_t cli_walker_place(const struct cli_walker *w); /* equal where the same moves are worth trying once */

/* A value of a type, as JSON and as the language writes it; `which` varies it. */
void cli_sample(const struct fcc_type *t, unsigned which, struct fn_buf *json, struct fn_buf *line);

#endif
