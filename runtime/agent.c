/* agent.c: what an AI step takes along from its image, and how many of them a conversation may have.
 *
 * The effect carries the agent's model, instructions, memory and tools as they were at the commit: any node can send it, at any time, without the
 * image. The calls of a running program are counted in data of the contact, in the same commit as the call; over a budget the step is marked
 * "spent", which the provider answers with no result and the program meets as `failed`. A replayed turn never counts twice.
 * SPDX-License-Identifier: Apache-2.0 */
#include "engine.h"
#include "fn_json.h"

#include <stdlib.h>

enum { COUNT_CHARS = 63, ANSWER_MEMORY = 1 << 24 };

static const struct fbc_agent *agent_named(const struct fbc_image *image, struct fn_str name)
{
    for (uint32_t i = 0; i < image->n_agents; i++) {
        if (name.n != 0 && fn_str_eq(image->agents[i].name, name)) {
            return &image->agents[i];
        }
    }
    return NULL;
}

/* -- budgets ----------------------------------------------------------------------------------------------------------------------- */

static struct fn_str pair_value(const struct turn *t, struct fn_str name)
{
    for (size_t i = 0; i < t->in->n_pairs; i++) {
        if (fn_str_eq(t->in->pairs[i].name, name)) {
            return t->in->pairs[i].value;
        }
    }
    return FN_STR_NULL;
}

/* One more call in "RUN COUNT" of this name; false: the budget was spent before. A count of an earlier run of a program is none. */
static bool count_call(struct turn *t, struct fn_str who, uint32_t budget)
{
    char text[COUNT_CHARS + 1], *end = text;
    struct fn_str name = fn_arena_printf(&t->arena, "%llx/%.*s", (unsigned long long)t->next.conv, FN_STR_ARG(who));
    struct fn_str full = fn_arena_printf(&t->arena, "b:%.*s", FN_STR_ARG(name)), was = pair_value(t, full);
    size_t n = was.n < COUNT_CHARS ? was.n : COUNT_CHARS;
    if (n != 0) {
        memcpy(text, was.p, n);
    }
    text[n] = '\0';
    long long run = strtoll(text, &end, 10);
    unsigned long long count = end != text && run == (long long)t->next.run_seq ? strtoull(end, NULL, 10) : 0;
    if (count >= (budget != 0 ? budget : FBC_BUDGET_DEFAULT)) {
        return false;
    }
    turn_pair(t, "b:", name, fn_arena_printf(&t->arena, "%lld %llu", (long long)t->next.run_seq, count + 1));
    return true;
}

/* -- the agent in the payload -------------------------------------------------------------------------------------------------------- */

static void put(struct fn_buf *b, const char *key, struct fn_str s)
{
    fn_json_put_key(b, key);
    fn_json_put_str(b, s);
}

static void put_tools(struct fn_buf *b, const struct fbc_image *image, const struct fbc_agent *agent)
{
    fn_json_put_key(b, "tools");
    fn_buf_char(b, '[');
    for (uint32_t i = 0; i < agent->n_tools; i++) {
        const struct fbc_tool *tool = &image->tools[agent->tools[i]];
        fn_json_comma(b);
        fn_buf_char(b, '{');
        put(b, "name", tool->name);
        put(b, "doc", tool->doc);
        fn_json_put_key(b, "parameters");
        fbc_json_schema(b, image, tool->args);
        fn_buf_char(b, '}');
    }
    fn_buf_char(b, ']');
}

void agent_join(struct turn *t, const struct fvm_request *q, struct fn_buf *payload)
{
    bool step = q->host == FBC_HOST_classify || q->host == FBC_HOST_extract || q->host == FBC_HOST_write ||
                q->host == FBC_HOST_talk;
    if (!step || payload->failed || payload->n < 2) {
        return;
    }
    const struct fbc_agent *agent = agent_named(t->image, fvm_text(t->run, q->args[0].ref));
    bool good =
        count_call(t, FN_STR_NULL, t->image->budget) && (agent == NULL || count_call(t, agent->name, agent->budget));
    payload->n--; /* the object goes on */
    if (!good) {
        fn_buf_z(payload, ",\"spent\":true");
    } else if (agent != NULL) {
        fn_buf_printf(payload, ",\"with\":{\"remember\":%u", (unsigned)agent->remember);
        put(payload, "model", agent->model);
        put(payload, "instructions", agent->instructions);
        if (q->host == FBC_HOST_talk) {
            put_tools(payload, t->image, agent);
        }
        fn_buf_char(payload, '}');
    }
    fn_buf_char(payload, '}');
}

/* The conversation keeps the id of a tool's call while the tool runs (guarantee 9). One that is longer, or a large answer nobody can read it in,
 * is as good as no answer: `failed`. */
bool agent_id_fits(const struct frt_engine *e, const struct frt_effect *call, struct fn_str answer)
{
    struct fn_arena arena;
    const struct fn_json *root = NULL;
    if (call->host != FBC_HOST_talk || answer.n <= FBC_CALL_ID_MAX) {
        return true;
    }
    fn_arena_init(&arena, ANSWER_MEMORY);
    bool fits = fn_json_parse(&arena, answer, FN_JSON_REPAIR, &root, NULL) == FN_OK &&
                fn_json_str(fn_json_path(root, "call.id")).n <= FBC_CALL_ID_MAX;
    fn_arena_fini(&arena);
    if (!fits) {
        engine_log(e, FRT_LOG_WARN, "call.id", call->tenant, call->conv, FN_STR_NULL);
    }
    return fits;
}
