/* deadline.c: until when the present wait lasts.
 *
 * A deadline is a TIMER row of the mailbox, so that the search for what is due finds it. But nearly every wait is ended by the customer's answer
 * long before, and a row written and deleted in each turn for what does not happen would be a good part of a turn's cost. So the row of an
 * earlier wait stays as long as it is due no later than the present deadline, which is written in the conversation. When that row's own instant
 * comes, it is replaced by one that is due at the deadline. Rows are corrected as they are read: nobody else sees a row that is early.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"

/* To its place: oldest first by received_at, then by id. */
static void move_back(struct frt_row *rows, size_t n, size_t at)
{
    struct frt_row row = rows[at];
    while (at + 1 < n && (rows[at + 1].received_at < row.received_at ||
                          (rows[at + 1].received_at == row.received_at && rows[at + 1].id < row.id))) {
        rows[at] = rows[at + 1];
        at++;
    }
    rows[at] = row;
}

void deadline_read(struct turn *t)
{
    const struct frt_conv *c = &t->in->conv;
    for (size_t i = 0; i < t->in->n_rows && c->timer != 0 && t->timer_due == 0; i++) {
        struct frt_row *row = &t->in->rows[i];
        if (row->id != c->timer) {
            continue;
        }
        t->timer_due = row->due_at;
        if (c->deadline > row->received_at) {
            row->received_at = c->deadline;
            row->due_at = row->due_at == FRT_NEVER ? FRT_NEVER : c->deadline;
            move_back(t->in->rows, t->in->n_rows, i);
        }
        return;
    }
}

void deadline_end(struct turn *t)
{
    if (t->next.timer != 0) {
        turn_consume(t, t->next.timer);
    }
    t->next.timer = t->next.deadline = 0;
}

static void add_row(struct turn *t, int64_t deadline)
{
    struct frt_row *row = engine_push(&t->arena, &t->rows, sizeof *row);
    struct fn_buf b;
    fn_buf_init(&b, 256);
    frt_payload_write(&b, &(struct frt_payload){0});
    if (row != NULL) {
        *row = (struct frt_row){
            .id = frt_timer_row(t->in->conv.seq), .kind = FRT_IN_TIMER, .due_at = deadline, .received_at = deadline};
        row->payload = fn_arena_dup(&t->arena, fn_buf_view(&b));
        t->next.timer = row->id;
        t->next.deadline = deadline;
    }
    fn_buf_fini(&b);
}

/* The row of an earlier wait is still to come, and not behind the deadline. */
static bool will_do(const struct turn *t, int64_t deadline)
{
    return t->next.timer != 0 && t->next.timer == t->in->conv.timer && t->timer_due > t->wall &&
           t->timer_due <= deadline;
}

void deadline_set(struct turn *t, int64_t deadline)
{
    if (deadline != 0 && will_do(t, deadline)) {
        t->next.deadline = deadline;
        return;
    }
    deadline_end(t);
    if (deadline != 0) {
        add_row(t, deadline);
    }
}

void deadline_renew(struct turn *t)
{
    int64_t deadline = t->next.deadline;
    if (t->next.timer != 0 && t->next.timer == t->in->conv.timer && t->timer_due != 0 && t->timer_due <= t->wall &&
        deadline > t->wall) {
        deadline_end(t);
        add_row(t, deadline);
    }
}
