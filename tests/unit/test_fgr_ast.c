/* test_fgr_ast.c: the kid indices that code writes by hand agree with ast.def; dump and hash see what they should.
 * SPDX-License-Identifier: Apache-2.0 */
#include "fgr_diag.h"
#include "unit.h"

#define KID(KIND, name)                        \
    {                                          \
        FGR_##KIND, FGR_##KIND##_##name, #name \
    }
static const struct {
    enum fgr_kind kind;
    unsigned index;
    const char *name;
} kids[] = {
    KID(FILE, decls),
    KID(TITLE, title),
    KID(TIMEZONE, value),
    KID(LOCALE, value),
    KID(CONTACT, fields),
    KID(FIELD, type),
    KID(FIELD, init),
    KID(ENUM, members),
    KID(MEMBER, label),
    KID(RECORD, fields),
    KID(TABLE, keys),
    KID(TABLE, fields),
    KID(HOURS, rules),
    KID(HOURS_RULE, days),
    KID(HOURS_RULE, ranges),
    KID(HOURS_EXCEPT, values),
    KID(AGENT, props),
    KID(PROP, value),
    KID(TOOL, params),
    KID(TOOL, result),
    KID(TOOL, doc),
    KID(TOOL, body),
    KID(FN, params),
    KID(FN, result),
    KID(FN, body),
    KID(FLOW, params),
    KID(FLOW, result),
    KID(FLOW, body),
    KID(PARAM, type),
    KID(PARAM, init),
    KID(EVENT, params),
    KID(VAR, type),
    KID(VAR, init),
    KID(START, phrases),
    KID(START, binds),
    KID(START, action),
    KID(ALWAYS, ons),
    KID(ON, phrases),
    KID(ON, time),
    KID(ON, binds),
    KID(ON, action),
    KID(STAGE, body),
    KID(MIGRATE_VAR, value),
    KID(TEST, steps),
    KID(TYPE, args),
    KID(BLOCK, stmts),
    KID(SAY, value),
    KID(SAY, else_template),
    KID(ASK, target),
    KID(ASK, prompt),
    KID(ASK, branches),
    KID(LOCAL, type),
    KID(CHOOSE, type),
    KID(CHOOSE, source),
    KID(CHOOSE, label),
    KID(CHOOSE, prompt),
    KID(CHOOSE, options),
    KID(CHOOSE, branches),
    KID(OPTION, label),
    KID(OPTION, action),
    KID(BRANCH, value),
    KID(BRANCH, value2),
    KID(BRANCH, action),
    KID(CLASSIFY, subject),
    KID(CLASSIFY, type),
    KID(CLASSIFY, agent),
    KID(CLASSIFY, arms),
    KID(CLASSIFY, else_action),
    KID(ARM, patterns),
    KID(ARM, action),
    KID(TALK, agent),
    KID(TALK, branches),
    KID(WAIT_FOR, time),
    KID(WAIT_UNTIL, time),
    KID(WAIT_MESSAGE, branches),
    KID(WAIT_EVENT, binds),
    KID(WAIT_EVENT, where),
    KID(WAIT_EVENT, branches),
    KID(RETURN, value),
    KID(RETURN, else_action),
    KID(IF, cond),
    KID(IF, then),
    KID(IF, otherwise),
    KID(MATCH, subject),
    KID(MATCH, arms),
    KID(FOR, source),
    KID(FOR, where),
    KID(FOR, order),
    KID(FOR, limit),
    KID(FOR, body),
    KID(WHILE, cond),
    KID(WHILE, body),
    KID(LET, type),
    KID(LET, value),
    KID(LET, else_action),
    KID(ASSIGN, target),
    KID(ASSIGN, value),
    KID(ASSIGN, else_action),
    KID(DO, value),
    KID(DO, else_action),
    KID(SAVE, value),
    KID(DELETE, key),
    KID(GOAL, value),
    KID(TAG, value),
    KID(HANDOFF, team),
    KID(HANDOFF, note),
    KID(HANDOFF, branches),
    KID(NOTIFY, team),
    KID(NOTIFY, value),
    KID(REACT, value),
    KID(TYPING, time),
    KID(SEND_TEMPLATE, name),
    KID(SEND_TEMPLATE, args),
    KID(SEND_TEMPLATE, language),
    KID(SEND_MEDIA, value),
    KID(SEND_MEDIA, caption),
    KID(SEND_MEDIA, else_action),
    KID(SPLIT, arms),
    KID(SPLIT_ARM, body),
    KID(MEMBER_OF, object),
    KID(INDEX, object),
    KID(INDEX, key),
    KID(CALL, callee),
    KID(CALL, args),
    KID(NAMED_ARG, value),
    KID(TEXT, parts),
    KID(UNARY, value),
    KID(BINARY, left),
    KID(BINARY, right),
    KID(LIST_LIT, values),
    KID(RECORD_LIT, fields),
    KID(RANGE, low),
    KID(RANGE, high),
    KID(AS, value),
    KID(AS, type),
    KID(HTTP, url),
    KID(HTTP, props),
    KID(HTTP, result),
    KID(EXTRACT, type),
    KID(EXTRACT, source),
    KID(EXTRACT, agent),
    KID(WRITE, value),
    KID(WRITE, agent),
    KID(FIND, key),
    KID(STEP_SAYS, value),
    KID(STEP_EXPECTS, value),
    KID(STEP_EXPECTS, options),
    KID(STEP_CLOCK, time),
    KID(STEP_AT, value),
    KID(STEP_GIVEN, target),
    KID(STEP_GIVEN, value),
    KID(STEP_EVENT, args),
    KID(STEP_AI, value),
    KID(STEP_HTTP, url),
    KID(STEP_HTTP, body),
    KID(STEP_ASSERT, cond),
};

static void test_indices(void)
{
    for (size_t i = 0; i < FN_COUNT(kids); i++) {
        const char *name = fgr_kid_name(kids[i].kind, kids[i].index);
        CU_ASSERT_PTR_NOT_NULL_FATAL(name);
        CU_ASSERT_STRING_EQUAL(name, kids[i].name);
    }
}

static void test_every_kid_has_an_index(void)
{
    size_t n = 0;
    for (unsigned k = 0; k < FGR_KINDS; k++) {
        n += fgr_kind_kids((enum fgr_kind)k);
        CU_ASSERT(fgr_kind_kids((enum fgr_kind)k) <= FGR_KIDS_MAX);
        CU_ASSERT_PTR_NULL(fgr_kid_name((enum fgr_kind)k, FGR_KIDS_MAX));
    }
    CU_ASSERT_EQUAL(n, FN_COUNT(kids));
}

static uint64_t hash_of(const char *source)
{
    struct fn_arena arena;
    struct fn_diag_list diags;
    struct fgr_tree tree;
    fn_arena_init(&arena, 8 << 20);
    fn_diag_list_init(&diags, &arena, 10);
    CU_ASSERT_EQUAL_FATAL(fgr_parse(&arena, FN_STR_NULL, fn_str_c(source), &diags, &tree), FN_OK);
    CU_ASSERT_EQUAL(diags.errors, 0);
    uint64_t hash = fgr_hash(tree.file);
    fn_arena_fini(&arena);
    return hash;
}

static void test_hash(void)
{
    uint64_t h = hash_of("funnel a\nstage b {\n  say \"x\"\n  end\n}\n");
    CU_ASSERT_EQUAL(h, hash_of("funil a # oi\n\netapa b {\ndiga   \"x\"\n\n fim }"));
    CU_ASSERT_NOT_EQUAL(h, hash_of("funnel a\nstage b {\n  say \"y\"\n  end\n}\n"));
    CU_ASSERT_NOT_EQUAL(h, hash_of("funnel a\nstage c {\n  say \"x\"\n  end\n}\n"));
    CU_ASSERT_NOT_EQUAL(h, hash_of("funnel a\nstage b {\n  end\n  say \"x\"\n}\n"));
}

UNIT_SUITE("fgr_ast", {"indices", test_indices}, {"every kid has an index", test_every_kid_has_an_index},
           {"hash", test_hash})
