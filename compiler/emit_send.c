/* emit_send.c: effects: what is sent, counted, told. Each is one EFFECT with its arguments in a row of registers.
 * SPDX-License-Identifier: Apache-2.0 */
#include "emit.h"

enum { TYPING_MS = 3000 };

void emit_personal(struct emit *e, const struct fgr_node *text)
{
    if (text != NULL && (text->flags & FGR_PERSONAL) != 0) {
        emit_count(e, FBC_COUNT_PERSONAL, FN_STR("personal"));
    }
}

void emit_say_text(struct emit *e, struct fn_str text)
{
    unsigned mark = emit_mark(e), w = emit_effect(e, FBC_HOST_say);
    emit_load_text(e, w, text);
    emit_effect_run(e, FBC_HOST_say, w);
    emit_release(e, mark);
}

/* name, language and arguments of a template, from w on. */
static void template_into(struct emit *e, const struct fgr_node *n, unsigned w)
{
    const struct fgr_node *args = n->kid[FGR_SEND_TEMPLATE_args], *language = n->kid[FGR_SEND_TEMPLATE_language];
    emit_show(e, n->kid[FGR_SEND_TEMPLATE_name], w);
    if (language != NULL) {
        emit_show(e, language, w + 1);
    } else {
        emit_load_text(e, w + 1, e->english ? FN_STR("en") : FN_STR("pt_BR"));
    }
    emit_op(e, FBC_OP_ZERO, w + 2, 0, 0);
    for (uint32_t i = 0; args != NULL && i < args->n_items; i++) {
        unsigned mark = emit_mark(e), text = emit_reg(e, e->t_text);
        emit_show(e, args->items[i], text);
        emit_op(e, FBC_OP_LISTADD, w + 2, text, 0);
        emit_release(e, mark);
    }
}

static void say(struct emit *e, const struct fgr_node *n)
{
    const struct fgr_node *otherwise = n->kid[FGR_SAY_else_template];
    enum fbc_host host = otherwise != NULL ? FBC_HOST_say_or_template : FBC_HOST_say;
    unsigned w = emit_effect(e, host);
    emit_show(e, n->kid[FGR_SAY_value], w);
    if (otherwise != NULL) {
        template_into(e, otherwise, w + 1);
    }
    emit_personal(e, n->kid[FGR_SAY_value]);
    emit_effect_run(e, host, w);
}

static void send_template(struct emit *e, const struct fgr_node *n)
{
    unsigned w = emit_effect(e, FBC_HOST_template);
    template_into(e, n, w);
    emit_effect_run(e, FBC_HOST_template, w);
}

static const char *media_kind(unsigned basic)
{
    switch ((enum fgr_type)basic) {
    case FGR_T_IMAGE: return "image";
    case FGR_T_AUDIO: return "audio";
    case FGR_T_VIDEO: return "video";
    case FGR_T_LOCATION: return "location";
    case FGR_T_DOCUMENT:
    case FGR_T_NAMED:
    case FGR_T_BOOL:
    case FGR_T_INT:
    case FGR_T_NUMBER:
    case FGR_T_MONEY:
    case FGR_T_TEXT:
    case FGR_T_DATE:
    case FGR_T_TIME:
    case FGR_T_DATETIME:
    case FGR_T_DURATION:
    case FGR_T_PHONE:
    case FGR_T_EMAIL:
    case FGR_T_URL:
    case FGR_T_JSON:
    case FGR_T_LIST:
    case FGR_T_MAP: break;
    }
    return "document";
}

/* What there is nothing to send of takes the else. */
static void send_media(struct emit *e, const struct fgr_node *n)
{
    const struct fgr_node *value = n->kid[FGR_SEND_MEDIA_value], *caption = n->kid[FGR_SEND_MEDIA_caption];
    uint32_t none = emit_label(e), done = emit_label(e);
    unsigned w = emit_effect(e, FBC_HOST_media), empty = emit_reg(e, e->t_bool),
             nothing = emit_text_const(e, FN_STR(""));
    emit_show(e, value, w + 1);
    emit_op(e, FBC_OP_EQT, empty, w + 1, nothing);
    emit_jump_if(e, empty, true, none);
    emit_load_text(e, w, fn_str_c(media_kind(n->aux)));
    if (caption != NULL) {
        emit_show(e, caption, w + 2);
    } else {
        emit_op(e, FBC_OP_ZERO, w + 2, 0, 0);
    }
    emit_personal(e, caption);
    emit_effect_run(e, FBC_HOST_media, w);
    emit_jump(e, done);
    emit_place(e, none);
    emit_action(e, n->kid[FGR_SEND_MEDIA_else_action]);
    emit_place(e, done);
}

static void notify(struct emit *e, const struct fgr_node *n)
{
    unsigned w = emit_effect(e, FBC_HOST_notify);
    emit_show(e, n->kid[FGR_NOTIFY_team], w);
    emit_show(e, n->kid[FGR_NOTIFY_value], w + 1);
    emit_effect_run(e, FBC_HOST_notify, w);
}

/* A goal's value is counted in major units. */
static void goal(struct emit *e, const struct fgr_node *n)
{
    const struct fgr_node *value = n->kid[FGR_GOAL_value];
    unsigned w = emit_effect(e, FBC_HOST_goal);
    emit_load_text(e, w, n->text);
    emit_load_text(e, w + 1, value != NULL && emit_is(emit_open(value->type), FGR_T_MONEY) ? e->currency : FN_STR(""));
    if (value == NULL) {
        emit_op(e, FBC_OP_ZERO, w + 2, 0, 0);
    } else {
        emit_into(e, value, &fcc_t_number, w + 2);
    }
    if (value != NULL && emit_is(emit_open(value->type), FGR_T_MONEY)) {
        unsigned hundred = emit_reg(e, e->t_number);
        emit_load_num(e, hundred, 100.0);
        emit_op(e, FBC_OP_DIVF, w + 2, w + 2, hundred);
    }
    emit_effect_run(e, FBC_HOST_goal, w);
}

static void tag(struct emit *e, const struct fgr_node *n)
{
    const struct fgr_node *value = n->kid[FGR_TAG_value];
    unsigned w = emit_effect(e, FBC_HOST_tag);
    if (value->kind == FGR_NAME && value->sym == NULL) {
        emit_load_text(e, w, value->text); /* `tag vip`: the name is the tag */
    } else {
        emit_show(e, value, w);
    }
    emit_op(e, FBC_OP_LOADB, w + 1, (n->flags & FGR_UNTAG) == 0, 0);
    emit_effect_run(e, FBC_HOST_tag, w);
}

static void react(struct emit *e, const struct fgr_node *n)
{
    unsigned w = emit_effect(e, FBC_HOST_react);
    emit_show(e, n->kid[FGR_REACT_value], w);
    emit_effect_run(e, FBC_HOST_react, w);
}

static void typing(struct emit *e, const struct fgr_node *n)
{
    unsigned w = emit_effect(e, FBC_HOST_typing);
    if (n->kid[FGR_TYPING_time] != NULL) {
        emit_into(e, n->kid[FGR_TYPING_time], &fcc_t_duration, w);
    } else {
        emit_load_int(e, w, TYPING_MS);
    }
    emit_effect_run(e, FBC_HOST_typing, w);
}

bool emit_send(struct emit *e, const struct fgr_node *n)
{
    switch (n->kind) {
    case FGR_SAY: say(e, n); return true;
    case FGR_SEND_TEMPLATE: send_template(e, n); return true;
    case FGR_SEND_MEDIA: send_media(e, n); return true;
    case FGR_NOTIFY: notify(e, n); return true;
    case FGR_GOAL: goal(e, n); return true;
    case FGR_TAG: tag(e, n); return true;
    case FGR_REACT: react(e, n); return true;
    case FGR_TYPING: typing(e, n); return true;
    default: return false;
    }
}
