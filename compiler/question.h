/* question.h: what question.c and choose.c share: a question while it is walked. SPDX-License-Identifier: Apache-2.0 */
#ifndef QUESTION_H
#define QUESTION_H
#include "sema.h"

struct asked {
    struct fgr_node *node, *branches;
    struct fcc_question *q;
    struct fork fork;
    struct path before; /* where it fails without having waited: an agent that cannot answer, nothing to choose from */
    bool fails_at_once;
    bool always_silence; /* its silence comes from `always` */
};

void question_say_prompt(struct ctx *c, struct fgr_node *n, struct fgr_node *prompt);
void question_check_failed(struct ctx *c, const struct asked *a, bool can_fail);
bool question_has_branch(const struct asked *a, enum fgr_branch kind);
/* The turn ends; then each answer is a way of the fork: set it going, do its action, question_way_ends. */
void question_begin_wait(struct ctx *c, struct asked *a);
void question_way_ends(struct ctx *c, struct asked *a);
void question_common_ways(struct ctx *c, struct asked *a);
void question_transcribes(struct ctx *c, const struct asked *a); /* a voice note is a call of a model */
void question_choose(struct ctx *c, struct asked *a);

#endif
