#!/usr/bin/env python3
"""Writes base/unicode_tables.h from the Unicode data that comes with Python.

    unicode_tables.py > ../unicode_tables.h     after a new Unicode version
    unicode_tables.py --check FILE              exit 1 when FILE is not what this script writes
    unicode_tables.py --sums                    checksums of the whole behaviour, for tests/unit/test_fold.c

What "the same word" means is decided here, once: see fold(). The C code only looks up.
SPDX-License-Identifier: Apache-2.0
"""
import sys
import unicodedata as ud

LAST = 0x110000
# Blocks of combining marks that are accents. Vowel signs of other scripts are letters, and stay.
ACCENTS = [(0x0300, 0x036F), (0x0483, 0x0487), (0x1AB0, 0x1AFF), (0x1DC0, 0x1DFF), (0x20D0, 0x20FF),
           (0xA66F, 0xA672), (0xA674, 0xA67D), (0xFE20, 0xFE2F)]
# Invisible characters that keyboards and messengers put around words. U+200D stays: it holds emoji together.
INVISIBLE = [(0x00AD, 0x00AD), (0x200B, 0x200C), (0x200E, 0x200F), (0x202A, 0x202E), (0x2060, 0x2064),
             (0x2066, 0x2069), (0xFEFF, 0xFEFF)]
# Where compatibility forms are only another look of a letter or digit: full width, ligatures, "fancy fonts".
LOOKS = [(0x00AA, 0x00AA), (0x00B2, 0x00B3), (0x00B9, 0x00BA), (0x2102, 0x2102), (0x210A, 0x2113), (0x2115, 0x2115),
         (0x2119, 0x211D), (0x2124, 0x2124), (0x2128, 0x2134), (0x2139, 0x2139), (0x2145, 0x2149), (0x24B6, 0x24E9),
         (0x3000, 0x3000), (0xFB00, 0xFB06), (0xFF01, 0xFF5E), (0x1D400, 0x1D7FF)]
# Letters whose stroke or hook Unicode does not call a mark, and typographic forms of what a keyboard has.
EXTRA = {'ø': 'o', 'đ': 'd', 'ł': 'l', 'ħ': 'h', 'ŧ': 't', 'ı': 'i', 'æ': 'ae', 'œ': 'oe', '…': '...'}
EXTRA.update({c: "'" for c in '‘’‚‛′´ʼ‹›'})
EXTRA.update({c: '"' for c in '“”„‟″«»'})
EXTRA.update({c: '-' for c in '‐‑‒–—―−'})


def inside(cp, ranges):
    return any(a <= cp <= b for a, b in ranges)


def fold_once(text):
    out = ''
    for c in text:
        if inside(ord(c), INVISIBLE):
            continue
        look = ud.normalize('NFKC', c) if inside(ord(c), LOOKS) else c
        parts = ud.normalize('NFD', look)
        bare = ''.join(p for p in parts if not inside(ord(p), ACCENTS))
        if bare == parts or any(ud.combining(p) for p in bare):  # no accent, or a mark that is none: keep it whole
            bare = look
        out += ''.join(EXTRA.get(p, p) for p in bare.casefold())
    return out


def fold(text):
    while True:
        again = fold_once(text)
        if again == text:
            return text
        text = again


def fold_rows(strings):
    """Runs (first, count, step, target, target step) of what folding changes."""
    target = {}
    for cp in range(LAST):
        if 0xD800 <= cp <= 0xDFFF:
            continue
        to = fold(chr(cp))
        if to == chr(cp):
            continue
        if to == '':
            target[cp] = 'DROP'
        elif len(to) == 1:
            target[cp] = ord(to)
        else:
            if to not in strings:
                strings.append(to)
            target[cp] = 'STRING + %d' % strings.index(to)
    rows, done = [], set()
    for cp in sorted(target):
        if cp not in done:
            rows.append(longest_run(cp, target, done))
    return rows


def longest_run(cp, target, done):
    best = (cp, 1, 1, target[cp], 0)
    for step in (1, 2):
        for up in (0, 1, 2):
            if up and not isinstance(target[cp], int):
                continue
            n = 1
            while n < 60000:
                at = cp + n * step
                want = target[cp] + n * up if up else target[cp]
                if target.get(at) != want or (step == 2 and at - 1 in target):
                    break
                n += 1
            if n > best[1]:
                best = (cp, n, step, target[cp], up)
    done.update(range(cp, cp + best[1] * best[2], best[2]))
    return best


def canonical():
    """(whole, first, second or 0) for Latin, Greek, Cyrillic letters and the marks they use."""
    rows = []
    for cp in range(0x2200):
        parts = ud.decomposition(chr(cp)).split()
        script = ud.name(chr(cp), '').split(' ')[0]
        single = cp in (0x0340, 0x0341, 0x0343, 0x0344, 0x2126, 0x212A, 0x212B)
        if parts and not parts[0].startswith('<') and (single or script in ('LATIN', 'GREEK', 'CYRILLIC')):
            cps = [int(p, 16) for p in parts]
            assert len(cps) <= 2 and not ud.decomposition(chr(cps[-1])) or len(cps) == 1
            rows.append((cp, cps[0], cps[1] if len(cps) == 2 else 0))
    return rows


def classes():
    runs = []
    for cp in range(LAST):
        ccc = ud.combining(chr(cp))
        if ccc and runs and runs[-1][1] == cp - 1 and runs[-1][2] == ccc:
            runs[-1][1] = cp
        elif ccc:
            runs.append([cp, cp, ccc])
    return runs


def emit(items, per_line):
    return '\n'.join('    ' + ' '.join(items[i:i + per_line]) for i in range(0, len(items), per_line))


def header():
    strings = []
    folds = fold_rows(strings)
    pairs = canonical()
    compose = [i for i, (whole, a, b) in enumerate(pairs) if b and ud.normalize('NFC', chr(a) + chr(b)) == chr(whole)]
    compose.sort(key=lambda i: pairs[i][1:])
    word = lambda t: '0x%X' % t if isinstance(t, int) else t
    out = '''/* unicode_tables.h: written by base/tools/unicode_tables.py from Unicode %s; change that script, not this file.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef UNICODE_TABLES_H
#define UNICODE_TABLES_H
#include <stdint.h>
/* clang-format off */

/* Targets of a fold that are no code point: nothing, or row `target - STRING` of fold_strings. */
#define DROP 0x200000u
#define STRING 0x200001u

/* The code points first, first + step, ... (count of them) fold to target, target + up, ...; sorted by first. */
struct fold_run {
    uint32_t first, target;
    uint16_t count;
    uint8_t step, up;
};
static const struct fold_run fold_runs[] = {
%s
};
static const char fold_strings[][8] = {
%s
};

/* whole decomposes to first second (0: to first alone); sorted by whole. */
struct canonical_pair {
    uint16_t whole, first, second;
};
static const struct canonical_pair canonical_pairs[] = {
%s
};
/* Rows of canonical_pairs that compose, sorted by first, then second. */
static const uint16_t canonical_by_parts[] = {
%s
};

/* Canonical combining classes other than 0; sorted. */
struct class_run {
    uint32_t first, last;
    uint8_t value;
};
static const struct class_run class_runs[] = {
%s
};

#endif
''' % (ud.unidata_version,
       emit(['{0x%X, %s, %d, %d, %d},' % (f, word(t), n, s, u) for f, n, s, t, u in folds], 4),
       emit(['"%s",' % ''.join('\\x%02x' % b for b in s.encode()) for s in strings], 4),
       emit(['{0x%X, 0x%X, 0x%X},' % p for p in pairs], 5),
       emit(['%d,' % i for i in compose], 20),
       emit(['{0x%X, 0x%X, %d},' % tuple(r) for r in classes()], 5))
    assert all(len(s.encode()) < 8 for s in strings)
    return out


def crc32c(data):
    table = []
    for i in range(256):
        for _ in range(8):
            i = i >> 1 ^ (0x82F63B78 if i & 1 else 0)
        table.append(i)
    crc = 0xFFFFFFFF
    for b in data:
        crc = crc >> 8 ^ table[(crc ^ b) & 255]
    return crc ^ 0xFFFFFFFF


def sums():
    """The same streams as in test_fold.c, from Python's normalisation instead of our tables."""
    every = (chr(c) for c in range(1, LAST) if not 0xD800 <= c <= 0xDFFF)
    print('fold: 0x%08Xu' % crc32c(b''.join(fold(c).encode() + b'\n' for c in every)))
    letters = [chr(c) for c in list(range(1, 0x530)) + list(range(0x1E00, 0x2000))]
    marks = [chr(c) for c in (0x300, 0x301, 0x302, 0x303, 0x304, 0x306, 0x307, 0x308, 0x30C, 0x31B, 0x323, 0x327,
                              0x328, 0x32D, 0x340, 0x342, 0x344, 0x345)]
    texts = (a + m + n for a in letters for m in [''] + marks for n in marks)
    print('nfc: 0x%08Xu' % crc32c(b''.join(ud.normalize('NFC', t).encode() + b'\n' for t in texts)))


if __name__ == '__main__':
    if sys.argv[1:2] == ['--sums']:
        sums()
    elif sys.argv[1:2] == ['--check']:
        sys.exit(open(sys.argv[2], encoding='utf-8').read() != header())
    else:
        sys.stdout.write(header())
