/* load.c: takes a snapshot in, believing nothing.
 *
 * One pass in the order of the collection that wrote it. `next` is where the next new object must start: a
 * reference is 0, a constant of its type, an object met before (its start is marked) of exactly its type, or `next`
 * itself, which then is checked to fit. So there is no walk along pointers, every object is reached, and no other
 * order of the same state is accepted. Work is O(bytes). Until the last check has passed the run is EMPTY.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fn_utf8.h"
#include "snapshot.h"

struct loader {
    struct fvm_run *run;
    const struct fbc_image *image;
    const unsigned char *p, *end; /* what is left of the snapshot */
    uint32_t next, heap_end;
    const char *wrong; /* first thing found wrong, NULL while all is well */
};

static bool fail(struct loader *l, const char *why)
{
    l->wrong = l->wrong == NULL ? why : l->wrong;
    return false;
}

/* The object at l->next exists, is of this type and lies within the heap. */
static bool discover(struct loader *l, uint16_t type, enum fbc_type_kind kind)
{
    uint32_t left = l->heap_end - l->next;
    const struct object *o = heap_object(l->run, l->next);
    if (left < sizeof *o || o->type != type || o->zero != 0 || o->n > left) {
        return fail(l, "an object's header is wrong");
    }
    size_t size = type == HEAP_TEXT ? text_size(o->n) : object_size(kind, o->n);
    if (size > left) {
        return fail(l, "an object is cut off");
    }
    l->run->starts[l->next / 512] |= UINT64_C(1) << l->next / 8 % 64;
    l->next += (uint32_t)size;
    return true;
}

static bool same_constant(const struct loader *l, uint32_t index, uint16_t type, enum fbc_repr repr)
{
    if (index >= l->image->n_consts) {
        return false;
    }
    const struct fbc_const *k = &l->image->consts[index];
    bool same = repr == FBC_REPR_T ? run_repr(l->image, k->type) == FBC_REPR_T : k->type == type && repr == FBC_REPR_L;
    return same && (repr == FBC_REPR_T ? k->text.n : k->n) != 0;
}

static bool check_ref(struct loader *l, uint32_t ref, uint16_t type, enum fbc_repr repr)
{
    uint16_t mark = repr == FBC_REPR_T ? HEAP_TEXT : type;
    if ((ref & FBC_CONST_REF) != 0) {
        return same_constant(l, ref & ~FBC_CONST_REF, type, repr) || fail(l, "a reference to no such constant");
    }
    if (ref == l->next) {
        return discover(l, mark, repr == FBC_REPR_M ? FBC_T_MAP : FBC_T_LIST);
    }
    bool known = ref < l->next && ref % 8 == 0 && (l->run->starts[ref / 512] >> ref / 8 % 64 & 1) != 0;
    return (known && heap_object(l->run, ref)->type == mark) || fail(l, "a reference to no such object");
}

/* slot is not zero. */
static bool check_slot(struct loader *l, union fvm_slot slot, uint16_t type)
{
    enum fbc_repr repr = run_repr(l->image, type);
    switch (repr) {
    case FBC_REPR_I: return true;
    case FBC_REPR_F:
        return slot.f == slot.f || slot.i == (int64_t)FBC_CANONICAL_NAN || fail(l, "a NaN is not canonical");
    case FBC_REPR_B: return slot.i == 1 || fail(l, "a bool is neither 0 nor 1");
    case FBC_REPR_T:
    case FBC_REPR_L:
    case FBC_REPR_M:
    case FBC_REPR_R:
    case FBC_REPR_O: break;
    }
    return slot.i >> 32 == 0 ? check_ref(l, slot.ref, type, repr) : fail(l, "a reference has an upper half");
}

static size_t left(const struct loader *l)
{
    return (size_t)(l->end - l->p);
}

/* The shortest spelling only. */
static bool read_int(struct loader *l, int64_t *out)
{
    uint64_t zigzag = 0;
    for (unsigned shift = 0; shift < 7 * SNAPSHOT_INT_MAX && l->p < l->end; shift += 7) {
        unsigned char c = *l->p++;
        zigzag |= (uint64_t)(c & 127) << shift;
        if (c < 128) {
            *out = (int64_t)(zigzag >> 1 ^ ((zigzag & 1) != 0 ? UINT64_MAX : 0));
            return (c != 0 && (shift < 63 || c == 1)) || fail(l, "an int has another spelling");
        }
    }
    return fail(l, "an int is cut off");
}

static bool read_bytes(struct loader *l, union fvm_slot *v, size_t size)
{
    if (left(l) < size) {
        return fail(l, "it is cut off");
    }
    memcpy(v, l->p, size); /* little-endian: four bytes are the lower half */
    l->p += size;
    return true;
}

static bool read_slot(struct loader *l, union fvm_slot *slot, uint16_t type)
{
    enum fbc_repr repr = run_repr(l->image, type);
    union fvm_slot v = {.i = 0};
    if (!(repr == FBC_REPR_I ? read_int(l, &v.i) : read_bytes(l, &v, repr == FBC_REPR_F ? 8 : 4))) {
        return false;
    }
    *slot = v;
    return v.i != 0 ? check_slot(l, v, type) : fail(l, "a zero was stored");
}

/* Bits past n are zero; the bytes are there. */
static const unsigned char *read_bitmap(struct loader *l, uint32_t n)
{
    size_t bytes = (n + 7) / 8;
    const unsigned char *map = l->p;
    if (left(l) < bytes || (n % 8 != 0 && map[bytes - 1] >> n % 8 != 0)) {
        fail(l, "a bitmap is wrong");
        return NULL;
    }
    l->p += bytes;
    return map;
}

/* n slots, all zero so far. */
static bool read_slots(struct loader *l, union fvm_slot *slots, uint32_t n, const uint16_t *types)
{
    const unsigned char *map = read_bitmap(l, n);
    if (map == NULL) {
        return false;
    }
    for (uint32_t byte = 0; byte * 8 < n; byte++) {
        for (unsigned bits = map[byte]; bits != 0; bits &= bits - 1) {
            uint32_t i = byte * 8 + (unsigned)__builtin_ctz(bits);
            if (!read_slot(l, &slots[i], types != NULL ? types[i] : l->image->globals[i].type)) {
                return false;
            }
        }
    }
    return true;
}

static bool read_globals(struct loader *l)
{
    memset(l->run->globals, 0, l->image->n_globals * sizeof l->run->globals[0]);
    return read_slots(l, l->run->globals, l->image->n_globals, NULL);
}

/* The word before a place where a suspended frame goes on: the CALL, HOST or AWAIT (before its data word) that left
 * it. */
static uint32_t leaving_word(const struct loader *l, uint32_t pc)
{
    uint32_t w = l->image->code[pc - 1];
    return (w & 255u) == FBC_OP_EXT ? l->image->code[pc - 2] : w;
}

static bool check_site(struct loader *l, uint32_t func, uint32_t pc)
{
    const struct fbc_func *f = &l->image->funcs[func];
    bool good =
        pc > f->code && pc - f->code < f->code_n && (l->image->site[pc] & 2) != 0 && l->image->func_of_word[pc] == func;
    return good || fail(l, "a frame goes on where none can");
}

/* The oldest frame runs the stage, every other what the one below it called. */
static bool check_chain(struct loader *l, const struct snapshot_header *h, uint32_t func)
{
    if (l->run->depth == 0) {
        return func == l->image->stages[h->stage].func || fail(l, "the oldest frame is not the stage's");
    }
    uint32_t w = leaving_word(l, l->run->frames[l->run->depth - 1].pc);
    return ((w & 255u) == FBC_OP_CALL && FBC_IMM16(w) == func) || fail(l, "a frame was not called by the one below it");
}

static bool read_frame(struct loader *l, const struct snapshot_header *h)
{
    uint16_t func = 0;
    uint32_t pc = 0;
    if (left(l) < SNAPSHOT_FRAME) {
        return fail(l, "it is cut off");
    }
    memcpy(&func, l->p, sizeof func);
    memcpy(&pc, l->p + sizeof func, sizeof pc);
    l->p += SNAPSHOT_FRAME;
    if (func >= l->image->n_funcs) {
        return fail(l, "a frame of no function");
    }
    if (!check_site(l, func, pc) || !check_chain(l, h, func)) {
        return false;
    }
    if (run_push(l->run, func) != FBC_TRAP_NONE) {
        return fail(l, "more frames or registers than the limit");
    }
    l->run->frames[l->run->depth - 1].pc = pc;
    const struct fbc_func *f = &l->image->funcs[func];
    return read_slots(l, l->run->frames[l->run->depth - 1].regs, f->n_regs, f->regs);
}

/* What the newest frame waits for is what the header says. */
static bool check_parked(struct loader *l, const struct snapshot_header *h)
{
    if (h->kind == SNAPSHOT_STAGE) {
        return h->frames == 0 || fail(l, "frames at a stage's entry");
    }
    if (h->frames == 0) {
        return fail(l, "no frames");
    }
    uint32_t pc = l->run->frames[l->run->depth - 1].pc;
    enum fbc_op op = (enum fbc_op)(leaving_word(l, pc) & 255u);
    if (h->kind == SNAPSHOT_CALL) {
        return (op == FBC_OP_HOST && h->calls != 0) || fail(l, "no call is pending there");
    }
    return (op == FBC_OP_AWAIT && FBC_IMM24(l->image->code[pc - 1]) == h->wait) || fail(l, "the wait is another one");
}

/* -- heap ---------------------------------------------------------------------------------------------------------- */

static bool check_text(struct loader *l, struct object *o)
{
    struct fn_str s = {object_bytes(o), o->n};
    if (o->n == 0 || o->n > FBC_LIMIT_TEXT || !fn_utf8_valid(s)) {
        return fail(l, "a text is not valid");
    }
    for (size_t i = o->n; i % 8 != 0; i++) {
        if (s.p[i] != 0) {
            return fail(l, "a text's padding is not zero");
        }
    }
    return true;
}

static bool check_child(struct loader *l, union fvm_slot slot, uint16_t type)
{
    return slot.i == 0 || check_slot(l, slot, type);
}

static bool check_key(struct loader *l, union fvm_slot key)
{
    if (key.i >> 32 != 0) {
        return fail(l, "a reference has an upper half");
    }
    return key.i == 0 || check_ref(l, key.ref, FBC_NO_TYPE, FBC_REPR_T);
}

static bool check_map(struct loader *l, struct object *o, uint16_t elem)
{
    union fvm_slot *slots = object_slots(o);
    for (uint32_t i = 0; i < o->n; i++) {
        if (!check_key(l, slots[2 * i]) || !check_child(l, slots[2 * i + 1], elem)) {
            return false;
        }
    }
    return true;
}

static bool check_count(struct loader *l, const struct object *o, const struct fbc_type *type)
{
    bool good = false;
    switch ((enum fbc_repr)type->repr) {
    case FBC_REPR_R: good = o->n == type->n; break;
    case FBC_REPR_O: good = o->n == 1; break;
    case FBC_REPR_L:
    case FBC_REPR_M: good = o->n != 0 && o->n <= RUN_LIST_MAX && (type->bound == 0 || o->n <= type->bound); break;
    case FBC_REPR_I:
    case FBC_REPR_F:
    case FBC_REPR_B:
    case FBC_REPR_T: break;
    }
    return good || fail(l, "an object has the wrong number of items");
}

static bool check_object(struct loader *l, struct object *o)
{
    if (o->type == HEAP_TEXT) {
        return check_text(l, o);
    }
    const struct fbc_type *type = &l->image->types[o->type];
    union fvm_slot *slots = object_slots(o);
    if (!check_count(l, o, type)) {
        return false;
    }
    if (type->repr == FBC_REPR_M) {
        return check_map(l, o, type->elem);
    }
    for (uint32_t i = 0; i < o->n; i++) {
        if (!check_child(l, slots[i], type->repr == FBC_REPR_R ? type->fields[i].type : type->elem)) {
            return false;
        }
    }
    return true;
}

/* Objects are checked in the order in which they were discovered; checking one may discover the next. */
static bool check_heap(struct loader *l)
{
    for (uint32_t at = HEAP_FIRST; at < l->next;) {
        struct object *o = heap_object(l->run, at);
        if (!check_object(l, o)) {
            return false;
        }
        bool text = o->type == HEAP_TEXT;
        at += (uint32_t)(text ? text_size(o->n) : object_size((enum fbc_type_kind)l->image->types[o->type].kind, o->n));
    }
    return l->next == l->heap_end || fail(l, "an object nobody refers to");
}

/* -- header -------------------------------------------------------------------------------------------------------- */

static bool check_header(struct loader *l, const struct snapshot_header *h, struct fn_str s)
{
    if (h->magic != SNAPSHOT_MAGIC || h->format != SNAPSHOT_FORMAT || h->abi != FBC_ABI || h->zero != 0) {
        return fail(l, "it is no snapshot of this version");
    }
    if (h->crc != fn_crc32c(s.p + SNAPSHOT_CRC_FROM, s.n - SNAPSHOT_CRC_FROM)) {
        return fail(l, "its checksum is wrong");
    }
    if (memcmp(h->image, l->image->hash, sizeof h->image) != 0) {
        return fail(l, "it belongs to another image");
    }
    if (h->kind < SNAPSHOT_STAGE || h->kind > SNAPSHOT_CALL || h->stage >= l->image->n_stages) {
        return fail(l, "its place is none");
    }
    bool waits = h->kind == SNAPSHOT_WAIT;
    bool timed = waits && h->wait < l->image->n_waits && (l->image->waits[h->wait].flags & FBC_WAIT_TIMER) != 0;
    if ((waits ? h->wait >= l->image->n_waits : h->wait != FBC_NO_INDEX) || (!timed && h->deadline != 0)) {
        return fail(l, "its wait is none");
    }
    return (h->heap <= l->run->limits.arena - HEAP_FIRST && h->heap <= s.n - SNAPSHOT_HEADER && h->heap % 8 == 0) ||
           fail(l, "its heap is too large");
}

static void take_heap(struct loader *l, uint32_t size)
{
    heap_reset(l->run);
    l->next = HEAP_FIRST;
    l->heap_end = HEAP_FIRST + size;
    l->end -= size;
    memcpy(l->run->heap + HEAP_FIRST, l->end, size);
    memset(l->run->starts, 0, (size_t)(l->heap_end / 512 + 1) * sizeof l->run->starts[0]);
    l->run->top = l->heap_end;
}

static void take_header(struct fvm_run *run, const struct snapshot_header *h)
{
    static const enum run_state states[] = {
        [SNAPSHOT_STAGE] = RUN_STAGE, [SNAPSHOT_WAIT] = RUN_WAIT, [SNAPSHOT_CALL] = RUN_CALL};
    run->stage = h->stage;
    run->wait = h->wait;
    run->deadline = h->deadline;
    run->now = h->now;
    run->random = h->random;
    run->calls = h->calls;
    run->input = (struct fvm_input){.kind = FBC_WAKE_MESSAGE};
    memset(run->changed, 0, run->image->n_globals);
    run_refuel(run);
    run->state = states[h->kind];
}

static bool take(struct loader *l, const struct snapshot_header *h)
{
    take_heap(l, h->heap);
    if (!read_globals(l)) {
        return false;
    }
    for (uint32_t i = 0; i < h->frames; i++) {
        if (!read_frame(l, h)) {
            return false;
        }
    }
    if (l->p != l->end) {
        return fail(l, "bytes are left over");
    }
    return check_parked(l, h) && check_heap(l);
}

enum fn_code fvm_load(struct fvm_run *run, const struct fbc_image *image, struct fn_str snapshot, struct fn_err *err)
{
    run->state = RUN_EMPTY;
    run->image = image;
    run->depth = 0;
    enum fn_code code = run_accept(run, image, err);
    if (code != FN_OK) {
        return code;
    }
    struct loader l = {.run = run, .image = image};
    struct snapshot_header h = {.magic = 0};
    if (snapshot.n < SNAPSHOT_HEADER || snapshot.n > run->limits.save) {
        return fn_fail(err, FN_INVALID, "snapshot: %zu bytes are no snapshot", snapshot.n);
    }
    memcpy(&h, snapshot.p, SNAPSHOT_HEADER);
    l.p = (const unsigned char *)snapshot.p + SNAPSHOT_HEADER;
    l.end = (const unsigned char *)snapshot.p + snapshot.n;
    if (!check_header(&l, &h, snapshot) || !take(&l, &h)) {
        run->depth = 0;
        heap_reset(run);
        return fn_fail(err, FN_INVALID, "snapshot: %s", l.wrong);
    }
    take_header(run, &h);
    return FN_OK;
}
