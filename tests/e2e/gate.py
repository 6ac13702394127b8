"""The request gate over raw sockets: each way in which two parsers could read a request differently, slow and endless requests.

SPDX-License-Identifier: Apache-2.0
"""
import socket
import time

from harness import raw, wait_for

GOOD = b'GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'


def status(answer):
    return int(answer.split(b' ', 2)[1]) if answer.startswith(b'HTTP/1.1 ') else None


# libmicrohttpd refuses these by itself, before our gate, and writes its head twice; what counts is that nothing behind them is served.
REFUSED_BY_MHD = {'content length with a sign', 'content length with a list', 'content length too large for any integer'}


def probe(w, name, data, want=400):
    """Refused with this status, closed, answered exactly once, and nothing behind it served."""
    got = raw(w.funneld.port, data)
    assert status(got) == want or (name in REFUSED_BY_MHD and status(got) in (400, 413)), (want, got[:200])
    assert got.count(b'HTTP/1.1 ') == (2 if name in REFUSED_BY_MHD else 1), 'answered more than once: a request was smuggled'
    assert b'HTTP/1.1 2' not in got and b'connection: close' in got.lower(), got[:300]


def head(*lines, first=b'GET /livez HTTP/1.1'):
    return b'\r\n'.join([first, *lines, b'', b''])


POST = b'POST /chat/x/messages HTTP/1.1'
HOST = b'Host: localhost'
INNER = b'GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n'

PROBES = {
    # finding 4 of the security notes, each one accepted by libmicrohttpd 0.9.75 itself
    'content length and transfer encoding': head(HOST, b'Content-Length: 4', b'Transfer-Encoding: chunked', first=POST) + b'0\r\n\r\n' + INNER,
    'two content lengths': head(HOST, b'Content-Length: 0', b'Content-Length: %d' % len(INNER), first=POST) + INNER,
    'blank before the colon': head(HOST, b'Content-Length : %d' % len(INNER), first=POST) + INNER,
    'folded content length': head(HOST, b'Content-Length:', b' 5', first=POST) + b'hello' + INNER,
    'bare LF': b'GET /livez HTTP/1.1\nHost: localhost\n\n',
    'bare LF after the request line': b'GET /livez HTTP/1.1\nHost: localhost\r\n\r\n',
    'bare LF between headers': b'GET /livez HTTP/1.1\r\nHost: localhost\nA: b\r\n\r\n',
    'bare LF before the empty line': b'GET /livez HTTP/1.1\r\nHost: localhost\n\r\n',
    'bare LF as the empty line': b'GET /livez HTTP/1.1\r\nHost: localhost\r\n\n',
    'bare CR in a value': head(HOST, b'A: b\rC: d'),
    'NUL in a value': head(HOST, b'A: b\0c'),
    'two hosts': head(HOST, b'Host: example.com'),
    'HTTP 1.9': head(HOST, first=b'GET /livez HTTP/1.9'),
    # the rest of the gate
    'folded other header': head(HOST, b'A: b', b' c'),
    'unknown host': head(b'Host: evil.example'),
    'host with a user': head(b'Host: a@localhost'),
    'empty host': head(b'Host:'),
    'no host': head(b'A: b'),
    'content length with a sign': head(HOST, b'Content-Length: +5', first=POST) + b'hello',
    'content length with a list': head(HOST, b'Content-Length: 5, 5', first=POST) + b'hello',
    'content length too large for any integer': head(HOST, b'Content-Length: 99999999999999999999999', first=POST),
    'header that begins like content length': head(HOST, b'Content-Length-X: 5'),
    'header that begins like transfer encoding': head(HOST, b'Transfer-Encodingx: chunked'),
    'transfer encoding xchunked': head(HOST, b'Transfer-Encoding: xchunked', first=POST) + b'0\r\n\r\n',
    'transfer encoding identity': head(HOST, b'Transfer-Encoding: identity', first=POST) + b'abc',
    'transfer encoding list': head(HOST, b'Transfer-Encoding: gzip, chunked', first=POST) + b'0\r\n\r\n',
    'two transfer encodings': head(HOST, b'Transfer-Encoding: chunked', b'Transfer-Encoding: chunked', first=POST) + b'0\r\n\r\n',
    'GET with a body': head(HOST, b'Content-Length: 5') + b'hello',
    'GET with chunks': head(HOST, b'Transfer-Encoding: chunked') + b'0\r\n\r\n',
    'header name with a bracket': head(HOST, b'A(b): c'),
    'control byte in a value': head(HOST, b'A: b\x01c'),
    'escaped NUL in the path': head(HOST, first=b'GET /livez%00.txt HTTP/1.1'),
    'half an escape': head(HOST, first=b'GET /livez%2 HTTP/1.1'),
    'wrong escape': head(HOST, first=b'GET /livez%zz HTTP/1.1'),
    'dot segments': head(HOST, first=b'GET /assets/../livez HTTP/1.1'),
    'escaped dot segments': head(HOST, first=b'GET /assets/%2e%2e/livez HTTP/1.1'),
    'path that is no UTF-8': head(HOST, first=b'GET /%ff HTTP/1.1'),
    'absolute address': head(HOST, first=b'GET http://localhost/livez HTTP/1.1'),
}
OTHER = {
    'compressed body': (415, head(HOST, b'Content-Encoding: gzip', b'Content-Length: 5', first=POST) + b'hello'),
    'unknown method': (405, head(HOST, first=b'BREW /livez HTTP/1.1')),
    'POST without a length': (411, head(HOST, first=POST)),
    'address too long': (414, head(HOST, first=b'GET /' + b'a' * 5000 + b' HTTP/1.1')),
    'too many headers': (431, head(HOST, *[b'A%d: b' % i for i in range(100)])),
    'body larger than the route takes': (413, head(HOST, b'Content-Length: 9999999', first=POST)),
}


def test_good_request(w):
    got = raw(w.funneld.port, GOOD)
    assert status(got) == 200, got[:200]


def test_as_many_headers_as_the_gate_lets_through(w):
    many = [b'A%02d: ' % i + b'x' * 258 for i in range(62)]  # 64 with the two below, not quite 16 KiB
    body = b'{"a":"' + b'y' * 20000 + b'"}'
    first = b'POST /webhooks/evolution/' + b'a' * 32 + b' HTTP/1.1'
    got = raw(w.funneld.port, head(HOST, b'Content-Length: %d' % len(body), *many, first=first) + body)
    assert status(got) == 404, got[:200]
    got = raw(w.funneld.port, head(HOST, b'Content-Length: %d' % len(body), *many, b'B: b', first=first))
    assert status(got) == 431, got[:200]


def test_header_of_40_kilobytes(w):
    got = raw(w.funneld.port, head(HOST, b'A: ' + b'x' * 40000))
    assert status(got) in (400, 413, 414, 431), got[:100]


def test_chunked_body_without_end_is_cut(w):
    with socket.create_connection(('127.0.0.1', w.funneld.port), timeout=5) as s:
        s.sendall(head(HOST, b'Transfer-Encoding: chunked', first=b'POST /chat/x/messages HTTP/1.1'))
        chunk = b'10000\r\n' + b'x' * 0x10000 + b'\r\n'
        try:
            for _ in range(100):
                s.sendall(chunk)
            s.settimeout(3)
            assert s.recv(10) == b'', 'the server read 6 MB for a route of 16 KB'
        except (ConnectionError, socket.timeout) as error:
            assert isinstance(error, ConnectionError), 'the connection was not closed'


def test_slow_headers_are_cut(w):
    start = time.monotonic()
    with socket.create_connection(('127.0.0.1', w.funneld.port), timeout=10) as s:
        try:
            s.sendall(b'GET /livez HTTP/1.1\r\n')
            for i in range(100):
                s.sendall(b'A')
                s.settimeout(0.2)
                try:
                    if s.recv(100) == b'':
                        break
                except socket.timeout:
                    pass
        except ConnectionError:
            pass
    took = time.monotonic() - start
    assert 4 < took < 8, 'closed after %.1f s' % took


def test_keep_alive_ends_after_100_requests(w):
    import http.client
    c = http.client.HTTPConnection('127.0.0.1', w.funneld.port, timeout=10)
    for i in range(100):
        c.request('GET', '/livez')
        r = c.getresponse()
        r.read()
        closes = (r.getheader('Connection') or '').lower() == 'close'
        assert closes == (i == 99), i
    c.close()


def unread(port):
    """Bytes on their way to this port: not sent yet, or not read."""
    mine, n = ':%04X' % port, 0
    with open('/proc/net/tcp', encoding='ascii') as f:
        for line in f:
            local, remote, _, queues = line.split()[1:5]
            if local.endswith(mine) or remote.endswith(mine):
                n += sum(int(q, 16) for q in queues.split(':')) if queues != 'tx_queue' else 0
    return n


def test_large_bodies_share_a_budget(w):
    """Visitors hold bodies that never end, half a MiB more than the budget together: whoever comes late with a large one is told to come again, small
    ones are served. No more than that: of a body above the budget 1 MiB is read and dropped, then the visitor is cut and what he held is free again;
    who was read how far would decide how much that is."""
    path, size, visitors = w.funneld.webhook.encode(), 3 << 20, 22
    part = b' ' * (((64 << 20) + (1 << 19)) // visitors)
    held = []
    try:
        for _ in range(visitors):
            s = socket.create_connection(('127.0.0.1', w.funneld.port), timeout=30)
            held.append(s)
            s.sendall(head(HOST, b'Content-Length: %d' % size, first=b'POST ' + path + b' HTTP/1.1') + part)
        wait_for(lambda: unread(w.funneld.port) == 0)
        crowd = b'{"event":"x","instance":"' + w.funneld.webhook.encode() + b'","data":"' + b'x' * 200000 + b'"}'
        assert w.funneld.http('POST', w.funneld.webhook, crowd, {'Content-Type': 'application/json'})[0] == 503
        assert w.funneld.post({'event': 'never.heard', 'instance': 'loja-01', 'data': {}}) == 200
    finally:
        for s in held:
            s.close()
    wait_for(lambda: w.funneld.http('POST', w.funneld.webhook, crowd, {'Content-Type': 'application/json'})[0] == 403)


def make(name, data, want):
    return lambda w: probe(w, name, data, want)


TESTS = [('gate: ' + name, make(name, data, 400)) for name, data in PROBES.items()]
TESTS += [('gate: ' + name, make(name, data, want)) for name, (want, data) in OTHER.items()]
TESTS += [('gate: ' + name[5:].replace('_', ' '), f) for name, f in sorted(globals().items()) if name.startswith('test_')]
