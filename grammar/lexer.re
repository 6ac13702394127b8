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

bool lexer_step(struct lexer *lx)
{
again:
    lx->token = lx->cursor;
    /*!re2c
    re2c:eof = 0;
    re2c:yyfill:enable = 0;
    re2c:define:YYCTYPE = "unsigned char";
    re2c:define:YYCURSOR = "lx->cursor";
    re2c:define:YYMARKER = "lx->marker";
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
    <code> "\n"         { lex_newline(lx); return true; }
    <code> "#"          { lex_comment(lx); return true; }
    <code> "//"         { lex_foreign_comment(lx); return true; }
    <code> hidden       { lex_hidden(lx); return true; }

    <code> ["\u201c\u201d\u201e\u201f\u2033]  { lex_quote(lx, false); return true; }
    <code> "\"\"\""     { lex_quote(lx, true); return true; }
    <code> ['\u2018\u2019] [^'"\u2018\u2019\n]* ['\u2018\u2019] { lex_single_quotes(lx); return true; }

    <code> word         { lex_word(lx); return true; }
    <code> "`" [^`\n]* "`" { lex_backtick(lx); return true; }
    <code> digit+       { lex_simple(lx, FGR_TOK_INT); return true; }
    <code> digit+ "." digit+ { lex_simple(lx, FGR_TOK_NUMBER); return true; }
    <code> span ([ ]? span)* { lex_simple(lx, FGR_TOK_DURATION); return true; }
    <code> digit+ "x"   { lex_simple(lx, FGR_TOK_TIMES); return true; }
    <code> digit{1,2} ":" digit{2} { lex_simple(lx, FGR_TOK_CLOCK); return true; }
    <code> digit+ ("." digit+)? letter (letter | mark | digit)* { lex_report(lx, FGR_D_BAD_NUMBER, FGR_TOK_INT); return true; }
    <code> "R$" space* amount { lex_simple(lx, FGR_TOK_MONEY); return true; }
    <code> "R$"         { lex_report(lx, FGR_D_BAD_MONEY, FGR_TOK_MONEY); return true; }

    <code> "{"          { lex_open(lx, FGR_TOK_LBRACE, '{'); return true; }
    <code> "("          { lex_open(lx, FGR_TOK_LPAREN, '('); return true; }
    <code> "["          { lex_open(lx, FGR_TOK_LBRACKET, '['); return true; }
    <code> "}"          { lex_close(lx, FGR_TOK_RBRACE, '{'); return true; }
    <code> ")"          { lex_close(lx, FGR_TOK_RPAREN, '('); return true; }
    <code> "]"          { lex_close(lx, FGR_TOK_RBRACKET, '['); return true; }
    <code> ","          { lex_simple(lx, FGR_TOK_COMMA); return true; }
    <code> ":"          { lex_simple(lx, FGR_TOK_COLON); return true; }
    <code> "."          { lex_simple(lx, FGR_TOK_DOT); return true; }
    <code> ".."         { lex_simple(lx, FGR_TOK_DOTDOT); return true; }
    <code> "?"          { lex_simple(lx, FGR_TOK_QUESTION); return true; }
    <code> "="          { lex_simple(lx, FGR_TOK_ASSIGN); return true; }
    <code> "=="         { lex_simple(lx, FGR_TOK_EQ); return true; }
    <code> "!="         { lex_simple(lx, FGR_TOK_NE); return true; }
    <code> "<"          { lex_less(lx); return true; }
    <code> "<="         { lex_simple(lx, FGR_TOK_LE); return true; }
    <code> ">"          { lex_greater(lx); return true; }
    <code> ">="         { lex_greater_equal(lx); return true; }
    <code> "+"          { lex_simple(lx, FGR_TOK_PLUS); return true; }
    <code> [-\u2010-\u2015\u2212] { lex_simple(lx, FGR_TOK_MINUS); return true; }
    <code> "*"          { lex_simple(lx, FGR_TOK_STAR); return true; }
    <code> "/"          { lex_simple(lx, FGR_TOK_SLASH); return true; }
    <code> "%"          { lex_simple(lx, FGR_TOK_PERCENT); return true; }
    <code> "->"         { lex_simple(lx, FGR_TOK_ARROW); return true; }
    <code> [\u2010-\u2015\u2212] ">" { lex_foreign(lx, FGR_TOK_ARROW); return true; }
    <code> [\u2192\u279c\u2794] { lex_foreign(lx, FGR_TOK_ARROW); return true; }
    <code> "=>"         { lex_simple(lx, FGR_TOK_FAT_ARROW); return true; }
    <code> "@"          { lex_simple(lx, FGR_TOK_AT_SIGN); return true; }
    <code> "&&"         { lex_foreign(lx, FGR_TOK_AND); return true; }
    <code> "||"         { lex_foreign(lx, FGR_TOK_OR); return true; }
    <code> "!"          { lex_foreign(lx, FGR_TOK_NOT); return true; }
    <code> "===" | "!=="  { lex_foreign(lx, *lx->token == '=' ? FGR_TOK_EQ : FGR_TOK_NE); return true; }
    <code> "<>"         { lex_foreign(lx, FGR_TOK_NE); return true; }
    <code> ";"          { lex_semicolon(lx); return true; }
    <code> "<<<<<<<" [^\n]* | "=======" "="* | ">>>>>>>" [^\n]* { lex_conflict(lx); return true; }
    <code> "`"          { lex_drop(lx, FGR_D_BAD_BACKTICK); return true; }
    <code> [^]          { lex_unknown(lx); return true; }
    <code> *            { lex_unknown(lx); return true; }

    <text> $            { lex_text_end(lx); return true; }
    <text> "\n"         { lex_text_break(lx); return true; }
    <text> quote        { lex_text_quote(lx, false); return true; }
    <text> [^"\\{\n\u201c\u201d\u201e\u201f\u2033] { lex_text_plain(lx, LEX_STOPS_TEXT); goto again; }

    <long> $            { lex_text_end(lx); return true; }
    <long> "\"\"\""     { lex_text_quote(lx, true); return true; }
    <long> "\""         { return true; }
    <long> [^"\\{]      { lex_text_plain(lx, LEX_STOPS_LONG); goto again; }

    <text, long> "{"    { lex_text_brace(lx); return true; }
    <text, long> "\\" ["\\{}nt\u201c\u201d] { return true; }
    <text, long> "\\"   { lex_bad_escape(lx); return true; }
    <text, long> *      { return true; }
    */
}
