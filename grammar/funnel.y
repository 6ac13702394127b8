/* funnel.y: the grammar of the language, one for both spellings.
 *
 * An action is one call to a constructor of build.c. The parser pulls its tokens from parse.c's array. What does not parse is
 * repaired there by settle.c before a second run; so there are no `error` productions, and a syntax error in that is our bug. Line breaks are tokens (NL); the lexer drops those that do not end a statement.
 *
 * How it avoids conflicts: names of records begin upper-case (TNAME), so `Pedido {` and `if x {` never meet; effects
 * (http, extract, ...) stand only where a whole value stands, so their blocks and `else` never meet an expression's.
 * SPDX-License-Identifier: Apache-2.0 */
%require "3.8"
%define api.pure full
%define api.push-pull pull
%define api.prefix {fgr_yy}
%define api.token.prefix {FGR_Y_}
%define api.token.raw
%define api.value.type {struct fgr_node *}
%define api.location.type {struct fgr_loc}
%define parse.error custom
%define parse.lac full
%locations
%expect 0
%parse-param {struct build *b}

%code requires {
#include "build.h"
}
%code {
#include "lr.h"
#include "fgr_token.h"

#define YYMAXDEPTH 8000
#define YYLLOC_DEFAULT(into, of, n) ((into) = (n) == 1 ? (of)[1] : build_location((of), (n)))
#define NODE(KIND, at, ...) build_node(b, FGR_##KIND, (at), (struct fgr_node *[FGR_KIDS_MAX + 1]){__VA_ARGS__})
#define LEAF(KIND, at) build_node(b, FGR_##KIND, (at), NULL)
#define NAMED(node, at) build_named(b, (node), (at))

static void yyerror(const struct fgr_loc *at, struct build *b, const char *message);

/* Which words are names depends on the states, so the tokens are fetched with a look at the parser's stack. While words are decided
 * here, what does not fit is only sent back to be settled: LAC, which is for telling it, then counts as done. */
#undef yylex
#define yylex(value, at) \
    (*(value) = NULL, yy_lac_established = b->words != NULL, \
     build_next(b, (at), &(struct lr_stack){yyss, (uint32_t)(yyssp - yyss) + 1, 0}))
}

/* In the order of tokens.def and keywords.def: checked at the end of this file. */
%token NL "end of line" NAME "name" TNAME "Name" TEXT "text" TEXT_HEAD "text{" TEXT_MID "}text{" TEXT_TAIL "}text"
%token INT "1" NUMBER "1.5" MONEY "R$" DURATION "2h" TIMES "2x" CLOCK "09:00" LBRACE "{" RBRACE "}" LPAREN "("
%token RPAREN ")" LBRACKET "[" RBRACKET "]" LANGLE "list<" RANGLE "list>" COMMA "," COLON ":" DOT "." DOTDOT ".."
%token QUESTION "?" ASSIGN "=" EQ "==" NE "!=" LT "<" LE "<=" GT ">" GE ">=" PLUS "+" MINUS "-" STAR "*" SLASH "/"
%token PERCENT "%" ARROW "->" FAT_ARROW "=>" AT_SIGN "@" FUNNEL "funnel" MODULE "module" CHANNEL "channel"
%token TIMEZONE "timezone" LOCALE "locale" USE "use" CONTACT "contact" SECRET "secret" ENUM "enum" RECORD "record"
%token TABLE "table" HOURS "hours" AGENT "agent" TOOL "tool" FN "fn" FLOW "flow" EVENT "event" VAR "var"
%token BUDGET "budget" START "start" ALWAYS "always" STAGE "stage" MIGRATE "migrate" ALLOW "allow" TEST "test"
%token LET "let" SAY "say" ASK "ask" CHOOSE "choose" CLASSIFY "classify" EXTRACT "extract" WRITE "write" HTTP "http"
%token FIND "find" SAVE "save" DELETE "delete" TALK "talk" WAIT "wait" HANDOFF "handoff" GOAL "goal" TAG "tag"
%token UNTAG "untag" NOTIFY "notify" REACT "react" TYPING "typing" SEND "send" SPLIT "split" END "end" RETURN "return"
%token IF "if" ELSE "else" MATCH "match" FOR "for" IN "in" WHILE "while" AND "and" OR "or" NOT "not" AS "as"
%token TRUE "true" FALSE "false" NONE "none" PERSONAL "personal" KEY "key" EXCEPT "except" HOLIDAYS "holidays"
%token MON "mon" TUE "tue" WED "wed" THU "thu" FRI "fri" SAT "sat" SUN "sun" MODEL "model" INSTRUCTIONS "instructions"
%token REMEMBER "remember" MESSAGES "messages" CALLS "calls" CONVERSATION "conversation" CAN "can" ON "on"
%token MESSAGE "message" KEYWORD "keyword" CAMPAIGN "campaign" CHECK "check" INVALID "invalid" FAILED "failed"
%token SILENCE "silence" SETTLE "settle" MAX "max" OTHER "other" FROM "from" DONE "done" LIMIT "limit" WHERE "where"
%token ORDER "order" BY "by" DESC "desc" VALUE "value" NOTE "note" TEMPLATE "template" MEDIA "media"
%token TRANSCRIBE "transcribe" ONCE "once" LABEL "label" AT "at" GIVEN "given" BODY "body" AI "ai" LANGUAGE "language"
%token ENDED "ended" EXACT "exact" ERROR "error" HEADER "header" TIMEOUT "timeout" T_TEXT "type text" T_INT "type int"
%token T_NUMBER "type number" T_MONEY "type money" T_BOOL "type bool" T_DATE "type date" T_TIME "type time"
%token T_DATETIME "type datetime" T_DURATION "type duration" T_PHONE "type phone" T_EMAIL "type email"
%token T_URL "type url" T_IMAGE "type image" T_AUDIO "type audio" T_VIDEO "type video" T_DOCUMENT "type document"
%token T_LOCATION "type location" T_JSON "type json" T_LIST "type list" T_MAP "type map" START_ON "start on"
%token TALK_TO "talk to" WAIT_UNTIL "wait until" ORDER_BY "order by" CALLS_PER "calls per" M_GET "http get"
%token M_POST "http post" M_PUT "http put" M_PATCH "http patch" M_DELETE "http delete"

%left "or"
%left "and"
%precedence "not"
%left "==" "!=" "<" "<=" ">" ">="
%left "+" "-"
%left "*" "/" "%"
%precedence NEGATION
%precedence "as"

%%

/* -- file ---------------------------------------------------------------------------------------------------------------- */
file:
  decls                                 { build_file(b, @$, $decls); }
;
decls:
  decl_lines
| decl_lines decl                       { $$ = build_add(b, $1, $decl); }
;
decl_lines:
  %empty                                { $$ = build_list(b, @$); }
| decl_lines "end of line"
| decl_lines decl "end of line"         { $$ = build_add(b, $1, $decl); }
;
decl:
  "funnel" NAME                         { $$ = build_header(b, @$, @NAME, NULL, 0); }
| "funnel" NAME text                    { $$ = build_header(b, @$, @NAME, $text, 0); }
| "module" NAME                         { $$ = build_header(b, @$, @NAME, NULL, FGR_MODULE); }
| "module" NAME text                    { $$ = build_header(b, @$, @NAME, $text, FGR_MODULE); }
| "channel" NAME                        { $$ = NAMED(LEAF(CHANNEL, @$), @NAME); }
| "timezone" text                       { $$ = NODE(TIMEZONE, @$, $text); }
| "locale" text                         { $$ = NODE(LOCALE, @$, $text); }
| "use" NAME                            { $$ = NAMED(LEAF(USE, @$), @NAME); }
| "contact" "{" fields "}"              { $$ = NODE(CONTACT, @$, $fields); }
| "secret" NAME                         { $$ = NAMED(LEAF(SECRET, @$), @NAME); }
| "enum" TNAME "{" members "}"          { $$ = NAMED(NODE(ENUM, @$, $members), @TNAME); }
| "record" TNAME "{" fields "}"         { $$ = NAMED(NODE(RECORD, @$, $fields), @TNAME); }
| "table" NAME "key" names "{" fields "}" { $$ = NAMED(NODE(TABLE, @$, $names, $fields), @NAME); }
| "hours" NAME "{" rules "}"            { $$ = NAMED(NODE(HOURS, @$, $rules), @NAME); }
| "agent" NAME "{" agent_props "}"      { $$ = NAMED(NODE(AGENT, @$, $agent_props), @NAME); }
| "tool" NAME "(" params ")" result text_opt block
                                        { $$ = NAMED(NODE(TOOL, @$, $params, $result, $text_opt, $block), @NAME); }
| "fn" NAME "(" params ")" result block { $$ = build_callee(b, NAMED(NODE(FN, @$, $params, $result, $block), @NAME)); }
| "flow" NAME "(" params ")" result block
                                        { $$ = build_callee(b, NAMED(NODE(FLOW, @$, $params, $result, $block), @NAME)); }
| "event" NAME                          { $$ = NAMED(NODE(EVENT, @$, NULL), @NAME); }
| "event" NAME "(" params ")"           { $$ = NAMED(NODE(EVENT, @$, $params), @NAME); }
| "var" NAME ":" type                   { $$ = NAMED(NODE(VAR, @$, $type, NULL), @NAME); }
| "var" NAME ":" type "=" expr          { $$ = NAMED(NODE(VAR, @$, $type, $expr), @NAME); }
| "var" NAME "=" expr                   { $$ = NAMED(NODE(VAR, @$, NULL, $expr), @NAME); }
| budget                                { $$ = build_kind(b, $budget, FGR_BUDGET); }
| "start" "start on" trigger "->" NAME  { $$ = build_start(b, @$, $trigger, NAMED(LEAF(JUMP, @NAME), @NAME)); }
| "always" "{" ons "}"                  { $$ = NODE(ALWAYS, @$, $ons); }
| "stage" NAME block                    { $$ = NAMED(NODE(STAGE, @$, $block), @NAME); }
| "migrate" "stage" NAME[old] "->" NAME[new] { $$ = build_text2(b, NAMED(LEAF(MIGRATE_STAGE, @$), @old), @new); }
| "migrate" "var" NAME "=" expr         { $$ = NAMED(NODE(MIGRATE_VAR, @$, $expr), @NAME); }
| allow
| "test" text "{" steps "}"             { $$ = build_titled(b, NODE(TEST, @$, $steps), $text, 0); }
| "test" "exact" text "{" steps "}"     { $$ = build_titled(b, NODE(TEST, @$, $steps), $text, FGR_EXACT); }
;
allow:
  "allow" "personal" path               { $$ = build_allow(b, @$, @path); }
;
budget:
  "budget" "1" "calls" "calls per" "conversation" { $$ = build_prop(b, @$, FGR_P_BUDGET, NULL, @2); }
;

/* -- names and texts ------------------------------------------------------------------------------------------------------ */
name_node: NAME                         { $$ = NAMED(LEAF(NAME, @$), @NAME); };
names:
  name_node                             { $$ = build_add(b, build_list(b, @$), $1); }
| names "," name_node                   { $$ = build_add(b, $1, $3); }
;
text:
  "text"                                { $$ = build_text(b, @$); }
| text_parts "}text"                    { $$ = build_text_end(b, @$, $1, @2); }
;
text_parts:
  "text{" expr                          { $$ = build_text_start(b, @1, $expr); }
| text_parts "}text{" expr              { $$ = build_text_more(b, $1, @2, $expr); }
;
text_opt: %empty { $$ = NULL; } | text;
texts:
  text                                  { $$ = build_add(b, build_list(b, @$), $1); }
| texts "," text                        { $$ = build_add(b, $1, $3); }
;

/* -- declarations' parts -------------------------------------------------------------------------------------------------- */
fields:
  field_lines
| field_lines field                     { $$ = build_add(b, $1, $2); }
;
field_lines:
  %empty                                { $$ = build_list(b, @$); }
| field_lines "end of line"
| field_lines field "end of line"       { $$ = build_add(b, $1, $2); }
| field_lines field ","                 { $$ = build_add(b, $1, $2); }
;
field:
  NAME ":" type                         { $$ = build_field(b, NAMED(NODE(FIELD, @$, $type, NULL), @NAME)); }
| NAME ":" type "=" expr                { $$ = build_field(b, NAMED(NODE(FIELD, @$, $type, $expr), @NAME)); }
;
members:
  member_lines
| member_lines member                   { $$ = build_add(b, $1, $2); }
;
member_lines:
  %empty                                { $$ = build_list(b, @$); }
| member_lines "end of line"
| member_lines member "end of line"     { $$ = build_add(b, $1, $2); }
| member_lines member ","               { $$ = build_add(b, $1, $2); }
;
member: NAME text_opt                   { $$ = NAMED(NODE(MEMBER, @$, $text_opt), @NAME); };

rules:
  rule_lines
| rule_lines rule                       { $$ = build_add(b, $1, $2); }
;
rule_lines:
  %empty                                { $$ = build_list(b, @$); }
| rule_lines "end of line"
| rule_lines rule "end of line"         { $$ = build_add(b, $1, $2); }
;
rule:
  days ranges                           { $$ = NODE(HOURS_RULE, @$, $days, $ranges); }
| "except" "holidays" NAME              { $$ = NAMED(NODE(HOURS_EXCEPT, @$, NULL), @NAME); }
| "except" exprs                        { $$ = NODE(HOURS_EXCEPT, @$, $exprs); }
;
days:
  days_one                              { $$ = build_add(b, build_list(b, @$), $1); }
| days "," days_one                     { $$ = build_add(b, $1, $3); }
;
days_one:
  day                                   { $$ = build_days(b, @$, @day, @day); }
| day[low] ".." day[high]               { $$ = build_days(b, @$, @low, @high); }
;
day: "mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun";
ranges:
  range_one                             { $$ = build_add(b, build_list(b, @$), $1); }
| ranges "," range_one                  { $$ = build_add(b, $1, $3); }
;
range_one: "09:00"[low] "-" "09:00"[high] { $$ = build_clocks(b, @$, @low, @high); };

agent_props:
  agent_prop_lines
| agent_prop_lines agent_prop           { $$ = build_add_all(b, $1, $2); }
;
agent_prop_lines:
  %empty                                { $$ = build_list(b, @$); }
| agent_prop_lines "end of line"
| agent_prop_lines agent_prop "end of line" { $$ = build_add_all(b, $1, $2); }
;
agent_prop:
  "model" expr                          { $$ = build_prop(b, @$, FGR_P_MODEL, $expr, @1); }
| "instructions" expr                   { $$ = build_prop(b, @$, FGR_P_INSTRUCTIONS, $expr, @1); }
| "remember" "1" "messages"             { $$ = build_prop(b, @$, FGR_P_REMEMBER, NULL, @2); }
| budget
| "can" names                           { $$ = build_cans(b, $names); }
;
params:
  %empty                                { $$ = build_list(b, @$); }
| param_list
| param_list ","
;
param_list:
  param                                 { $$ = build_add(b, build_list(b, @$), $1); }
| param_list "," param                  { $$ = build_add(b, $1, $3); }
;
param:
  NAME ":" type                         { $$ = NAMED(NODE(PARAM, @$, $type, NULL), @NAME); }
| NAME ":" type "=" expr                { $$ = NAMED(NODE(PARAM, @$, $type, $expr), @NAME); }
;
result: %empty { $$ = NULL; } | "->" type { $$ = $type; };
trigger:
  "message"                             { $$ = build_aux(NODE(START, @$, NULL, NULL, NULL), FGR_START_MESSAGE); }
| "keyword" texts                       { $$ = build_aux(NODE(START, @$, $texts, NULL, NULL), FGR_START_KEYWORD); }
| "campaign"                            { $$ = build_aux(NODE(START, @$, NULL, NULL, NULL), FGR_START_CAMPAIGN); }
| "event" NAME binds                    { $$ = NAMED(build_aux(NODE(START, @$, NULL, $binds, NULL), FGR_START_EVENT), @NAME); }
;
ons:
  on_lines
| on_lines on                           { $$ = build_add(b, $1, $2); }
;
on_lines:
  %empty                                { $$ = build_list(b, @$); }
| on_lines "end of line"
| on_lines on "end of line"             { $$ = build_add(b, $1, $2); }
;
on:
  "on" texts action                     { $$ = build_aux(NODE(ON, @$, $texts, NULL, NULL, $action), FGR_ON_PHRASE); }
| "on" "silence" expr action            { $$ = build_aux(NODE(ON, @$, NULL, $expr, NULL, $action), FGR_ON_SILENCE); }
| "on" "error" action                   { $$ = build_aux(NODE(ON, @$, NULL, NULL, NULL, $action), FGR_ON_ERROR); }
| "on" "event" NAME binds action        { $$ = NAMED(build_aux(NODE(ON, @$, NULL, NULL, $binds, $action), FGR_ON_EVENT), @NAME); }
| "on" "media" action                   { $$ = build_aux(NODE(ON, @$, NULL, NULL, NULL, $action), FGR_ON_MEDIA); }
| "on" "invalid" action                 { $$ = build_aux(NODE(ON, @$, NULL, NULL, NULL, $action), FGR_ON_INVALID); }
| "on" "failed" action                  { $$ = build_aux(NODE(ON, @$, NULL, NULL, NULL, $action), FGR_ON_FAILED); }
;

/* -- types ------------------------------------------------------------------------------------------------------------------ */
type:
  type_core
| type_core "?"                         { $$ = build_type_flag(b, $1, @$, FGR_OPTIONAL); }
| "personal" type                       { $$ = build_type_flag(b, $2, @$, FGR_PERSONAL); }
| "secret" type                         { $$ = build_type_flag(b, $2, @$, FGR_SECRET_FLAG); }
;
type_core:
  type_name
| type_name "(" "1" ")"                 { $$ = build_type_bound(b, $1, @$, @3); }
;
type_name:
  NAME                                  { $$ = build_type(b, @$, @1, NULL, NULL); }
| TNAME                                 { $$ = build_type(b, @$, @1, NULL, NULL); }
| NAME "list<" type "list>"             { $$ = build_type(b, @$, @1, $type, NULL); }
| NAME "list<" type[key] "," type[value] "list>" { $$ = build_type(b, @$, @1, $key, $value); }
;

/* -- statements ------------------------------------------------------------------------------------------------------------- */
block: "{" stmts "}"                    { $$ = NODE(BLOCK, @$, $stmts); };
stmts:
  stmt_lines
| stmt_lines stmt                       { $$ = build_add(b, $1, $2); }
;
stmt_lines:
  %empty                                { $$ = build_list(b, @$); }
| stmt_lines "end of line"
| stmt_lines stmt "end of line"         { $$ = build_add(b, $1, $2); }
;
stmt:
  headed
| path "=" value else_opt               { $$ = NODE(ASSIGN, @$, $path, $value, $else_opt); }
| path else_opt                         { $$ = build_do(b, NODE(DO, @$, $path, $else_opt)); }
;
/* What begins with a word of the language: also stands alone as what a branch does. */
headed:
  jump
| "end"                                 { $$ = LEAF(END, @$); }
| "say" expr                            { $$ = NODE(SAY, @$, $expr, NULL); }
| "say" expr "else" template            { $$ = NODE(SAY, @$, $expr, $template); }
| "ask" target text_opt clauses branch_block
                                        { $$ = build_ask(b, NODE(ASK, @$, $target, $text_opt, $branch_block), $clauses); }
| choose
| classify_arms
| "talk" "talk to" name_node clauses branch_block
                                        { $$ = build_ask(b, NODE(TALK, @$, $name_node, $branch_block), $clauses); }
| "wait" expr                           { $$ = NODE(WAIT_FOR, @$, $expr); }
| "wait" "wait until" expr              { $$ = NODE(WAIT_UNTIL, @$, $expr); }
| "wait" "message" clauses branch_block { $$ = build_ask(b, NODE(WAIT_MESSAGE, @$, $branch_block), $clauses); }
| "wait" "event" NAME binds where_opt branch_block
                                        { $$ = NAMED(NODE(WAIT_EVENT, @$, $binds, $where_opt, $branch_block), @NAME); }
| "return"                              { $$ = NODE(RETURN, @$, NULL); }
| "return" value else_opt               { $$ = NODE(RETURN, @$, $value, $else_opt); }
| if
| "match" expr "{" arms "}"             { $$ = NODE(MATCH, @$, $expr, $arms); }
| "for" NAME "in" expr where_opt order_opt limit_opt block
                                        { $$ = build_for(b, NODE(FOR, @$, $expr, $where_opt, $order_opt, $limit_opt, $block), @NAME, @order_opt); }
| "while" expr block                    { $$ = NODE(WHILE, @$, $expr, $block); }
| "let" NAME "=" value else_opt         { $$ = NAMED(NODE(LET, @$, NULL, $value, $else_opt), @NAME); }
| "let" NAME ":" type "=" value else_opt { $$ = NAMED(NODE(LET, @$, $type, $value, $else_opt), @NAME); }
| "let" NAME ":" type                   { $$ = NAMED(NODE(LET, @$, $type, NULL, NULL), @NAME); }
| effect else_opt                       { $$ = NODE(DO, @$, $effect, $else_opt); }
| "save" NAME "{" record_fields "}"     { $$ = NAMED(NODE(SAVE, @$, build_record(b, @3, @5, $record_fields)), @NAME); }
| "save" NAME expr                      { $$ = NAMED(NODE(SAVE, @$, $expr), @NAME); }
| "delete" NAME "[" exprs "]"           { $$ = NAMED(NODE(DELETE, @$, build_key(b, @exprs, $exprs)), @NAME); }
| "goal" NAME                           { $$ = NAMED(NODE(GOAL, @$, NULL), @NAME); }
| "goal" NAME "value" expr              { $$ = NAMED(NODE(GOAL, @$, $expr), @NAME); }
| "tag" expr                            { $$ = NODE(TAG, @$, $expr); }
| "untag" expr                          { $$ = build_flag(NODE(TAG, @$, $expr), FGR_UNTAG); }
| "handoff" team note branch_block      { $$ = NODE(HANDOFF, @$, $team, $note, $branch_block); }
| "notify" text expr                    { $$ = NODE(NOTIFY, @$, $text, $expr); }
| "react" expr                          { $$ = NODE(REACT, @$, $expr); }
| "typing"                              { $$ = NODE(TYPING, @$, NULL); }
| "typing" expr                         { $$ = NODE(TYPING, @$, $expr); }
| "send" template                       { $$ = $template; }
| "send" NAME operand text_opt else_opt { $$ = build_media(b, NODE(SEND_MEDIA, @$, $operand, $text_opt, $else_opt), @NAME); }
| "split" NAME "{" split_arms "}"       { $$ = NAMED(NODE(SPLIT, @$, $split_arms), @NAME); }
| allow
;
jump: "->" NAME                         { $$ = NAMED(LEAF(JUMP, @$), @NAME); };
if:
  "if" expr block                       { $$ = NODE(IF, @$, $expr, $block, NULL); }
| "if" expr block[then] "else" block[otherwise] { $$ = NODE(IF, @$, $expr, $then, $otherwise); }
| "if" expr block "else" if[otherwise]  { $$ = NODE(IF, @$, $expr, $block, $otherwise); }
;
template:
  "template" text template_args language { $$ = NODE(SEND_TEMPLATE, @$, $text, $template_args, $language); }
;
template_args: %empty { $$ = NULL; } | "(" exprs_opt ")" { $$ = $exprs_opt; };
language: %empty { $$ = NULL; } | "language" operand { $$ = $operand; };
target:
  path
| NAME ":" type                         { $$ = NAMED(NODE(LOCAL, @$, $type), @NAME); }
;
team: %empty { $$ = NULL; } | operand;
note: %empty { $$ = NULL; } | "note" operand { $$ = $operand; };
where_opt: %empty { $$ = NULL; } | "where" expr { $$ = $expr; };
order_opt: %empty { $$ = NULL; } | "order" "order by" expr { $$ = $expr; } | "order" "order by" expr "desc" { $$ = $expr; };
limit_opt: %empty { $$ = NULL; } | "limit" expr { $$ = $expr; };
binds: %empty { $$ = NULL; } | "(" names ")" { $$ = $names; } | "(" ")" { $$ = NULL; };
else_opt: %empty { $$ = NULL; } | "else" else_action { $$ = $else_action; };
else_action: value | block | jump | "end" { $$ = LEAF(END, @$); };

/* Clauses on the line of a question: `once`, `settle`. */
clauses:
  %empty                                { $$ = build_list(b, @$); }
| clauses "once"                        { $$ = build_flag($1, FGR_ONCE); }
| clauses settle                        { $$ = build_add(b, $1, $2); }
;
settle:
  "settle" expr                         { $$ = build_aux(NODE(BRANCH, @$, $expr, NULL, NULL), FGR_BR_SETTLE); }
| "settle" expr[quiet] "max" expr[most] { $$ = build_aux(NODE(BRANCH, @$, $quiet, $most, NULL), FGR_BR_SETTLE); }
;
branch_block: %empty { $$ = build_list(b, @$); } | "{" branches "}" { $$ = $branches; };
branches:
  branch_lines
| branch_lines branch                   { $$ = build_add(b, $1, $2); }
;
branch_lines:
  %empty                                { $$ = build_list(b, @$); }
| branch_lines "end of line"
| branch_lines branch "end of line"     { $$ = build_add(b, $1, $2); }
;
branch:
  "check" expr                          { $$ = build_aux(NODE(BRANCH, @$, $expr, NULL, NULL), FGR_BR_CHECK); }
| "check" expr[cond] "else" expr[say]   { $$ = build_aux(NODE(BRANCH, @$, $cond, $say, NULL), FGR_BR_CHECK); }
| "invalid" times text_opt action_opt   { $$ = build_times(b, NODE(BRANCH, @$, $text_opt, NULL, $action_opt), FGR_BR_INVALID, @times); }
| "failed" action                       { $$ = build_aux(NODE(BRANCH, @$, NULL, NULL, $action), FGR_BR_FAILED); }
| "silence" expr action                 { $$ = build_aux(NODE(BRANCH, @$, $expr, NULL, $action), FGR_BR_SILENCE); }
| "media" action                        { $$ = build_aux(NODE(BRANCH, @$, NULL, NULL, $action), FGR_BR_MEDIA); }
| "media" "transcribe"                  { $$ = build_flag(build_aux(NODE(BRANCH, @$, NULL), FGR_BR_MEDIA), FGR_TRANSCRIBE); }
| settle
| "other" action                        { $$ = build_aux(NODE(BRANCH, @$, NULL, NULL, $action), FGR_BR_OTHER); }
| "done" action                         { $$ = build_aux(NODE(BRANCH, @$, NULL, NULL, $action), FGR_BR_DONE); }
| "limit" "1" "messages" action         { $$ = build_times(b, NODE(BRANCH, @$, NULL, NULL, $action), FGR_BR_LIMIT, @2); }
;
times: %empty { $$ = NULL; } | "2x" { $$ = NULL; };
action: headed | block;
action_opt: %empty { $$ = NULL; } | action;

choose:
  "choose" text_opt clauses choose_block
                                        { $$ = build_choose(b, @$, build_nowhere(), NULL, $text_opt, $clauses, $choose_block); }
| "choose" NAME text_opt clauses choose_block
                                        { $$ = build_choose(b, @$, @NAME, NULL, $text_opt, $clauses, $choose_block); }
| "choose" NAME ":" type text_opt clauses choose_block
                                        { $$ = build_choose(b, @$, @NAME, $type, $text_opt, $clauses, $choose_block); }
| "choose" NAME text_opt[ask] "from" expr[rows] "label" expr[row] text_opt[late] row_action clauses choose_block
                                        { $$ = build_rows(b, @$, @NAME, $rows, $row, $ask, $late, $row_action, $clauses, $choose_block); }
;
row_action: %empty { $$ = NULL; } | jump { $$ = build_aux(NODE(BRANCH, @$, NULL, NULL, $jump), FGR_BR_FROM_ACTION); };
choose_block: %empty { $$ = build_list(b, @$); } | "{" choices "}" { $$ = $choices; };
choices:
  choice_lines
| choice_lines choice                   { $$ = build_add(b, $1, $2); }
;
choice_lines:
  %empty                                { $$ = build_list(b, @$); }
| choice_lines "end of line"
| choice_lines choice "end of line"     { $$ = build_add(b, $1, $2); }
;
choice:
  branch
| NAME text action_opt                  { $$ = NAMED(NODE(OPTION, @$, $text, $action_opt), @NAME); }
;
classify_arms:
  "classify" subject "as" type by "{" arms "}" { $$ = NODE(CLASSIFY, @$, $subject, $type, $by, $arms, NULL); }
;
subject: %empty { $$ = NULL; } | operand;
by: %empty { $$ = NULL; } | "by" name_node { $$ = $name_node; };
arms:
  arm_lines
| arm_lines arm                         { $$ = build_add(b, $1, $2); }
;
arm_lines:
  %empty                                { $$ = build_list(b, @$); }
| arm_lines "end of line"
| arm_lines arm "end of line"           { $$ = build_add(b, $1, $2); }
;
arm: patterns action                    { $$ = build_arm(b, NODE(ARM, @$, $patterns, $action)); };
patterns:
  pattern                               { $$ = build_pattern(b, build_list(b, @$), $1, @1); }
| patterns "," pattern                  { $$ = build_pattern(b, $1, $3, @3); }
;
pattern:
  expr
| expr[low] ".." expr[high]             { $$ = NODE(RANGE, @$, $low, $high); }
| "failed"                              { $$ = NULL; }
| "other"                               { $$ = NULL; }
;
split_arms:
  split_lines
| split_lines split_arm                 { $$ = build_add(b, $1, $2); }
;
split_lines:
  %empty                                { $$ = build_list(b, @$); }
| split_lines "end of line"
| split_lines split_arm "end of line"   { $$ = build_add(b, $1, $2); }
;
split_arm: "1" "%" NAME block           { $$ = build_num(b, NAMED(NODE(SPLIT_ARM, @$, $block), @NAME), @1); };

/* -- effects: only where a whole value stands ---------------------------------------------------------------------------------- */
value: expr | effect;
effect:
  "http" method operand http_props http_result { $$ = build_method(NODE(HTTP, @$, $operand, $http_props, $http_result), $method); }
| "extract" type "from" operand by      { $$ = NODE(EXTRACT, @$, $type, $operand, $by); }
| "classify" subject "as" type by       { $$ = NODE(CLASSIFY, @$, $subject, $type, $by, NULL, NULL); }
| "write" expr by                       { $$ = NODE(WRITE, @$, $expr, $by); }
| "find" NAME "[" exprs "]"             { $$ = NAMED(NODE(FIND, @$, build_key(b, @exprs, $exprs)), @NAME); }
;
method:
  "http get"                            { $$ = build_aux(LEAF(NAME, @$), FGR_GET); }
| "http post"                           { $$ = build_aux(LEAF(NAME, @$), FGR_POST); }
| "http put"                            { $$ = build_aux(LEAF(NAME, @$), FGR_PUT); }
| "http patch"                          { $$ = build_aux(LEAF(NAME, @$), FGR_PATCH); }
| "http delete"                         { $$ = build_aux(LEAF(NAME, @$), FGR_HTTP_DELETE); }
;
http_props: %empty { $$ = NULL; } | "{" http_prop_list "}" { $$ = $http_prop_list; };
http_prop_list:
  http_prop_lines
| http_prop_lines http_prop             { $$ = build_add(b, $1, $2); }
;
http_prop_lines:
  %empty                                { $$ = build_list(b, @$); }
| http_prop_lines "end of line"
| http_prop_lines http_prop "end of line" { $$ = build_add(b, $1, $2); }
;
http_prop:
  "header" text operand[content]        { $$ = build_header_prop(b, @$, $text, $content); }
| "body" expr                           { $$ = build_prop(b, @$, FGR_P_BODY, $expr, @1); }
| "timeout" expr                        { $$ = build_prop(b, @$, FGR_P_TIMEOUT, $expr, @1); }
;
http_result: %empty { $$ = NULL; } | "as" type { $$ = $type; };

/* -- expressions ------------------------------------------------------------------------------------------------------------- */
exprs:
  expr                                  { $$ = build_add(b, build_list(b, @$), $1); }
| exprs "," expr                        { $$ = build_add(b, $1, $3); }
;
exprs_opt: %empty { $$ = build_list(b, @$); } | exprs | exprs ",";
expr:
  operand
| expr "or" expr                        { $$ = build_binary(b, @$, FGR_OP_OR_ELSE, $1, $3); }
| expr "and" expr                       { $$ = build_binary(b, @$, FGR_OP_AND, $1, $3); }
| "not" expr                            { $$ = build_aux(NODE(UNARY, @$, $2), FGR_OP_NOT); }
| expr "==" expr                        { $$ = build_binary(b, @$, FGR_OP_EQ, $1, $3); }
| expr "!=" expr                        { $$ = build_binary(b, @$, FGR_OP_NE, $1, $3); }
| expr "<" expr                         { $$ = build_binary(b, @$, FGR_OP_LT, $1, $3); }
| expr "<=" expr                        { $$ = build_binary(b, @$, FGR_OP_LE, $1, $3); }
| expr ">" expr                         { $$ = build_binary(b, @$, FGR_OP_GT, $1, $3); }
| expr ">=" expr                        { $$ = build_binary(b, @$, FGR_OP_GE, $1, $3); }
| expr "+" expr                         { $$ = build_binary(b, @$, FGR_OP_ADD, $1, $3); }
| expr "-" expr                         { $$ = build_binary(b, @$, FGR_OP_SUB, $1, $3); }
| expr "*" expr                         { $$ = build_binary(b, @$, FGR_OP_MUL, $1, $3); }
| expr "/" expr                         { $$ = build_binary(b, @$, FGR_OP_DIV, $1, $3); }
| expr "%" expr                         { $$ = build_binary(b, @$, FGR_OP_MOD, $1, $3); }
| "-" expr %prec NEGATION               { $$ = build_aux(NODE(UNARY, @$, $2), FGR_OP_NEG); }
| expr "as" type                        { $$ = NODE(AS, @$, $1, $type); }
;
operand:
  path
| text
| "1"                                   { $$ = build_int(b, @$); }
| "1.5"                                 { $$ = build_number(b, @$); }
| "R$"                                  { $$ = build_money(b, @$); }
| "2h"                                  { $$ = build_duration(b, @$); }
| "true"                                { $$ = build_bool(b, @$, true); }
| "false"                               { $$ = build_bool(b, @$, false); }
| "none"                                { $$ = LEAF(NONE, @$); }
| list
| TNAME "{" record_fields "}"           { $$ = NAMED(NODE(RECORD_LIT, @$, $record_fields), @TNAME); }
| "(" expr ")"                          { $$ = build_flag($expr, FGR_PARENS); }
;
/* What begins with a name: may be called, indexed, assigned to. */
path:
  NAME                                  { $$ = NAMED(LEAF(NAME, @$), @NAME); }
| TNAME "." NAME                        { $$ = build_of_type(b, @$, @TNAME, @NAME); }
| TNAME "." NAME "(" args ")"           { $$ = NODE(CALL, @$, build_of_type(b, build_span(@1, @3), @TNAME, @NAME), $args); }
| NAME "(" args ")"                     { $$ = NODE(CALL, @$, build_callee(b, NAMED(LEAF(NAME, @1), @1)), $args); }
| path "." NAME                         { $$ = NAMED(NODE(MEMBER_OF, @$, $1), @NAME); }
| path "." NAME "(" args ")"            { $$ = build_method_call(b, @$, $1, @1, @NAME, $args); }
| path "[" expr "]"                     { $$ = NODE(INDEX, @$, $1, $expr); }
| "(" expr ")" "." NAME                 { $$ = NAMED(NODE(MEMBER_OF, @$, build_flag($expr, FGR_PARENS)), @NAME); }
| "(" expr ")" "." NAME "(" args ")"    { $$ = build_method_call(b, @$, build_flag($expr, FGR_PARENS), @1, @NAME, $args); }
| text "." NAME                         { $$ = NAMED(NODE(MEMBER_OF, @$, $text), @NAME); }
| text "." NAME "(" args ")"            { $$ = build_method_call(b, @$, $text, @1, @NAME, $args); }
;
args:
  %empty                                { $$ = build_list(b, @$); }
| arg_list
| arg_list ","
;
arg_list:
  arg                                   { $$ = build_add(b, build_list(b, @$), $1); }
| arg_list "," arg                      { $$ = build_add(b, $1, $3); }
;
arg:
  expr
| NAME ":" expr                         { $$ = NAMED(NODE(NAMED_ARG, @$, $expr), @NAME); }
;
list: "[" exprs_opt "]"                 { $$ = NODE(LIST_LIT, @$, $exprs_opt); };
record_fields:
  record_lines
| record_lines record_field             { $$ = build_add(b, $1, $2); }
;
record_lines:
  %empty                                { $$ = build_list(b, @$); }
| record_lines "end of line"
| record_lines record_field "end of line" { $$ = build_add(b, $1, $2); }
| record_lines record_field ","         { $$ = build_add(b, $1, $2); }
;
record_field: NAME ":" expr             { $$ = NAMED(NODE(NAMED_ARG, @$, $expr), @NAME); };

/* -- tests --------------------------------------------------------------------------------------------------------------------- */
steps:
  step_lines
| step_lines step                       { $$ = build_add(b, $1, $2); }
;
step_lines:
  %empty                                { $$ = build_list(b, @$); }
| step_lines "end of line"
| step_lines step "end of line"         { $$ = build_add(b, $1, $2); }
;
step:
  ">" text                              { $$ = NODE(STEP_SAYS, @$, $text); }
| ">" "[" NAME "]"                      { $$ = build_flag(NAMED(NODE(STEP_SAYS, @$, NULL), @NAME), FGR_BY_OPTION); }
| ">" NAME text_opt                     { $$ = build_media(b, NODE(STEP_SAYS, @$, $text_opt), @NAME); }
| "<" text option_ids                   { $$ = NODE(STEP_EXPECTS, @$, $text, $option_ids); }
| "<" step_word text_opt option_ids     { $$ = build_step_word(b, NODE(STEP_EXPECTS, @$, $text_opt, $option_ids), @step_word); }
| "<" option_id option_ids              { $$ = NODE(STEP_EXPECTS, @$, NULL, build_prepend(b, $option_id, $option_ids)); }
| "+" operand                           { $$ = NODE(STEP_CLOCK, @$, $operand); }
| "at" expr                             { $$ = NODE(STEP_AT, @$, $expr); }
| "given" path "=" expr                 { $$ = NODE(STEP_GIVEN, @$, $path, $expr); }
| "campaign"                            { $$ = NAMED(NODE(STEP_EVENT, @$, NULL), @$); }
| "event" NAME                          { $$ = NAMED(NODE(STEP_EVENT, @$, NULL), @NAME); }
| "event" NAME "(" args ")"             { $$ = NAMED(NODE(STEP_EVENT, @$, $args), @NAME); }
| "ai" ai_word "=>" ai_value            { $$ = build_step_word(b, NODE(STEP_AI, @$, $ai_value), @ai_word); }
| "ai" "tool" path                      { $$ = build_step_word(b, NODE(STEP_AI, @$, $path), @2); }
| "http" method text "=>" "1" text_opt  { $$ = build_num(b, build_method(NODE(STEP_HTTP, @$, $text, $text_opt), $method), @5); }
| "http" method text "=>" "failed"      { $$ = build_flag(build_method(NODE(STEP_HTTP, @$, $text, NULL), $method), FGR_FAILED); }
| "@" expr                              { $$ = NODE(STEP_ASSERT, @$, $expr); }
;
step_word:
  NAME | "choose" | "template" | "handoff" | "notify" | "react" | "typing" | "goal" | "tag" | "save" | "delete"
;
option_ids:
  %empty                                { $$ = build_list(b, @$); }
| option_ids option_id                  { $$ = build_add(b, $1, $2); }
;
option_id: "[" name_node "]"            { $$ = $name_node; };
ai_word: "extract" | "classify" | "write" | "talk" | NAME;
ai_value:
  expr
| "failed"                              { $$ = NULL; }
| "done"                                { $$ = build_step_word(b, LEAF(NAME, @$), @$); }
;

%%

/* -- the tables, for settle.c ---------------------------------------------------------------------------------------------------- */
#define FGR_TOKEN(NAME, ...) static_assert((int)FGR_TOK_##NAME == (int)FGR_Y_##NAME, "tokens.def");
#define FGR_KEYWORD(NAME, ...) static_assert((int)FGR_TOK_##NAME == (int)FGR_Y_##NAME, "keywords.def");
#define FGR_FOLLOWER(AFTER, NAME, ...) static_assert((int)FGR_TOK_##NAME == (int)FGR_Y_##NAME, "keywords.def");
#include "tokens.def"
#include "keywords.def"
#undef FGR_TOKEN
#undef FGR_KEYWORD
#undef FGR_FOLLOWER

/* The rule to reduce in a state before a token: > 0; a shift: < 0, the state negated; 0: the token does not fit. */
LR_UNCOUNTED static int lr_action(int state, int symbol)
{
    int i = yypact[state];
    if (i != YYPACT_NINF) {
        i += symbol;
        if (i >= 0 && i <= YYLAST && yycheck[i] == symbol) {
            int what = yytable[i];
            if (what > 0) {
                return -what;
            }
            return what == YYTABLE_NINF ? 0 : -what;
        }
    }
    return yydefact[state];
}

LR_UNCOUNTED static int lr_goto(int state, int rule)
{
    int symbol = yyr1[rule] - YYNTOKENS;
    int i = yypgoto[symbol] + state;
    return i >= 0 && i <= YYLAST && yycheck[i] == state ? yytable[i] : yydefgoto[symbol];
}

/* Reductions work on `top` above the first `base` states of the stack, so that a token that does not fit costs nothing. */
LR_UNCOUNTED enum lr_result lr_try(const struct lr_stack *s, uint16_t token, struct lr_step *step)
{
    int code = token;
    int symbol = YYTRANSLATE(code);
    step->base = s->n;
    step->n = 0;
    for (;;) {
        int state = step->n > 0 ? step->top[step->n - 1] : s->states[step->base - 1];
        int what = lr_action(state, symbol);
        if (what == 0) {
            return LR_REJECTED;
        }
        if (what < 0) {
            step->shift = (int16_t)-what;
            return -what == YYFINAL ? LR_ACCEPTED : LR_SHIFTED;
        }
        uint32_t pops = (uint32_t)yyr2[what];
        uint32_t above = pops < step->n ? pops : step->n;
        step->n -= above;
        step->base -= pops - above;
        int below = step->n > 0 ? step->top[step->n - 1] : s->states[step->base - 1];
        if (step->n == LR_STEP_MAX) {
            return LR_REJECTED;
        }
        step->top[step->n++] = (int16_t)lr_goto(below, what);
    }
}

static int yyreport_syntax_error(const yypcontext_t *context, struct build *b)
{
    (void)yypcontext_expected_tokens; /* settle.c asks the tables itself */
    build_broke(b, *yypcontext_location(context));
    return 0;
}

static void yyerror(const struct fgr_loc *at, struct build *b, const char *message)
{
    (void)message;
    build_broke(b, *at);
}
