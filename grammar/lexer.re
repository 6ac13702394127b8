/* lexer.re: the patterns of a token. What a match does is in lex.c and lex_text.c; the model is in lexer.h.
 *
 * Two conditions for texts, one for code. `re2c:eof = 0` with a `$` rule in each: no pattern can read past the source.
 * The source is valid UTF-8 without NUL and control bytes by then (scan.c replaces them).
 * SPDX-License-Identifier: Apache-2.0 */
#include "lexer.h"

/*!types:re2c*/

void lexer_enter_text(struct lexer *lx, bool is_long)
{
    lx->cond = is_long ? yyclong : yyctext;
}

void lexer_enter_code(struct lexer *lx)
{
    lx->cond = yyccode;
}

/* The scanner's own pointers are locals, to be registers: what a match does finds them in lx. */
#define READ(match)                                                                                                    \
    do {                                                                                                               \
        lx->cursor = at;                                                                                               \
        match;                                                                                                         \
        return true;                                                                                                   \
    } while (0)

bool lexer_step(struct lexer *lx)
{
    const unsigned char *at = lx->cursor, *marker = at;
again:
    lx->token = at;
    /*!re2c
    re2c:eof = 0;
    re2c:yyfill:enable = 0;
    re2c:define:YYCTYPE = "unsigned char";
    re2c:define:YYCURSOR = "at";
    re2c:define:YYMARKER = "marker";
    re2c:define:YYLIMIT = "lx->limit";
    re2c:define:YYGETCONDITION = "lx->cond";
    re2c:define:YYGETCONDITION:naked = 1;

    space   = [ \t\r\u00a0\u2002-\u200a\u202f\u3000];
    hidden  = [\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff];
    letter  = [A-Za-z_\u00aa\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0370-\u0373\u0376-\u037d\u0386-\u0481\u048a-\u052f\u1e00-\u1fff];
    mark    = [\u0300-\u036f];
    digit   = [0-9];
    word    = letter (letter | mark | digit)*;
    unit    = "s" | "min" | "h" | "d";
    span    = digit+ unit;
    quote   = ["\u201c\u201d\u201e\u201f\u2033];
    amount  = digit+ ([.,] digit+)*;

    <code> $            { return false; }
    <code> space+       { goto again; }
    <code> "\n"         { READ(lex_newline(lx)); }
    <code> "#"          { READ(lex_comment(lx)); }
    <code> "//"         { READ(lex_foreign_comment(lx)); }
    <code> hidden       { READ(lex_hidden(lx)); }

    <code> ["\u201c\u201d\u201e\u201f\u2033]  { READ(lex_quote(lx, false)); }
    <code> "\"\"\""     { READ(lex_quote(lx, true)); }
    <code> ['\u2018\u2019] [^'"\u2018\u2019\n]* ['\u2018\u2019] { READ(lex_single_quotes(lx)); }

    <code> word         { READ(lex_word(lx)); }
    <code> "`" [^`\n]* "`" { READ(lex_backtick(lx)); }
    <code> digit+       { READ(lex_simple(lx, FGR_TOK_INT)); }
    <code> digit+ "." digit+ { READ(lex_simple(lx, FGR_TOK_NUMBER)); }
    <code> span ([ ]? span)* { READ(lex_simple(lx, FGR_TOK_DURATION)); }
    <code> digit+ "x"   { READ(lex_simple(lx, FGR_TOK_TIMES)); }
    <code> digit{1,2} ":" digit{2} { READ(lex_simple(lx, FGR_TOK_CLOCK)); }
    <code> digit+ ("." digit+)? letter (letter | mark | digit)* { READ(lex_report(lx, FGR_D_BAD_NUMBER, FGR_TOK_INT)); }
    <code> "R$" space* amount { READ(lex_simple(lx, FGR_TOK_MONEY)); }
    <code> ("RS" | "Rs" | "rs" | "r$" | "R" | "$") space* digit{1,3} ("." digit{3})* "," digit{2} { READ(lex_other_money(lx)); }
    <code> "R$"         { READ(lex_report(lx, FGR_D_BAD_MONEY, FGR_TOK_MONEY)); }

    <code> "{"          { READ(lex_open(lx, FGR_TOK_LBRACE, '{')); }
    <code> "("          { READ(lex_open(lx, FGR_TOK_LPAREN, '(')); }
    <code> "["          { READ(lex_open(lx, FGR_TOK_LBRACKET, '[')); }
    <code> "}"          { READ(lex_close(lx, FGR_TOK_RBRACE, '{')); }
    <code> ")"          { READ(lex_close(lx, FGR_TOK_RPAREN, '(')); }
    <code> "]"          { READ(lex_close(lx, FGR_TOK_RBRACKET, '[')); }
    <code> ","          { READ(lex_simple(lx, FGR_TOK_COMMA)); }
    <code> ":"          { READ(lex_simple(lx, FGR_TOK_COLON)); }
    <code> "."          { READ(lex_simple(lx, FGR_TOK_DOT)); }
    <code> ".."         { READ(lex_simple(lx, FGR_TOK_DOTDOT)); }
    <code> "?"          { READ(lex_simple(lx, FGR_TOK_QUESTION)); }
    <code> "="          { READ(lex_simple(lx, FGR_TOK_ASSIGN)); }
    <code> "=="         { READ(lex_simple(lx, FGR_TOK_EQ)); }
    <code> "!="         { READ(lex_simple(lx, FGR_TOK_NE)); }
    <code> "<"          { READ(lex_less(lx)); }
    <code> "<="         { READ(lex_simple(lx, FGR_TOK_LE)); }
    <code> ">"          { READ(lex_greater(lx)); }
    <code> ">="         { READ(lex_greater_equal(lx)); }
    <code> "+"          { READ(lex_simple(lx, FGR_TOK_PLUS)); }
    <code> [-\u2010-\u2015\u2212] { READ(lex_simple(lx, FGR_TOK_MINUS)); }
    <code> "*"          { READ(lex_simple(lx, FGR_TOK_STAR)); }
    <code> "/"          { READ(lex_simple(lx, FGR_TOK_SLASH)); }
    <code> "%"          { READ(lex_simple(lx, FGR_TOK_PERCENT)); }
    <code> "->"         { READ(lex_simple(lx, FGR_TOK_ARROW)); }
    <code> [\u2010-\u2015\u2212] ">" { READ(lex_foreign(lx, FGR_TOK_ARROW)); }
    <code> [\u2192\u279c\u2794] { READ(lex_foreign(lx, FGR_TOK_ARROW)); }
    <code> "=>"         { READ(lex_simple(lx, FGR_TOK_FAT_ARROW)); }
    <code> "@"          { READ(lex_simple(lx, FGR_TOK_AT_SIGN)); }
    <code> "&&"         { READ(lex_foreign(lx, FGR_TOK_AND)); }
    <code> "||"         { READ(lex_foreign(lx, FGR_TOK_OR)); }
    <code> "!"          { READ(lex_foreign(lx, FGR_TOK_NOT)); }
    <code> "===" | "!=="  { READ(lex_foreign(lx, *lx->token == '=' ? FGR_TOK_EQ : FGR_TOK_NE)); }
    <code> "<>"         { READ(lex_foreign(lx, FGR_TOK_NE)); }
    <code> ";"          { READ(lex_semicolon(lx)); }
    <code> "<<<<<<<" [^\n]* | "=======" "="* | ">>>>>>>" [^\n]* { READ(lex_conflict(lx)); }
    <code> "`"          { READ(lex_drop(lx, FGR_D_BAD_BACKTICK)); }
    <code> [^]          { READ(lex_unknown(lx)); }
    <code> *            { READ(lex_unknown(lx)); }

    <text> $            { READ(lex_text_end(lx)); }
    <text> "\n"         { READ(lex_text_break(lx)); }
    <text> quote        { READ(lex_text_quote(lx, false)); }
    <text> [^"\\{\n\u201c\u201d\u201e\u201f\u2033] { at = lex_text_plain(at, LEX_STOPS_TEXT); goto again; }

    <long> $            { READ(lex_text_end(lx)); }
    <long> "\"\"\""     { READ(lex_text_quote(lx, true)); }
    <long> "\""         { goto again; }
    <long> [^"\\{]      { at = lex_text_plain(at, LEX_STOPS_LONG); goto again; }

    <text, long> "{"    { READ(lex_text_brace(lx)); }
    <text, long> "\\" ["\\{}nt\u201c\u201d] { goto again; }
    <text, long> "\\"   { READ(lex_bad_escape(lx)); }
    <text, long> *      { goto again; }
    */
}
