/* fcc_query.h: what an editor asks about a source, whole or broken: pure queries on a checked program, for the language server and the web
 * editor alike. Each works on whatever tree there is and never fails but for memory; nothing is printed, kept or changed.
 *
 * Offsets are bytes of the main file's text; an offset behind its end is taken as the end. Spans of results lie inside the file they name.
 * Results live in the arena that is handed in; names in them point into the program.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef FCC_QUERY_H
#define FCC_QUERY_H
#include "fcc_sema.h"

struct fn_buf;

/* -- outline ------------------------------------------------------------------------------------------------------------------- */
/* Declarations in source order, parts behind their owner, one deeper: fields, members, questions, options. */
enum fcc_outline_kind {
    FCC_OUT_STAGE,
    FCC_OUT_QUESTION,
    FCC_OUT_OPTION,
    FCC_OUT_VAR,
    FCC_OUT_FUNCTION, /* fn, flow, tool */
    FCC_OUT_TYPE,     /* enum, record, table, contact */
    FCC_OUT_FIELD,    /* of those; members too */
    FCC_OUT_EVENT,
    FCC_OUT_AGENT,
    FCC_OUT_HOURS,
    FCC_OUT_SECRET,
    FCC_OUT_ALWAYS,
    FCC_OUT_TEST
};
struct fcc_outline {
    enum fcc_outline_kind kind;
    uint16_t depth;          /* 0 for declarations */
    struct fn_str name;      /* never empty */
    struct fn_span span, at; /* the whole of it; its name */
};
struct fcc_outlines {
    struct fcc_outline *items;
    uint32_t n;
};
FN_MUST_USE enum fn_code fcc_query_outline(struct fn_arena *arena, const struct fcc_program *p,
                                           struct fcc_outlines *out);

/* -- names --------------------------------------------------------------------------------------------------------------------- */
struct fcc_place {
    uint16_t file; /* index into p->trees */
    struct fn_span span;
    bool declares;
};
struct fcc_places {
    struct fcc_place *items;
    uint32_t n;
};
/* Where what stands at the offset is declared; false for nothing, and for what the language itself brings. */
bool fcc_query_definition(const struct fcc_program *p, uint32_t offset, struct fcc_place *out);
/* Every place that names the same thing, its declaration included, in order of file and place. Option ids count in the whole file. */
FN_MUST_USE enum fn_code fcc_query_references(struct fn_arena *arena, const struct fcc_program *p, uint32_t offset,
                                              struct fcc_places *out);
enum fcc_rename {
    FCC_RENAME_GOOD,
    FCC_RENAME_NOTHING, /* no name there, or one of the language or the library */
    FCC_RENAME_NO_NAME, /* `to` is no name, or of the other case: types begin upper-case */
    FCC_RENAME_TAKEN
};
/* The places to put `to` at; a name that is a word of the language is written in backticks, which *text then has. */
FN_MUST_USE enum fn_code fcc_query_rename(struct fn_arena *arena, const struct fcc_program *p, uint32_t offset,
                                          struct fn_str to, struct fcc_places *out, struct fn_str *text,
                                          enum fcc_rename *result);
/* What stands at the offset, in the file's spelling, as it would be declared: `var total: dinheiro`. False for nothing. */
bool fcc_query_hover(struct fn_buf *out, const struct fcc_program *p, uint32_t offset, struct fn_span *span);

/* -- completion ---------------------------------------------------------------------------------------------------------------- */
enum fcc_item_kind {
    FCC_ITEM_WORD,
    FCC_ITEM_STAGE,
    FCC_ITEM_VALUE,
    FCC_ITEM_FUNCTION,
    FCC_ITEM_TYPE,
    FCC_ITEM_FIELD,
    FCC_ITEM_OPTION
};
struct fcc_item {
    enum fcc_item_kind kind;
    struct fn_str text;        /* what to put */
    const struct fcc_sym *sym; /* what it names; NULL for words and options */
};
struct fcc_items {
    struct fcc_item *items;
    uint32_t n;
    struct fn_span replace; /* the word that was begun; empty at the offset when none was */
};
/* What may stand at the offset; those that begin with the word before it, accents and case apart. Nothing inside texts and comments. */
FN_MUST_USE enum fn_code fcc_query_complete(struct fn_arena *arena, const struct fcc_program *p, uint32_t offset,
                                            struct fcc_items *out);

/* -- how it looks --------------------------------------------------------------------------------------------------------------- */
enum fcc_paint {
    FCC_PAINT_WORD, /* of the language */
    FCC_PAINT_TEXT,
    FCC_PAINT_NUMBER,
    FCC_PAINT_COMMENT,
    FCC_PAINT_SIGN,
    FCC_PAINT_TYPE,
    FCC_PAINT_STAGE,
    FCC_PAINT_FUNCTION,
    FCC_PAINT_FIELD,
    FCC_PAINT_MEMBER,
    FCC_PAINT_NAME
};
struct fcc_painted {
    struct fn_span span; /* may have line breaks inside: a text in three quotes */
    enum fcc_paint paint;
};
struct fcc_paints {
    struct fcc_painted *items; /* in order, none over another */
    uint32_t n;
};
FN_MUST_USE enum fn_code fcc_query_paint(struct fn_arena *arena, const struct fcc_program *p, struct fcc_paints *out);
struct fcc_folds {
    struct fn_span
        *items; /* from the opening brace or comment to the end of what closes it; each of several lines, in order */
    uint32_t n;
};
FN_MUST_USE enum fn_code fcc_query_folds(struct fn_arena *arena, const struct fcc_program *p, struct fcc_folds *out);

#endif
