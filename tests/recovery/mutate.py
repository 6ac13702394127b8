"""Mistakes people make, put into funnels that had none, by someone who never asked the compiler what it would say of them.

A Source is a funnel cut into tokens by a scanner of its own. A kind (KINDS) lists where its mistake can be made in a source;
what it returns is a Mistake: the edits, the lines where a person would say that the mistake is (`places`), and lines that may
speak of it as well because they follow from it (`excuses`, such as every use of a name whose declaration is gone). Lines are
those of the file with the mistakes; a place is (line before, lines further down), and the edits of all mistakes move it.
SPDX-License-Identifier: Apache-2.0
"""
import re
import unicodedata
from bisect import bisect_right


class Dice:
    """xorshift64*: the same throws on every machine and version."""

    def __init__(self, seed):
        self.state = (seed * 0x9E3779B97F4A7C15 + 0x2545F4914F6CDD1D) & (1 << 64) - 1 or 1
        for _ in range(4):
            self.throw()

    def throw(self):
        x = self.state
        x ^= x >> 12
        x = (x ^ x << 25) & (1 << 64) - 1
        x ^= x >> 27
        self.state = x
        return (x * 0x2545F4914F6CDD1D & (1 << 64) - 1) >> 33

    def below(self, n):
        return self.throw() % n

    def pick(self, items):
        return items[self.below(len(items))]


def fold(word):
    return ''.join(c for c in unicodedata.normalize('NFD', word.lower()) if not unicodedata.combining(c))


# -- the scanner ---------------------------------------------------------------------------------------------------------

class Token:
    def __init__(self, kind, a, b, text, line):
        self.kind, self.a, self.b, self.text, self.line = kind, a, b, text, line
        self.first = self.last = False  # on its line
        self.paren = 0


PLAIN = re.compile(r'(?P<money>R\$ ?[\d.]+,\d\d)|(?P<word>[^\W\d]\w*)|(?P<number>\d[\d.:]*\w*%?)|(?P<space>[ \t]+)'
                   r'|(?P<comment>#[^\n]*)|(?P<nl>\n)|(?P<sign>->|=>|==|!=|<=|>=|\.\.|.)')


def end_of_text(text, a):
    """Where the text that opens at a ends; inside {…} other texts may stand."""
    i, depth = a + 1, 0
    while text[i] != '\n' and (depth > 0 or text[i] != '"'):
        if text[i] == '\\':
            i += 1
        elif text[i] == '"':
            i = end_of_text(text, i) - 1
        else:
            depth += {'{': 1, '}': -1}.get(text[i], 0)
        i += 1
    return i + 1


def scan(text):
    tokens, at, line, paren = [], 0, 1, 0
    while at < len(text):
        if text.startswith('"""', at):
            kind, end = 'long', text.index('"""', at + 3) + 3
        elif text[at] == '"':
            kind, end = 'text', end_of_text(text, at)
        else:
            match = PLAIN.match(text, at)
            kind, end = match.lastgroup, match.end()
        token = Token(kind, at, end, text[at:end], line)
        paren += {'(': 1, '[': 1, ')': -1, ']': -1}.get(token.text, 0)
        token.paren = paren
        line += token.text.count('\n')
        at = end
        if kind not in ('space', 'nl'):
            tokens.append(token)
    return tokens


class Source:
    def __init__(self, name, text, words):
        """words: rows (token, en, pt, class) of keywords.def."""
        self.name, self.text = name, text
        self.lines = text.split('\n')
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line) + 1)
        self.english = re.search(r'^(?:funnel|module) ', text, re.M) is not None
        self.classes = {row[1 if self.english else 2]: row[3] for row in words}
        self.tokens_of = {row[1 if self.english else 2]: row[0] for row in words}
        self.other = {row[1 if self.english else 2]: row[2 if self.english else 1] for row in words}
        self.own = {row[0]: row[1 if self.english else 2] for row in words}
        self.folded = {fold(w) for row in words for w in row[1:3]}
        scanned = scan(text)
        self.comments = [t for t in scanned if t.kind == 'comment']
        self.tokens = [t for t in scanned if t.kind != 'comment']
        self.names = {fold(t.text) for t in self.tokens if t.kind == 'word'}
        self.by_line = {}
        for i, token in enumerate(self.tokens):
            token.index = i
            self.by_line.setdefault(token.line, []).append(token)
        for row in self.by_line.values():
            row[0].first = row[-1].last = True
        self.find_blocks()
        self.find_names()

    def find_blocks(self):
        """closes[i] is the token that closes the brace i; inside[i] the brace token i stands in."""
        self.closes, self.inside, stack = {}, {}, []
        for i, token in enumerate(self.tokens):
            self.inside[i] = stack[-1] if stack else None
            if token.text == '{':
                stack.append(i)
            elif token.text == '}':
                self.closes[stack.pop()] = i
        self.opens = {close: open_ for open_, close in self.closes.items()}
        self.test_lines = set()
        for token in self.tokens:
            if token.first and self.is_word(token, 'TEST') and self.inside[token.index] is None:
                brace = next(i for i in range(token.index, len(self.tokens)) if self.tokens[i].text == '{')
                self.test_lines |= set(range(token.line, self.tokens[self.closes[brace]].line + 1))

    def find_names(self):
        heads = {self.own[w]: w for w in ('STAGE', 'VAR', 'FN', 'FLOW', 'ENUM', 'RECORD', 'TABLE', 'EVENT', 'AGENT', 'TOOL')}
        self.declared = {}
        for token in self.tokens:
            if token.first and token.text in heads and self.inside[token.index] is None:
                self.declared[self.tokens[token.index + 1].text] = (heads[token.text], token.line)
        self.fields = set()
        contact = self.own['CONTACT']
        for token in self.tokens:
            if token.text == contact and token.first and self.inside[token.index] is None:
                brace = token.index + 1
                self.fields |= {t.text for t in self.tokens[brace:self.closes[brace]] if t.first}

    def is_word(self, token, *names):
        return token.kind == 'word' and self.tokens_of.get(token.text) in names

    def at(self, i):
        return self.tokens[i] if 0 <= i < len(self.tokens) else Token('none', 0, 0, '', 0)

    def after(self, token):
        return self.at(token.index + 1)

    def before(self, token):
        return self.at(token.index - 1)

    def code(self, *kinds):
        """Tokens outside tests, those inside only one line in four: tests are half of an example."""
        return [t for t in self.tokens if (not kinds or t.kind in kinds) and (t.line not in self.test_lines or t.line % 4 == 0)]

    def uses(self, name):
        return {t.line for t in self.tokens if t.kind == 'word' and t.text == name} | {
            t.line for t in self.tokens if t.kind == 'text' and re.search(r'[{ (]%s\b' % re.escape(name), t.text)}

    def declares(self, a, b):
        """Lines that declare what the text from a to b uses: when it goes, they may be told as unused."""
        heads = ('LET', 'VAR', 'ASK', 'CHOOSE', 'STAGE', 'FN', 'FLOW', 'RECORD', 'ENUM', 'TABLE', 'SECRET', 'AGENT', 'TOOL', 'EVENT')
        gone = set(re.findall(r'[^\W\d]\w*', self.text[a:b]))
        return {t.line for t in self.tokens if t.kind == 'word' and t.text in gone and
                (self.is_word(self.before(t), *heads) or self.after(t).text == ':')}

    def line_end(self, line):
        row = self.by_line[line]
        return row[-1].b

    def next_line(self, line):
        return min((n for n in self.by_line if n > line), default=line)

    def line_before(self, line):
        return max((n for n in self.by_line if n < line), default=line)

    def closers(self, token):
        """Lines of the braces that close around a token."""
        found, i = set(), self.inside[token.index]
        while i is not None:
            found.add(self.tokens[self.closes[i]].line)
            i = self.inside[i]
        return found

    def declaration(self, token):
        """The line of the declaration a token stands in."""
        line, i = token.line, self.inside[token.index]
        while i is not None:
            line, i = self.tokens[i].line, self.inside[i]
        return line


class Mistake:
    def __init__(self, edits, places, excuses=(), wrong=True):
        """edits: (a, b, text). wrong: False where the language takes it; then nothing may be told."""
        self.edits = edits
        self.places = {p if isinstance(p, tuple) else (p, 0) for p in places}
        self.excuses = {p if isinstance(p, tuple) else (p, 0) for p in excuses}
        self.wrong = wrong
        self.kind = None


# -- small helpers of the kinds --------------------------------------------------------------------------------------------

def swap(token, text, **more):
    return Mistake([(token.a, token.b, text)], {token.line}, **more)


def cut(source, token):
    """Deletes a token and the space before it."""
    a = token.a
    while a > 0 and source.text[a - 1] == ' ' and not token.first:
        a -= 1
    return [(a, token.b, ' ' if a < token.a and not token.last and token.kind != 'sign' else '')]


NEAR = {'a': 's', 'e': 'r', 'i': 'o', 'o': 'p', 's': 'd', 't': 'r', 'n': 'm', 'm': 'n', 'r': 't', 'c': 'v', 'l': 'k', 'g': 'h'}


def typo(source, word, dice):
    for _ in range(40):
        i = 1 + dice.below(len(word) - 1) if len(word) > 1 else 0
        how = dice.below(4)
        if how == 0:
            new = word[:i] + word[i + 1:]
        elif how == 1:
            new = word[:i] + word[i] + word[i:]
        elif how == 2 and i + 1 < len(word):
            new = word[:i] + word[i + 1] + word[i] + word[i + 2:]
        else:
            new = word[:i] + NEAR.get(word[i], 'x') + word[i + 1:]
        if len(new) > 1 and fold(new) != fold(word) and fold(new) not in source.folded | source.names:
            return new
    return word + 'x'


BRANCHES = ('INVALID', 'FAILED', 'SILENCE', 'MEDIA', 'CHECK', 'SETTLE', 'OTHER', 'DONE', 'MODEL', 'INSTRUCTIONS', 'REMEMBER',
            'HEADER', 'BODY', 'TIMEOUT', 'ON', 'GIVEN')
MIDDLE = ('ELSE', 'IN', 'AND', 'TEMPLATE', 'LANGUAGE', 'FROM', 'WAIT_UNTIL', 'CLASSIFY', 'MESSAGE', 'CAMPAIGN', 'KEYWORD')


def keywords(source):
    """Words that surely are the language's where they stand."""
    found = []
    for t in source.code('word'):
        kind, name = source.classes.get(t.text), source.tokens_of.get(t.text)
        if source.after(t).text in (':', '=', '.', ',', ')', '==') or len(t.text) < 3 or source.before(t).text == '.':
            continue
        head = t.first and (kind == 'RESERVED' or (kind == 'DECL' and source.inside[t.index] is None) or name in BRANCHES)
        if (head and name not in ('FUNNEL', 'MODULE')) or (not t.first and name in MIDDLE):
            found.append(t)
    return found


def targets(source):
    return [t for t in source.code('word') if source.before(t).text == '->' and
            source.declared.get(t.text, ('', 0))[0] == 'STAGE']


def name_uses(source):
    """Where a declared name is used, and the compiler must know that it is one."""
    found = targets(source)
    for t in source.code('word'):
        kind = source.declared.get(t.text, ('', 0))[0]
        before, after = source.before(t), source.after(t)
        if before.text == '.' and source.at(t.index - 2).text == source.own['CONTACT'] and t.text in source.fields:
            found.append(t)
        elif before.text != '.' and after.text != ':' and not t.first and (
                (kind == 'VAR' and not source.is_word(before, 'VAR', 'LET', 'ASK')) or
                (kind in ('FN', 'FLOW') and after.text == '(' and not source.is_word(before, 'FN', 'FLOW')) or
                (kind in ('RECORD', 'ENUM') and before.text in (':', '<', '=', ','))):
            found.append(t)
    return [t for t in found if len(t.text) > 2]


def statements(source):
    """First tokens of lines that are whole statements, in a stage or flow."""
    heads = ('SAY', 'LET', 'TAG', 'GOAL', 'END', 'SEND', 'HANDOFF', 'NOTIFY', 'SAVE', 'RETURN')
    found = []
    for t in source.tokens:
        row = source.by_line[t.line]
        alone = row[-1].text not in ('{', '}', ',', '(') and row[-1].kind != 'long' and row[-1].paren == 0
        if t.first and alone and t.line not in source.test_lines and source.inside[t.index] is not None and (
                source.is_word(t, *heads) or (t.text == '->')):
            found.append(t)
    return found


def options(source):
    return [t for t in source.tokens if t.first and t.kind == 'word' and source.classes.get(t.text) is None and
            source.after(t).kind == 'text' and source.at(t.index + 2).text in ('->', '{') and
            '{' not in source.after(t).text and t.line not in source.test_lines]


def texts(source):
    return [t for t in source.code('text') if len(t.text) > 4]


def brace_lines(source, open_):
    close = source.tokens[source.closes[open_]]
    return close, {source.tokens[open_].line, close.line, source.next_line(close.line), source.line_before(close.line)}


# -- the kinds -------------------------------------------------------------------------------------------------------------
# Each: source -> list of functions (dice -> Mistake).

def each(tokens, make):
    return [lambda dice, t=t: make(t, dice) for t in tokens]


def brace_open_missing(s):
    return each([t for t in s.code() if t.text == '{' and t.last and not t.first],
                lambda t, d: Mistake(cut(s, t), {t.line}))


def brace_open_inline(s):
    inline = [t for t in s.code() if t.text == '{' and not t.last and s.tokens[s.closes[t.index]].line == t.line]
    return each(inline, lambda t, d: Mistake([(t.a, t.b + 1, '')], {t.line}))


def brace_close_missing(s):
    def make(t, d):
        return Mistake([(t.a, t.b, '')], brace_lines(s, s.opens[t.index])[1])
    return each([t for t in s.code() if t.text == '}' and t.first and t.last], make)


def brace_close_inline(s):
    inline = [t for t in s.code() if t.text == '}' and s.tokens[s.opens[t.index]].line == t.line]
    return each(inline, lambda t, d: Mistake(cut(s, t), {t.line}))


def brace_open_extra(s):
    return each(statements(s), lambda t, d: Mistake([(s.line_end(t.line), s.line_end(t.line), ' {')],
                                                    {t.line, s.next_line(t.line)}))


def brace_close_extra(s):
    def make(t, d):
        end = s.line_end(t.line)
        return Mistake([(end, end, ' }')], {t.line, s.next_line(t.line)} | s.closers(t))
    return each(statements(s), make)


def brace_for_colon(s):
    return each([t for t in s.code() if t.text == '{' and t.last and not t.first],
                lambda t, d: Mistake(cut(s, t)[:0] + [(t.a - 1, t.b, ':')], {t.line}))


def quote_open_missing(s):
    return each(texts(s), lambda t, d: Mistake([(t.a, t.a + 1, '')], {t.line}))


def quote_close_missing(s):
    return each(texts(s), lambda t, d: Mistake([(t.b - 1, t.b, '')], {t.line}))


def quote_extra(s):
    return each(texts(s), lambda t, d: Mistake([(t.b, t.b, '"')], {t.line}))


def quote_curly_unbalanced(s):
    def make(t, d):
        edit = d.pick([(t.a, t.a + 1, '“'), (t.b - 1, t.b, '”')])
        return Mistake([edit], {t.line})
    return each(texts(s), make)


def quote_single(s):
    return each([t for t in texts(s) if "'" not in t.text and '{' not in t.text],
                lambda t, d: swap(t, "'" + t.text[1:-1] + "'"))


def text_broken(s):
    """A text with a line break in it, pasted from a document."""
    def make(t, d):
        middle = t.text.index(' ', 3) + t.a
        return Mistake([(middle, middle + 1, '\n')], {t.line, (t.line, 1)})
    return each([t for t in texts(s) if ' ' in t.text[3:] and '{' not in t.text], make)


def interpolation_open(s):
    def make(t, d):
        at = t.a + t.text.rindex('}')
        return Mistake([(at, at + 1, '')], {t.line})
    return each([t for t in texts(s) if '}' in t.text], make)


def interpolation_name(s):
    found = []
    for t in texts(s):
        for match in re.finditer(r'\{%s\.(\w+)' % s.own['CONTACT'], t.text):
            found.append((t, match.group(1), t.a + match.start(1)))
    return [lambda d, x=x: Mistake([(x[2], x[2] + len(x[1]), typo(s, x[1], d))], {x[0].line}) for x in found
            if x[1] in s.fields]


def arrows(s):
    return [t for t in s.code() if t.text == '->' and t.line not in s.test_lines]


def arrow_missing(s):
    return each(arrows(s), lambda t, d: Mistake([(t.a, t.b + 1, '')], {t.line}))


def arrow_wrong(s):
    return each(arrows(s), lambda t, d: swap(t, d.pick(['=>', '- >', '-->', '>', '~>', '–>'])))


def arrow_unicode(s):
    return each(arrows(s), lambda t, d: swap(t, d.pick('→➔'), wrong=None))


def commas(s):
    return [t for t in s.code() if t.text == ',']


def comma_missing(s):
    return each([t for t in commas(s) if not t.last], lambda t, d: swap(t, ''))


def comma_extra(s):
    return each(commas(s), lambda t, d: swap(t, ',,'))


def comma_semicolon(s):
    return each(commas(s), lambda t, d: swap(t, ';'))


def paren_open_missing(s):
    return each([t for t in s.code() if t.text == '('], lambda t, d: swap(t, ' '))


def paren_close_missing(s):
    return each([t for t in s.code() if t.text == ')'], lambda t, d: swap(t, ''))


def paren_close_extra(s):
    found = [t for t in s.code() if (t.text == ')' or t.kind == 'text') and t.paren == 0]
    return each(found, lambda t, d: Mistake([(t.b, t.b, ')')], {t.line}))


def paren_open_extra(s):
    return each([t for t in s.code() if t.text == '('], lambda t, d: swap(t, '(('))


def keyword_misspelt(s):
    return each(keywords(s), lambda t, d: swap(t, typo(s, t.text, d)))


def keyword_capital(s):
    return each([t for t in keywords(s) if t.first],
                lambda t, d: swap(t, d.pick([t.text.capitalize(), t.text.upper()]), wrong=None))


def keyword_other_language(s):
    return each([t for t in keywords(s) if fold(s.other[t.text]) != fold(t.text) and
                 s.classes.get(s.other[t.text]) is None], lambda t, d: swap(t, s.other[t.text]))


def keyword_doubled(s):
    return each([t for t in keywords(s) if t.first], lambda t, d: swap(t, t.text + ' ' + t.text))


def name_misspelt(s):
    return each(name_uses(s), lambda t, d: swap(t, typo(s, t.text, d)))


def name_declared_wrong(s):
    """The declaration itself is misspelt: any of its uses may say so."""
    def make(t, d):
        uses = s.uses(t.text)
        return Mistake([(t.a, t.b, typo(s, t.text, d))], uses | {t.line})
    found = [s.after(t) for t in s.tokens if t.first and s.inside[t.index] is None and s.is_word(t, 'STAGE', 'VAR', 'FN', 'TABLE')]
    return each([t for t in found if len(s.uses(t.text)) > 1], make)


def name_without_accent(s):
    return each([t for t in name_uses(s) if fold(t.text) != t.text.lower()], lambda t, d: swap(t, fold(t.text)))


def name_capital(s):
    return each([t for t in name_uses(s) if t.text[0].islower()], lambda t, d: swap(t, t.text.capitalize()))


def equal_for_compare(s):
    return each([t for t in s.code() if t.text == '=='], lambda t, d: swap(t, '='))


def compare_for_equal(s):
    return each([t for t in s.code() if t.text == '='], lambda t, d: swap(t, '=='))


def money_wrong(s):
    def make(t, d):
        digits = t.text.replace('R$', '').strip()
        whole, cents = digits.split(',')
        return swap(t, d.pick(['R$ ' + whole, 'R$ %s,%s' % (whole, cents[0]), 'R %s' % digits, '$ ' + digits,
                               'R$ %s.%s' % (whole, cents), 'R$ %s0' % digits, 'RS ' + digits, 'R$ ' + cents + ',']))
    return each(s.code('money'), make)


def duration_wrong(s):
    found = [t for t in s.code('number') if re.fullmatch(r'\d+(s|min|h|d)', t.text)]
    return each(found, lambda t, d: swap(t, d.pick([t.text + 'x', t.text + 'oras', re.sub(r'\D', '', t.text)])))


def type_wrong(s):
    before = ('=', '==', '>', '<', '>=', '<=', '+', '-', '*')
    found = [t for t in s.code('number', 'money') if t.line not in s.test_lines and (
        s.before(t).text in before or s.is_word(s.before(t), 'SILENCE', 'WAIT', 'TIMEOUT', 'SETTLE'))]
    return each(found, lambda t, d: swap(t, '"%s"' % d.pick(['dez', '10', 'sim'])))


def type_misspelt(s):
    found = [t for t in s.code('word') if s.classes.get(t.text) == 'TYPE' and s.before(t).text in (':', '<', '->')]
    return each(found, lambda t, d: swap(t, typo(s, t.text, d)))


def type_other_language(s):
    found = [t for t in s.code('word') if s.classes.get(t.text) == 'TYPE' and s.before(t).text in (':', '<', '->')
             and s.other[t.text] != t.text]
    return each(found, lambda t, d: swap(t, s.other[t.text]))


def colon_missing(s):
    return each([t for t in s.code() if t.text == ':'], lambda t, d: swap(t, ''))


def dot_missing(s):
    return each([t for t in s.code() if t.text == '.'], lambda t, d: swap(t, d.pick([' ', ','])))


def stage_undefined(s):
    return each(targets(s), lambda t, d: swap(t, d.pick(['proxima_parte', 'etapa_2', 'fechamento_x'])))


def stage_doubled(s):
    heads = [t for t in s.tokens if t.first and s.is_word(t, 'STAGE') and s.inside[t.index] is None]

    def make(t, d):
        other = s.after(d.pick(heads))
        close = s.tokens[s.closes[t.index + 2]]
        text = '\n\n%s %s {\n  %s\n}' % (t.text, other.text, s.own['END'])
        return Mistake([(close.b, close.b, text)], {(close.line, 2), other.line})
    return each(heads, make)


def line_doubled(s):
    rows = options(s) + [t for t in s.tokens if t.first and t.line not in s.test_lines and
                         (s.is_word(t, 'VAR', 'SECRET', 'SILENCE', 'FAILED') or
                          (t.kind == 'word' and s.after(t).text == ':'))]
    whole = [t for t in rows if s.by_line[t.line][-1].text not in ('{', '(', '[', '"""') and
             s.by_line[t.line][-1].kind != 'long' and t.paren == 0]

    def make(t, d):
        line = s.lines[t.line - 1]
        end = s.starts[t.line] - 1
        return Mistake([(end, end, '\n' + line)], {t.line, (t.line, 1)})
    return each(whole, make)


def line_lost(s):
    """A line that declares, or the head of a stage, is gone."""
    def make(t, d):
        name = s.after(t).text
        start, end = s.starts[t.line - 1], s.line_end(t.line)
        near = {t.line, s.next_line(t.line), s.line_before(t.line)} if s.is_word(t, 'STAGE') else {t.line}
        closing = {s.tokens[s.closes[t.index + 2]].line} if s.is_word(t, 'STAGE') else set()
        return Mistake([(start, end, '')], near | closing | s.uses(name),
                       excuses=s.uses(name) | s.declares(start, end))
    rows = [t for t in s.tokens if t.first and s.inside[t.index] is None and s.is_word(t, 'STAGE', 'VAR', 'SECRET') and
            s.by_line[t.line][-1].text not in ('(', '[') and len(s.uses(s.after(t).text)) > 1]
    return each(rows, make)


def way_out_lost(s):
    """The `end` or `->` that a stage needs at its end."""
    found = []
    for open_, close in s.closes.items():
        head = s.by_line[s.tokens[open_].line][0]
        last = s.by_line.get(s.line_before(s.tokens[close].line), [None])[0]
        if s.inside[open_] is None and s.is_word(head, 'STAGE') and last is not None and (
                s.is_word(last, 'END') or last.text == '->') and len(s.by_line[last.line]) < 3:
            found.append((head, last, s.tokens[close]))

    def make(x, d):
        head, last, close = x
        lost = s.after(last).text
        excuse = {s.declared[lost][1]} if lost in s.declared else set()
        return Mistake([(last.a, s.line_end(last.line), '')],
                       {head.line, last.line, close.line, s.line_before(last.line)}, excuses=excuse)
    return [lambda d, x=x: make(x, d) for x in found]


def lines_joined(s):
    rows = {t.line for t in statements(s)}

    def make(t, d):
        end, start = s.line_end(t.line), s.by_line[t.line + 1][0].a
        rest = s.line_end(t.line + 1)
        return Mistake([(end, rest, ' ' + s.text[start:rest] + '\n')], {t.line})
    return each([t for t in statements(s) if t.line + 1 in rows and t.text != '->' and not s.is_word(t, 'END', 'RETURN')], make)


def else_alone(s):
    found = [t for t in s.code('word') if s.is_word(t, 'ELSE') and s.before(t).text == '}' and s.before(t).first]
    return each(found, lambda t, d: Mistake([(t.a - 1, t.a, '\n' + ' ' * (s.before(t).a - s.starts[t.line - 1]))],
                                            {t.line, (t.line, 1)}))


def value_missing(s):
    found = [t for t in s.code() if t.text == '=' and s.is_word(s.at(t.index - 2), 'LET', 'VAR') and
             s.by_line[t.line][-1].text not in ('{', '(', '[') and not t.last]
    return each(found, lambda t, d: Mistake([(t.b, s.line_end(t.line), '')], {t.line},
                                            excuses=s.declares(t.b, s.line_end(t.line))))


def prompt_missing(s):
    """say, handoff and such without what they say."""
    found = [t for t in s.code('text') if s.is_word(s.before(t), 'SAY', 'TEMPLATE', 'TAG') and s.before(t).first and t.last]
    return each(found, lambda t, d: Mistake(cut(s, t), {t.line}, excuses=s.declares(t.a, t.b)))


def label_long(s):
    return each(options(s), lambda t, d: swap(s.after(t), d.pick(
        ['"Quero falar com uma pessoa agora"', '"Ver os horários da próxima semana"', '"Não sei, me ajude a decidir"'])))


def semicolon(s):
    return each(statements(s), lambda t, d: Mistake([(s.line_end(t.line), s.line_end(t.line), ';')], {t.line}))


def sign_of_c(s):
    signs = {'AND': '&&', 'OR': '||', 'NOT': '!'}
    found = [t for t in s.code('word') if s.is_word(t, *signs) and not t.first]
    return each(found, lambda t, d: swap(t, signs[s.tokens_of[t.text]]))


def comment_of_c(s):
    return each([t for t in s.comments if s.text[s.starts[t.line - 1]:t.a].strip() == ''],
                lambda t, d: Mistake([(t.a, t.a + 1, '//')], {t.line}))


def hidden_character(s):
    found = [t for t in s.code('word', 'text') if not t.last]
    return each(found, lambda t, d: Mistake([(t.b, t.b, d.pick('\u200b\u200d\u2060'))], {t.line}))


# What the language takes: nothing may be told.

def fine_indent(s):
    return each([t for t in s.code() if t.first and s.inside[t.index] is not None and t.kind != 'long'],
                lambda t, d: Mistake([(s.starts[t.line - 1], t.a, ' ' * d.below(9))], {t.line}, wrong=False))


def fine_curly(s):
    return each([t for t in texts(s) if '{' not in t.text and '“' not in t.text and '”' not in t.text],
                lambda t, d: swap(t, '“' + t.text[1:-1] + '”', wrong=False))


def fine_hard_space(s):
    """A no-break space between two words, as documents and web pages have them."""
    found = [t for t in s.code('word') if not t.first and s.text[t.a - 1] == ' ']
    return each(found, lambda t, d: Mistake([(t.a - 1, t.a, '\u00a0')], {t.line}, wrong=None))


KINDS = {f.__name__: f for f in (
    brace_open_missing, brace_open_inline, brace_close_missing, brace_close_inline, brace_open_extra, brace_close_extra,
    brace_for_colon, quote_open_missing, quote_close_missing, quote_extra, quote_curly_unbalanced, quote_single, text_broken,
    interpolation_open, interpolation_name, arrow_missing, arrow_wrong, arrow_unicode, comma_missing, comma_extra, comma_semicolon,
    paren_open_missing, paren_close_missing, paren_open_extra, paren_close_extra, keyword_misspelt, keyword_capital,
    keyword_other_language, keyword_doubled, name_misspelt, name_declared_wrong, name_without_accent, name_capital,
    equal_for_compare, compare_for_equal, money_wrong, duration_wrong, type_wrong, type_misspelt, type_other_language,
    colon_missing, dot_missing, stage_undefined, stage_doubled, line_doubled, line_lost, way_out_lost, lines_joined, else_alone,
    value_missing, prompt_missing, label_long, semicolon, sign_of_c, comment_of_c, hidden_character,
    fine_indent, fine_curly, fine_hard_space)}


# -- one broken funnel -------------------------------------------------------------------------------------------------------

class Mutant:
    def __init__(self, source, mistakes):
        self.source, self.mistakes = source, mistakes
        self.edits = sorted(e for m in mistakes for e in m.edits)
        text, at = '', 0
        for a, b, new in self.edits:
            text += source.text[at:a] + new
            at = b
        self.text = text + source.text[at:]

    def line(self, place):
        """A place of a mistake as a line of the broken text."""
        line, further = place
        start = self.source.starts[line - 1]
        moved = sum(new.count('\n') - self.source.text[a:b].count('\n') for a, b, new in self.edits if b <= start and a < start)
        return line + moved + further

    def lines(self, places):
        return {self.line(p) for p in places}

    def stages(self):
        """Stages no mistake touches: their heads and their braces are as they were."""
        s, found = self.source, []
        for t in s.tokens:
            if t.first and s.is_word(t, 'STAGE') and s.inside[t.index] is None:
                close = s.tokens[s.closes[t.index + 2]]
                around = (s.before(t).a, close.b)
                if not any(a <= around[1] and b >= around[0] for a, b, _ in self.edits):
                    found.append(s.after(t).text)
        return found


def zone(mistake):
    lines = {line for line, _ in mistake.places}
    near = set(lines)
    if max(lines) - min(lines) < 40:
        near = set(range(min(lines) - 1, max(lines) + 2))
    return near


def mutant(sources, seed, kinds=None):
    """One funnel with one to seven mistakes at places that have nothing to do with each other."""
    dice = Dice(seed)
    source, wanted = dice.pick(sources), 1 + dice.below(7)
    taken, mistakes = set(), []
    for _ in range(60):
        kind = dice.pick(kinds or list(KINDS))
        found = source.cache.setdefault(kind, KINDS[kind](source)) if hasattr(source, 'cache') else KINDS[kind](source)
        if not found:
            continue
        mistake = dice.pick(found)(dice)
        mistake.kind = kind
        lines = zone(mistake)
        if lines & taken or any(a < f and b > e or (a, b) == (e, f) for a, b, _ in mistake.edits
                                for m in mistakes for e, f, _ in m.edits):
            continue
        taken |= lines
        mistakes.append(mistake)
        if len(mistakes) == wanted:
            break
    return Mutant(source, mistakes)


def keyword_rows(path):
    with open(path, encoding='utf-8') as file:
        text = file.read()
    rows = re.findall(r'^FGR_KEYWORD\((\w+), "([^"]+)", "([^"]+)", (\w+)\)', text, re.M)
    rows += [(token, en, pt, 'FOLLOWER') for _, token, en, pt in
             re.findall(r'^FGR_FOLLOWER\((\w+), (\w+), "([^"]+)", "([^"]+)"\)', text, re.M)]
    seen, kept = set(), []
    for row in rows:  # a follower may share its spelling with a word: the word stays
        if row[1] not in seen and row[2] not in seen:
            seen |= {row[1], row[2]}
            kept.append(row)
    return kept
