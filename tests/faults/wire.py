"""A TCP proxy that knows enough of PostgreSQL's protocol to cut a connection between a transaction's commit and its answer.

libpq sends a batch as Bind (with the statement's name), Execute, Sync: one transaction. A cut is armed for the next segment that binds
one of some statements; it happens when the Sync has been passed on, in one of two ways:

    after   the server's answer has arrived here, so it committed; the node is cut off and never sees it
    before  the node is cut off at once while the server still works (the test makes it slow): the retry meets the unfinished
            transaction and has to wait for it

Both leave the node without knowing. What the server answered is read to the end in either case and counted.

SPDX-License-Identifier: Apache-2.0
"""
import select
import socket
import threading


class Frames:
    """Splits one direction of the protocol into (type, body); bytes may come in any pieces."""

    def __init__(self, starts):
        self.buffer, self.starts = b'', starts

    def feed(self, data):
        self.buffer += data
        frames = []
        while True:
            head = 0 if self.starts else 1
            if len(self.buffer) < head + 4:
                return frames
            size = int.from_bytes(self.buffer[head:head + 4], 'big')
            if len(self.buffer) < head + size:
                return frames
            kind, body = self.buffer[:head], self.buffer[head + 4:head + size]
            self.buffer = self.buffer[head + size:]
            if self.starts and body[:4] in (b'\x04\xd2\x16\x2f', b'\x04\xd2\x16\x30'):
                kind = b'ssl'  # the server answers one byte, then the real start comes
            else:
                self.starts = False
            frames.append((kind, body))


class Proxy:
    def __init__(self, host, port, listen='127.0.0.1'):
        self.to, self.lock, self.held = (host, port), threading.Condition(), ''
        self.armed = []  # (mode, statement)
        self.watched = []  # (statement, what to do)
        self.cuts = {}   # (mode, statement, what the server said) -> count
        self.server = socket.create_server((listen, 0), backlog=128)
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            near, _ = self.server.accept()
            threading.Thread(target=self.connect, args=(near,), daemon=True).start()

    def connect(self, near):
        try:
            far = socket.create_connection(self.to, timeout=5)
            far.settimeout(None)
            near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            far.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:
            near.close()
            return
        Wire(self, near, far)

    def cut(self, mode, statement):
        with self.lock:
            self.armed.append((mode, statement))

    def watch(self, statement, act):
        """act() once, when such a transaction has been passed on; armed anew each time."""
        with self.lock:
            self.watched = [(statement, act)]

    def seen(self, statement):
        with self.lock:
            now = [act for s, act in self.watched if s == statement]
            self.watched = [] if now else self.watched
        for act in now:
            act()

    def pending(self):
        with self.lock:
            return len(self.armed)

    def due(self, statement):
        """The mode, when a cut is armed for this statement."""
        with self.lock:
            for one in self.armed:
                if one[1] == statement:
                    self.armed.remove(one)
                    return one[0]
        return None

    def count(self, mode, statement, said):
        with self.lock:
            key = (mode, statement, said)
            self.cuts[key] = self.cuts.get(key, 0) + 1

    def hold(self, ways):
        with self.lock:
            self.held = ways
            self.lock.notify_all()

    def wait(self, way, source):
        """Returns when this direction is open; OSError when it was not, and `source` has gone meanwhile: a network delivers nothing for
        one who reset the connection."""
        with self.lock:
            held = way in self.held
            while way in self.held:
                self.lock.wait()
        if held and select.select([source], [], [], 0)[0] and not source.recv(1, socket.MSG_PEEK):
            raise ConnectionResetError


class Wire:
    """One connection, two threads."""

    def __init__(self, proxy, near, far):
        self.proxy, self.near, self.far = proxy, near, far
        self.asked, self.cut = [], None  # statements of the segments under way; (mode, statement) once cut
        self.answers_left, self.failed = 0, False
        self.up, self.down = Frames(True), Frames(False)
        self.ssl = False
        threading.Thread(target=self.run, args=(self.requests,), daemon=True).start()
        threading.Thread(target=self.run, args=(self.answers,), daemon=True).start()

    def run(self, what):
        try:
            what()
        except OSError:
            pass
        finally:
            if self.cut is None:
                for s in (self.near, self.far):
                    try:
                        s.shutdown(socket.SHUT_RDWR)
                    except OSError:
                        pass

    def requests(self):
        bound = None
        while True:
            data = self.near.recv(65536)
            if not data:
                return
            self.proxy.wait('>', self.near)
            mode, sent = None, []
            for kind, body in self.up.feed(data):
                self.ssl = self.ssl or kind == b'ssl'
                if kind == b'B':
                    bound = body.split(b'\0', 2)[1].decode()
                elif kind == b'S':
                    self.asked.append(bound or '')
                    sent.append(bound)
                    mode = mode or (bound and self.proxy.due(bound))
                    if mode and self.cut is None:
                        self.answers_left = len(self.asked)
                        self.cut = (mode, bound)
                    bound = None
            self.far.sendall(data)
            for statement in sent:
                self.proxy.seen(statement)
            if self.cut is not None:
                if self.cut[0] == 'before':
                    self.near.close()
                return  # the other thread reads the answer to its end

    def answers(self):
        while True:
            data = self.far.recv(65536)
            if not data:
                if self.cut is not None:
                    self.proxy.count(*self.cut, 'nothing')
                    self.end()
                return
            self.proxy.wait('<', self.far)
            if self.ssl:  # one byte, no frame
                self.ssl = False
                self.near.sendall(data[:1])
                data = data[1:]
            for kind, _ in self.down.feed(data):
                self.failed = self.failed or kind == b'E'
                if kind == b'Z' and self.asked:
                    self.asked.pop(0)
                    if self.cut is not None:
                        self.answers_left -= 1
                        if self.answers_left == 0:
                            self.proxy.count(*self.cut, 'error' if self.failed else 'committed')
                            self.end()
                            return
                    self.failed = False
            if self.cut is None and data:
                self.near.sendall(data)

    def end(self):
        for s in (self.near, self.far):
            try:
                s.close()
            except OSError:
                pass
