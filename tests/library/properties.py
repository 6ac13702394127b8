"""Values of the library worked out here, by other ways than the library's own: documents by Receita's rules, Easter by the lunar tables, a BR Code's CRC bit
by bit, and a QR code read back from its picture: format, mask, Reed-Solomon syndromes, bytes. Each becomes lines of a funnel's test.
SPDX-License-Identifier: Apache-2.0
"""
import base64
import random
import struct
import zlib

# -- documents --------------------------------------------------------------------------------------------------------------------


def digit(values, weights):
    rest = sum(v * w for v, w in zip(values, weights)) % 11
    return 0 if rest < 2 else 11 - rest


def cpf(rng):
    d = [rng.randrange(10) for _ in range(9)]
    if len(set(d)) == 1:
        return cpf(rng)
    for n in (10, 11):
        d.append(digit(d, range(n, 1, -1)))
    return ''.join(map(str, d))


def cnpj(rng, letters):
    alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ' if letters else '0123456789'
    body = [rng.choice(alphabet) for _ in range(8)] + (list('0001') if rng.random() < 0.5 else [rng.choice(alphabet) for _ in range(4)])
    values = [ord(c) - 48 for c in body]  # Receita: the ASCII code less 48, letters too
    for weights in ((5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2), (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)):
        values.append(digit(values, weights))
    return ''.join(body) + ''.join(map(str, values[-2:]))


def one_changed(rng, text, places):
    at = rng.choice(places)
    other = rng.choice([c for c in '0123456789' if c != text[at]])
    return text[:at] + other + text[at + 1:]


def shaped(text, shape):
    it = iter(text)
    return ''.join(next(it) if c == '#' else c for c in shape)


def documents():
    rng = random.Random(20261127)
    for _ in range(120):
        d = cpf(rng)
        shown = shaped(d, '###.###.###-##')
        yield 'br.cpf("%s") == "%s"' % (d, shown)
        yield 'br.cpf("%s") == "%s"' % (shown, shown)
        yield 'br.cpf("%s") == none' % one_changed(rng, d, range(11))
    assert cnpj_digits('12ABC34501DE') == '35'  # the worked example of Receita Federal
    for k in range(120):
        d = cnpj(rng, k % 2 == 0)
        shown = shaped(d, '##.###.###/####-##')
        yield 'br.cnpj("%s") == "%s"' % (d, shown)
        yield 'br.cnpj("%s") == "%s"' % (shown.lower(), shown)
        yield 'br.cnpj("%s") == none' % one_changed(rng, d, (12, 13))
    for _ in range(60):
        d = '%08d' % rng.randrange(1000000, 100000000)
        yield 'br.cep("%s") == "%s"' % (d, shaped(d, '#####-###'))
        yield 'br.cep("%s") == "%s"' % (shaped(d, '#####-###'), shaped(d, '#####-###'))
        yield 'br.cep("%s") == none' % d[:7]
    for _ in range(60):
        area, number = rng.choice((11, 21, 27, 31, 48, 61, 71, 81, 85, 92)), '9%d' % rng.randrange(60000000, 100000000)
        shown = '(%d) %s-%s' % (area, number[:5], number[5:])
        yield 'br.phone("%s") == "+55%d%s"' % (shown, area, number)
        if number[1] != '9':  # eight digits that begin with 9 are nine with one forgotten
            yield 'br.phone("%d %s") == "+55%d%s"' % (area, number[1:], area, number)
        yield 'br.show_phone("+55%d%s") == "%s"' % (area, number, shown)


def cnpj_digits(body):
    values = [ord(c) - 48 for c in body]
    for weights in ((5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2), (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)):
        values.append(digit(values, weights))
    return ''.join(map(str, values[-2:]))


# -- Easter: the Sunday behind the paschal full moon, by golden number, epact and the moon's calendar (Clavius) -----------------------------


def easter(year):
    golden, century = year % 19 + 1, year // 100 + 1
    sunday_error, moon_error = 3 * century // 4 - 12, (8 * century + 5) // 25 - 5
    sunday = 5 * year // 4 - sunday_error - 10
    epact = (11 * golden + 20 + moon_error - sunday_error) % 30
    if epact == 24 or (epact == 25 and golden > 11):
        epact += 1
    moon = 44 - epact
    moon += 30 if moon < 21 else 0
    day = moon + 7 - (sunday + moon) % 7
    return '%04d-%02d-%02d' % (year, 3 + (day > 31), day - 31 if day > 31 else day)


def easters():
    assert [easter(y) for y in (1961, 2000, 2024, 2026)] == ['1961-04-02', '2000-04-23', '2024-03-31', '2026-04-05']
    for year in range(1900, 2200):
        yield 'date.easter(%d) == date("%s")' % (year, easter(year))


# -- Pix ----------------------------------------------------------------------------------------------------------------------------


def crc(payload):
    value = 0xFFFF
    for byte in payload.encode():
        value ^= byte << 8
        for _ in range(8):
            value = (value << 1 ^ 0x1021 if value & 0x8000 else value << 1) & 0xFFFF
    return '%04X' % value


def field(name, value):
    return '%s%02d%s' % (name, len(value), value)


def pix(key, name, city, cents, txid):
    amount = field('54', '%d.%02d' % divmod(cents, 100)) if cents else ''
    payload = (field('00', '01') + field('26', field('00', 'br.gov.bcb.pix') + field('01', key)) + field('52', '0000') + field('53', '986') +
               amount + field('58', 'BR') + field('59', name) + field('60', city) + field('62', field('05', txid)) + '6304')
    return payload + crc(payload)


def pix_calls():
    rng = random.Random(7)
    for k in range(40):
        key = rng.choice(('loja%d@example.com' % k, '+5511987654321', '12345678909', '123e4567-e12b-12d1-a456-426655440000'))
        name, city = 'LOJA %s' % ('SOL', 'DA ESQUINA', 'X')[k % 3], ('RECIFE', 'SAO PAULO', 'B')[k % 3]
        cents, txid = rng.choice((0, 1, 5, 99, 100, 123456, 99999999)), rng.choice(('***', 'A17', 'PEDIDO%019d' % k))
        whole, part = divmod(cents, 100)
        call = '(key: "%s", name: "%s", city: "%s", amount: R$ %s,%02d, id: "%s")' % (
            key, name, city, '{:,}'.format(whole).replace(',', '.'), part, txid)
        yield call, pix(key, name, city, cents, txid)


def pixes():
    assert crc('00020126580014br.gov.bcb.pix0136123e4567-e12b-12d1-a456-4266554400005204000053039865802BR'
               '5913Fulano de Tal6008BRASILIA62070503***6304') == '1D3D'  # the example of Banco Central's manual
    for call, code in pix_calls():
        yield 'br.pix_code%s == "%s"' % (call, code)
        yield 'br.pix_valid("%s")' % code


# -- QR codes, read back (ISO/IEC 18004) ---------------------------------------------------------------------------------------------------

EXP = [1] * 512
for _i in range(1, 512):
    _x = EXP[_i - 1] << 1
    EXP[_i] = _x ^ 0x11D if _x & 0x100 else _x
LOG = {EXP[_i]: _i for _i in range(255)}
MASKS = (lambda y, x: (y + x) % 2, lambda y, x: y % 2, lambda y, x: x % 3, lambda y, x: (y + x) % 3, lambda y, x: (y // 2 + x // 3) % 2,
         lambda y, x: y * x % 2 + y * x % 3, lambda y, x: (y * x % 2 + y * x % 3) % 2, lambda y, x: ((y + x) % 2 + y * x % 3) % 2)
# Level M: check codewords a block, then (blocks, data codewords) of each kind, by version (table 9).
BLOCKS = {1: (10, [(1, 16)]), 2: (16, [(1, 28)]), 3: (26, [(1, 44)]), 4: (18, [(2, 32)]), 5: (24, [(2, 43)]), 6: (16, [(4, 27)]), 7: (18, [(4, 31)]),
          8: (22, [(2, 38), (2, 39)]), 9: (22, [(3, 36), (2, 37)]), 10: (26, [(4, 43), (1, 44)]), 11: (30, [(1, 50), (4, 51)]), 12: (22, [(6, 36), (2, 37)])}
ALIGN = {1: [], 2: [6, 18], 3: [6, 22], 4: [6, 26], 5: [6, 30], 6: [6, 34], 7: [6, 22, 38], 8: [6, 24, 42], 9: [6, 26, 46], 10: [6, 28, 50],
         11: [6, 30, 54], 12: [6, 32, 58]}


def unfiltered(raw, width, height):
    """Rows of RGB, of the filters none and up."""
    rows, stride = [], 3 * width
    for y in range(height):
        line = raw[y * (stride + 1):(y + 1) * (stride + 1)]
        if line[0] not in (0, 2):
            raise ValueError('filter %d' % line[0])
        up = rows[-1] if line[0] == 2 else bytes(stride)
        rows.append(bytes((a + b) & 255 for a, b in zip(line[1:], up)))
    if len(raw) != height * (stride + 1):
        raise ValueError('%d bytes of pixels' % len(raw))
    return rows


def pixels(url):
    """The rows of the PNG in the data URL, with its CRCs (zlib looks at the Adler)."""
    head = 'data:image/png;base64,'
    if not url.startswith(head) or len(url) > 40000:
        raise ValueError('no PNG, or %d bytes of one' % len(url))
    png = base64.b64decode(url[len(head):], validate=True)
    if png[:8] != b'\x89PNG\r\n\x1a\n':
        raise ValueError('no signature')
    at, chunks = 8, []
    while at < len(png):
        n = struct.unpack('>I', png[at:at + 4])[0]
        if zlib.crc32(png[at + 4:at + 8 + n]) != struct.unpack('>I', png[at + 8 + n:at + 12 + n])[0]:
            raise ValueError('a CRC is wrong')
        chunks.append((png[at + 4:at + 8], png[at + 8:at + 8 + n]))
        at += 12 + n
    if [name for name, _ in chunks] != [b'IHDR', b'IDAT', b'IEND'] or chunks[2][1]:
        raise ValueError('chunks %r' % [name for name, _ in chunks])
    width, height, *kind = struct.unpack('>IIBBBBB', chunks[0][1])
    if width != height or width < 300 or kind != [8, 2, 0, 0, 0]:
        raise ValueError('%dx%d %r' % (width, height, kind))
    return unfiltered(zlib.decompress(chunks[1][1]), width, height)


def modules(url):
    """Every pixel of a module is alike, the quiet zone of four is white, and nothing is there but black and white."""
    rows = pixels(url)
    first = next(row for row in rows if 0 in row).index(0) // 3  # the corner: four modules from the edge
    scale = first // 4
    size = len(rows) // scale
    if first != 4 * scale or size * scale != len(rows):
        raise ValueError('a quiet zone of %d pixels, %d of all' % (first, len(rows)))
    dark = [[rows[y * scale][3 * x * scale] == 0 for x in range(size)] for y in range(size)]
    for y, row in enumerate(rows):
        if row != b''.join((b'\0' if d else b'\xff') * (3 * scale) for d in dark[y // scale]):
            raise ValueError('row %d is not of modules' % y)
    if any(dark[y][x] for y in range(size) for x in range(size) if not (4 <= y < size - 4 and 4 <= x < size - 4)):
        raise ValueError('the quiet zone is not white')
    return [[int(d) for d in line[4:-4]] for line in dark[4:-4]]


def reserved(side, version):
    used = [[y < 9 and (x < 9 or x >= side - 8) or y >= side - 8 and x < 9 or y == 6 or x == 6 for x in range(side)] for y in range(side)]
    at = ALIGN[version]
    for cy in at:
        for cx in at:
            if (cy, cx) not in ((6, 6), (6, at[-1]), (at[-1], 6)):
                for y in range(cy - 2, cy + 3):
                    for x in range(cx - 2, cx + 3):
                        used[y][x] = True
    for y in range(6 if version >= 7 else 0):
        for x in range(side - 11, side - 8):
            used[y][x] = used[x][y] = True
    return used


def codewords(dark, mask, used):
    side, bits, up, x = len(dark), [], True, len(dark) - 1
    while x > 0:
        x -= x == 6
        for y in (range(side - 1, -1, -1) if up else range(side)):
            for col in (x, x - 1):
                if not used[y][col]:
                    bits.append(dark[y][col] ^ (MASKS[mask](y, col) == 0))
        up, x = not up, x - 2
    return [int(''.join(map(str, bits[i:i + 8])), 2) for i in range(0, len(bits) - 7, 8)]


def blocks_of(words, version):
    check, kinds = BLOCKS[version]
    lengths = [n for count, n in kinds for _ in range(count)]
    blocks, it = [[] for _ in lengths], iter(words)
    for i in range(max(lengths)):
        for k, n in enumerate(lengths):
            if i < n:
                blocks[k].append(next(it))
    for _ in range(check):
        for block in blocks:
            block.append(next(it))
    for block in blocks:
        for root in range(check):  # every syndrome is 0
            value = 0
            for word in block:
                value = (EXP[LOG[value] + root] if value else 0) ^ word
            if value != 0:
                raise ValueError('a Reed-Solomon syndrome is not zero')
    return [w for block, n in zip(blocks, lengths) for w in block[:n]]


def read_qr(url):
    """The text of the picture; ValueError says what is wrong with it."""
    dark = modules(url)
    side = len(dark)
    version = (side - 17) // 4
    for oy, ox in ((0, 0), (0, side - 7), (side - 7, 0)):
        for y in range(7):
            for x in range(7):
                if dark[oy + y][ox + x] != (max(abs(y - 3), abs(x - 3)) != 2):
                    raise ValueError('a finder pattern is wrong')
    row = [dark[8][x] for x in (0, 1, 2, 3, 4, 5, 7, 8)] + [dark[y][8] for y in (7, 5, 4, 3, 2, 1, 0)]
    copy = [dark[side - 1 - i][8] for i in range(7)] + [dark[8][side - 8 + i] for i in range(8)]
    fmt = int(''.join(map(str, row)), 2) ^ 0x5412
    rest = fmt
    for shift in range(4, -1, -1):
        rest ^= 0x537 << shift if rest >> (shift + 10) & 1 else 0
    if row != copy or rest != 0 or fmt >> 13 != 0:
        raise ValueError('the format is wrong, or not of level M')
    data = blocks_of(codewords(dark, fmt >> 10 & 7, reserved(side, version)), version)
    bits = ''.join('{:08b}'.format(w) for w in data)
    width = 8 if version < 10 else 16
    if bits[:4] != '0100':
        raise ValueError('not in byte mode')
    n = int(bits[4:4 + width], 2)
    return bytes(int(bits[4 + width + 8 * i:12 + width + 8 * i], 2) for i in range(n)).decode()
