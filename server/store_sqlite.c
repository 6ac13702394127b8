/* store_sqlite.c: the writer: one thread, one connection, one queue. Everything queued is one transaction, each operation in a savepoint of its
 * own; the answers go back when the transaction is on the disk. See docs/storage.md.
 *
 * An operation is either in the queue (the store's), with the writer, or among the finished; the lock guards the two lists and nothing else.
 * SPDX-License-Identifier: Apache-2.0 */
#include "store_sqlite.h"

#include "fsv_migrations.h"
#include "sqlite_ops.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { QUEUE_DEFAULT = 10000, WAL_MIB_DEFAULT = 16, PAGE = 4096, BATCH_MAX = 512, PATH_BYTES = 1024 };

struct queue {
    struct frt_op *first, *last;
    size_t n;
};
struct store {
    struct sq q;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct queue waiting, finished;
    bool stop;
    int wake_fd, lock_fd;
    uint32_t queue_max;
    int wal_pages_max;
};

static void push(struct queue *x, struct frt_op *op)
{
    op->next = NULL;
    if (x->first == NULL) {
        x->first = op;
    } else {
        x->last->next = op;
    }
    x->last = op;
    x->n++;
}

static struct frt_op *pop(struct queue *x)
{
    struct frt_op *op = x->first;
    if (op != NULL) {
        x->first = op->next;
        x->n--;
    }
    return op;
}

/* -- answers --------------------------------------------------------------------------------------------------------------------------- */
struct fn_str sq_give(struct frt_op *op, struct fn_str s)
{
    struct fn_str copy = fn_arena_dup(op->arena, s);
    if (copy.p == NULL) {
        op->code = FN_NO_MEMORY;
        copy.n = 0;
    }
    return copy;
}

void *sq_answer(struct frt_op *op, size_t n, size_t size)
{
    void *p = fn_arena_array(op->arena, n == 0 ? 1 : n, size);
    if (p == NULL) {
        op->code = FN_NO_MEMORY;
    }
    return p;
}

void *sq_more(struct frt_op *op, void *at, size_t n, size_t *cap, size_t size)
{
    if (n < *cap) {
        return at;
    }
    size_t bigger = *cap == 0 ? 16 : *cap * 2;
    void *p = sq_answer(op, bigger, size);
    if (p != NULL && n != 0) {
        memcpy(p, at, n * size);
    }
    *cap = p != NULL ? bigger : *cap;
    return p;
}

/* -- the writer ------------------------------------------------------------------------------------------------------------------------ */
static void carry_out(struct sq *q, struct frt_op *op)
{
    switch (op->kind) {
#define FRT_OP(NAME, struct_name, mode, doc)                       \
    case FRT_OP_##NAME:                                            \
        sq_do_##struct_name(q, (struct frt_op_##struct_name *)op); \
        break;
#include "store_ops.def"
#undef FRT_OP
    case FRT_OPS: FN_BUG("no such operation");
    }
}

/* One operation in its savepoint: its failure is its own. */
static void run_one(struct sq *q, struct frt_op *op)
{
    bool writes = frt_op_infos[op->kind].mode == 'W';
    op->code = FN_OK;
    sq_clear(q);
    if (writes) {
        (void)sq_run(q, SQ_SAVE, "");
    }
    if (q->code == FN_OK) {
        carry_out(q, op);
    }
    if (q->code != FN_OK) {
        op->code = q->code == FN_TIMEOUT ? FN_UNAVAILABLE : q->code; /* undone below, so it is known */
        (void)fn_fail(&op->err, op->code, "%s", q->text);
    }
    sq_clear(q);
    if (writes && op->code != FN_OK) {
        (void)sq_run(q, SQ_UNDO, "");
    }
    if (writes && !sq_run(q, SQ_RELEASE, "")) {
        op->code = FN_UNAVAILABLE;
    }
}

static void fail_all(struct queue *batch, enum fn_code code, const char *text)
{
    for (struct frt_op *op = batch->first; op != NULL; op = op->next) {
        op->code = code;
        (void)fn_fail(&op->err, code, "%s", text);
    }
}

static void run_batch(struct store *s, struct queue *batch)
{
    struct sq *q = &s->q;
    bool writes = false;
    for (const struct frt_op *op = batch->first; op != NULL; op = op->next) {
        writes = writes || frt_op_infos[op->kind].mode == 'W';
    }
    sq_clear(q);
    if (!sq_run(q, writes ? SQ_BEGIN : SQ_BEGIN_READ, "")) {
        fail_all(batch, FN_UNAVAILABLE, q->text);
        return;
    }
    for (struct frt_op *op = batch->first; op != NULL; op = op->next) {
        run_one(q, op);
    }
    sq_clear(q);
    if (!sq_run(q, SQ_COMMIT, "")) {
        char text[sizeof q->text];
        snprintf(text, sizeof text, "%s", q->text);
        fail_all(batch, q->code == FN_UNAVAILABLE ? FN_UNAVAILABLE : FN_TIMEOUT, text);
        sq_clear(q);
        (void)sq_run(q, SQ_ROLLBACK, "");
    }
    if (q->wal_pages > s->wal_pages_max) {
        sq_checkpoint(q);
    }
}

static void give_back(struct store *s, struct queue *batch)
{
    uint64_t one = 1;
    pthread_mutex_lock(&s->lock);
    for (struct frt_op *op = pop(batch); op != NULL; op = pop(batch)) {
        push(&s->finished, op);
    }
    pthread_mutex_unlock(&s->lock);
    if (write(s->wake_fd, &one, sizeof one) < 0 && errno != EAGAIN) {
        FN_BUG("an eventfd does not take a number");
    }
}

static void *writer(void *arg)
{
    struct store *s = arg;
    pthread_mutex_lock(&s->lock);
    for (;;) {
        while (s->waiting.first == NULL && !s->stop) {
            pthread_cond_wait(&s->work, &s->lock);
        }
        if (s->waiting.first == NULL) {
            break;
        }
        struct queue batch = {0};
        while (s->waiting.first != NULL && batch.n < BATCH_MAX) {
            push(&batch, pop(&s->waiting));
        }
        pthread_mutex_unlock(&s->lock);
        run_batch(s, &batch);
        give_back(s, &batch);
        pthread_mutex_lock(&s->lock);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

/* -- the interface ---------------------------------------------------------------------------------------------------------------------- */
static void submit(void *self, struct frt_op *op)
{
    struct store *s = self;
    bool refused;
    pthread_mutex_lock(&s->lock);
    refused = s->waiting.n >= s->queue_max || s->stop;
    if (refused) {
        op->code = fn_fail(&op->err, FN_UNAVAILABLE, "the store's queue is full");
        push(&s->finished, op);
    } else {
        push(&s->waiting, op);
        pthread_cond_signal(&s->work);
    }
    pthread_mutex_unlock(&s->lock);
    uint64_t one = 1;
    if (refused && write(s->wake_fd, &one, sizeof one) < 0 && errno != EAGAIN) {
        FN_BUG("an eventfd does not take a number");
    }
}

static int poll_fd(void *self)
{
    struct store *s = self;
    return s->wake_fd;
}

static size_t drain(void *self)
{
    struct store *s = self;
    uint64_t count;
    ssize_t got = read(s->wake_fd, &count, sizeof count); /* nothing there is no error */
    (void)got;
    pthread_mutex_lock(&s->lock);
    struct queue done = s->finished;
    s->finished = (struct queue){0};
    pthread_mutex_unlock(&s->lock);
    size_t n = 0;
    for (struct frt_op *op = pop(&done); op != NULL; op = pop(&done), n++) {
        op->done(op);
    }
    return n;
}

static void free_store(struct store *s)
{
    sq_close(&s->q);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->work);
    if (s->wake_fd >= 0) {
        close(s->wake_fd);
    }
    if (s->lock_fd >= 0) {
        close(s->lock_fd);
    }
    free(s);
}

static void close_store(void *self)
{
    struct store *s = self;
    pthread_mutex_lock(&s->lock);
    s->stop = true;
    pthread_cond_signal(&s->work);
    pthread_mutex_unlock(&s->lock);
    pthread_join(s->thread, NULL);
    while (drain(s) != 0) { /* callbacks may submit: they are refused, and told so here */
    }
    free_store(s);
}

/* -- opening ------------------------------------------------------------------------------------------------------------------------------- */
static enum fn_code lock_dir(struct store *s, const char *dir, struct fn_err *err)
{
    char path[PATH_BYTES];
    if (mkdir(dir, 0700) != 0 && errno != EEXIST) {
        return fn_fail(err, FN_IO, "cannot make %s: %s", dir, strerror(errno));
    }
    if (snprintf(path, sizeof path, "%s/lock", dir) >= (int)sizeof path) {
        return fn_fail(err, FN_LIMIT, "the name of the data directory is too long");
    }
    s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (s->lock_fd < 0) {
        return fn_fail(err, FN_IO, "cannot open %s: %s", path, strerror(errno));
    }
    if (flock(s->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        return fn_fail(err, FN_UNAVAILABLE, "another process uses %s", dir);
    }
    return FN_OK;
}

/* Each migration and its number in one transaction: a crash leaves the file before it or behind it. */
static enum fn_code migrate(struct sq *q, struct fn_err *err)
{
    int64_t version = sq_version(q), n = 0;
    for (size_t i = 0; i < fsv_migrations_count; i++) {
        const struct fn_embedded *m = &fsv_migrations[i];
        if (!fn_str_starts(m->name, FN_STR("sqlite/")) || ++n <= version) {
            continue;
        }
        size_t size = m->bytes.n + 128;
        char *sql = malloc(size);
        if (sql == NULL) {
            return fn_fail(err, FN_NO_MEMORY, "no memory for a migration");
        }
        snprintf(sql, size, "BEGIN IMMEDIATE;%.*s;PRAGMA user_version=%lld;COMMIT;", FN_STR_ARG(m->bytes),
                 (long long)n);
        enum fn_code code = sq_script(q, sql, err);
        free(sql);
        if (code != FN_OK) {
            return code;
        }
    }
    return version <= n ? FN_OK
                        : fn_fail(err, FN_INVALID, "the file was made by a newer version (%lld)", (long long)version);
}

static enum fn_code open_file(struct store *s, const struct fsv_sqlite_options *o, struct fn_err *err)
{
    char path[PATH_BYTES];
    enum fn_code code = lock_dir(s, o->dir, err);
    if (code == FN_OK && snprintf(path, sizeof path, "%s/funnel.db", o->dir) >= (int)sizeof path) {
        code = fn_fail(err, FN_LIMIT, "the name of the data directory is too long");
    }
    code = code == FN_OK ? sq_open(&s->q, path, err) : code;
    code = code == FN_OK ? migrate(&s->q, err) : code;
    return code == FN_OK ? sq_prepare(&s->q, err) : code;
}

enum fn_code fsv_store_sqlite_open(const struct fsv_sqlite_options *options, struct frt_store *out, struct fn_err *err)
{
    static const struct frt_store_ops ops = {"sqlite", submit, poll_fd, drain, close_store};
    struct store *s = calloc(1, sizeof *s);
    if (s == NULL) {
        return fn_fail(err, FN_NO_MEMORY, "no memory for the store");
    }
    s->lock_fd = -1;
    s->queue_max = options->queue_max != 0 ? options->queue_max : QUEUE_DEFAULT;
    s->wal_pages_max = (int)(options->wal_mib != 0 ? options->wal_mib : WAL_MIB_DEFAULT) * (1024 * 1024 / PAGE);
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->work, NULL);
    s->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    enum fn_code code =
        s->wake_fd < 0 ? fn_fail(err, FN_IO, "no eventfd: %s", strerror(errno)) : open_file(s, options, err);
    if (code == FN_OK && pthread_create(&s->thread, NULL, writer, s) != 0) {
        code = fn_fail(err, FN_NO_MEMORY, "no thread for the store");
    }
    if (code != FN_OK) {
        free_store(s);
        return code;
    }
    *out = (struct frt_store){&ops, s};
    return FN_OK;
}
