/* deploy.h: what deploying and reading funnels share: the source kept beside an image, and the comparison of two versions.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef DEPLOY_H
#define DEPLOY_H
#include "app.h"
#include "fcc_compat.h"

enum { FSV_MODULES_MAX = 64 };
/* The standard library's modules, for `use`. */
size_t fsv_library(struct fcc_module modules[FSV_MODULES_MAX]);

struct fn_str fsv_inflight_name(enum frt_inflight inflight);
/* The document that holds the source of an image: not every image has one. NULL: the request was answered. */
struct frt_op_doc_get *fsv_source_get(struct fsv_request *r, struct fn_str hash,
                                      void (*done)(struct fsv_request *r, void *op));
/* Its text, in the arena; {NULL,0} when the document is not what it should be. */
struct fn_str fsv_source_of(struct fn_arena *arena, struct fn_str body);

/* The table of fcc_compat.h in the arena. FN_INVALID: one of them is not a program any more. */
FN_MUST_USE enum fn_code fsv_compare_sources(struct fn_arena *arena, struct fn_str from, struct fn_str to,
                                             struct fcc_compat *out);
/* The same of two images, for versions whose source is not known: a variable without a value of its own counts as settled. */
FN_MUST_USE enum fn_code fsv_compare_images(struct fn_arena *arena, struct fn_str from, struct fn_str to,
                                            struct fcc_compat *out);
/* Writes the members "changes", "unsettled" and "blocked" of an answer; returns how many conversations cannot go on. */
int64_t fsv_compare_put(struct fn_buf *out, const struct fcc_compat *table, const struct frt_standing *standing,
                        size_t n);

#endif
