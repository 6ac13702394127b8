/* rows_more.c: the rows of TOOLS, AGENTS, QUESTIONS, MIGRATES, the imports, LINES and CODE (rules M4, M5, M6).
 * SPDX-License-Identifier: Apache-2.0 */
#include "verify.h"

bool verify_tool(struct verify *v, struct fn_reader *r, uint32_t i)
{
    struct fbc_tool *t = &v->tools[i];
    if (!verify_name(v, r, &t->name) || !verify_text(v, r, FBC_LIMIT_TEXT, &t->doc)) {
        return false;
    }
    t->func = fn_read_u16(r);
    t->args = fn_read_u16(r);
    if (t->func >= v->im->n_funcs || t->args >= v->im->n_types || v->types[t->args].kind != FBC_T_RECORD) {
        return verify_fault(v, "M6", "function %u, record %u", (unsigned)t->func, (unsigned)t->args);
    }
    return true;
}

static int compare_tools(const struct verify *v, uint32_t i, uint32_t j)
{
    return fn_str_cmp(v->tools[i].name, v->tools[j].name);
}

bool verify_tools_end(struct verify *v)
{
    return verify_unique(v, 0, v->im->n_tools, compare_tools, "M6", "names of tools");
}

bool verify_agent_tool(struct verify *v, struct fn_reader *r, uint32_t i)
{
    v->agent_tools[i] = fn_read_u16(r);
    return v->agent_tools[i] < v->im->n_tools || verify_fault(v, "M6", "no tool %u", (unsigned)v->agent_tools[i]);
}

bool verify_agent(struct verify *v, struct fn_reader *r, uint32_t i)
{
    uint32_t first;
    struct fbc_agent *a = &v->agents[i];
    if (!verify_name(v, r, &a->name) || !verify_text(v, r, FBC_LIMIT_NAME, &a->model) ||
        !verify_text(v, r, FBC_LIMIT_TEXT, &a->instructions)) {
        return false;
    }
    a->remember = fn_read_u32(r);
    a->budget = fn_read_u32(r);
    a->n_tools = fn_read_u32(r);
    if (!verify_take(v, FBC_S_AGENT_TOOLS, a->n_tools, &first)) {
        return false;
    }
    a->tools = v->agent_tools + first;
    return true;
}

static int compare_agents(const struct verify *v, uint32_t i, uint32_t j)
{
    return fn_str_cmp(v->agents[i].name, v->agents[j].name);
}

bool verify_agents_end(struct verify *v)
{
    return verify_unique(v, 0, v->im->n_agents, compare_agents, "M6", "names of agents");
}

bool verify_option(struct verify *v, struct fn_reader *r, uint32_t i)
{
    return verify_name(v, r, &v->options[i]);
}

bool verify_question(struct verify *v, struct fn_reader *r, uint32_t i)
{
    uint32_t first;
    struct fbc_question *q = &v->questions[i];
    if (!verify_name(v, r, &q->name)) {
        return false;
    }
    q->stage = fn_read_u16(r);
    q->wait = fn_read_u16(r);
    q->n_options = fn_read_u16(r);
    if (q->stage >= v->im->n_stages || q->wait >= v->im->n_waits) {
        return verify_fault(v, "M6", "stage %u, wait %u", (unsigned)q->stage, (unsigned)q->wait);
    }
    if (!verify_take(v, FBC_S_OPTIONS, q->n_options, &first)) {
        return false;
    }
    q->options = v->options + first;
    return true;
}

static int compare_questions(const struct verify *v, uint32_t i, uint32_t j)
{
    return fn_str_cmp(v->questions[i].name, v->questions[j].name);
}

bool verify_questions_end(struct verify *v)
{
    return verify_unique(v, 0, v->im->n_questions, compare_questions, "M6", "names of questions");
}

bool verify_migrate(struct verify *v, struct fn_reader *r, uint32_t i)
{
    return verify_name(v, r, &v->migrates[i].from) && verify_name(v, r, &v->migrates[i].to);
}

/* Is there a stage of this name? v->order holds the stages by name. */
static bool is_stage(const struct verify *v, struct fn_str name)
{
    uint32_t low = 0, high = v->im->n_stages;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = fn_str_cmp(v->stages[v->order[middle]].name, name);
        if (order == 0) {
            return true;
        }
        low = order < 0 ? middle + 1 : low;
        high = order < 0 ? high : middle;
    }
    return false;
}

static int compare_migrates(const struct verify *v, uint32_t i, uint32_t j)
{
    return fn_str_cmp(v->migrates[i].from, v->migrates[j].from);
}

bool verify_migrates_end(struct verify *v)
{
    verify_stages_end(v); /* known to hold: leaves the stages sorted */
    for (uint32_t i = 0; i < v->im->n_migrates; i++) {
        if (!is_stage(v, v->migrates[i].to)) {
            return verify_fault(v, "M6", "migration %u goes to no stage", (unsigned)i);
        }
    }
    return verify_unique(v, 0, v->im->n_migrates, compare_migrates, "M6", "migrations");
}

bool verify_host(struct verify *v, struct fn_reader *r, uint32_t i)
{
    uint16_t number = v->hosts[i] = fn_read_u16(r);
    uint8_t kind = fn_read_u8(r);
    uint8_t policy = fn_read_u8(r);
    uint32_t hash = fn_read_u32(r);
    const struct fbc_import *row = number < FN_COUNT(fbc_hosts) ? &fbc_hosts[number] : NULL;
    if (row == NULL || row->name == NULL || kind != row->kind || policy != row->policy || hash != fbc_sig_hash(row)) {
        return verify_fault(v, "M4", "host %u is not the one this version knows", (unsigned)number);
    }
    if ((v->allow.hosts >> number & 1) == 0) {
        return verify_fault(v, "M4", "host %s is not allowed here", row->name);
    }
    if ((v->imported_hosts >> number & 1) != 0) {
        return verify_fault(v, "M4", "host %s twice", row->name);
    }
    v->imported_hosts |= (uint64_t)1 << number;
    return true;
}

bool verify_native(struct verify *v, struct fn_reader *r, uint32_t i)
{
    uint16_t number = v->natives[i] = fn_read_u16(r);
    uint16_t reserved = fn_read_u16(r);
    uint32_t hash = fn_read_u32(r);
    const struct fbc_import *row = number < FN_COUNT(fbc_natives) ? &fbc_natives[number] : NULL;
    if (row == NULL || row->name == NULL || reserved != 0 || hash != fbc_sig_hash(row)) {
        return verify_fault(v, "M4", "native %u is not the one this version knows", (unsigned)number);
    }
    uint64_t *set = &v->imported_natives[number / 64];
    if ((*set >> number % 64 & 1) != 0) {
        return verify_fault(v, "M4", "native %s twice", row->name);
    }
    *set |= (uint64_t)1 << number % 64;
    return true;
}

bool verify_line(struct verify *v, struct fn_reader *r, uint32_t i)
{
    struct fbc_line *l = &v->lines[i];
    l->word = fn_read_u32(r);
    l->offset = fn_read_u32(r);
    if (l->word >= v->im->n_code || (i != 0 && l->word <= v->lines[i - 1].word)) {
        return verify_fault(v, "M6", "word %u is outside the code or not behind the last one", (unsigned)l->word);
    }
    return true;
}

bool verify_word(struct verify *v, struct fn_reader *r, uint32_t i)
{
    v->words[i] = fn_read_u32(r);
    return true;
}
