"""Boots funneld beside a loopback Evolution and a loopback OpenAI, and keeps the ledger of what they received.

Nothing leaves the machine. The doubles answer by script: `double.script` is a function request -> Answer, asked for each
request; None means the usual answer. Standard library only.

SPDX-License-Identifier: Apache-2.0
"""
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ROOT = os.environ.get('FUNNEL_ROOT') or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.environ.get('FUNNEL_BIN') or os.path.join(ROOT, 'build', 'asan', 'bin')
INSTANCE = 'loja-01'


class Answer:
    """status None: close without a word. delay: seconds before it. after: the request counts as carried out."""

    def __init__(self, status, body='', headers=None, delay=0, carried_out=False):
        self.status, self.body, self.headers = status, body, headers or {}
        self.delay, self.carried_out = delay, carried_out


class Request:
    def __init__(self, method, path, headers, body, client=''):
        self.method, self.path, self.body, self.client = method, path, body, client
        self.headers, self.header_list = dict(headers), list(headers)  # a name may come twice
        self.at = time.monotonic()
        try:
            self.json = json.loads(body) if body else None
        except ValueError:
            self.json = None


class Double:
    """A scripted HTTP server on a free port."""
    HOST = '127.0.0.1'

    def __init__(self):
        self.requests, self.lock, self.script = [], threading.Lock(), None
        double = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def serve(self):
                n = int(self.headers.get('Content-Length') or 0)
                body = self.rfile.read(n)
                if len(body) < n:  # whoever sent it was killed: nothing arrived
                    self.close_connection = True
                    return
                request = Request(self.command, self.path, self.headers.items(), body, self.client_address[0])
                answer = double.receive(request)
                if answer.delay:
                    time.sleep(answer.delay)
                if answer.status is None:
                    self.close_connection = True
                    try:
                        self.connection.shutdown(socket.SHUT_RDWR)
                    except OSError:
                        pass
                    return
                data = answer.body.encode() if isinstance(answer.body, str) else json.dumps(answer.body).encode()
                self.send_response(answer.status)
                for name, value in {'Content-Type': 'application/json', **answer.headers}.items():
                    self.send_header(name, value)
                self.send_header('Content-Length', str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_DELETE = serve

            def log_message(self, *args):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

            def handle_error(self, request, client_address):
                if not isinstance(sys.exc_info()[1], (ConnectionError, socket.timeout)):
                    super().handle_error(request, client_address)

        self.server = Server((self.HOST, 0), Handler)
        self.url = 'http://%s:%d' % self.server.server_address
        threading.Thread(target=self.server.serve_forever, kwargs={'poll_interval': 0.05}, daemon=True).start()

    def receive(self, request):
        with self.lock:
            self.requests.append(request)
            answer = self.script(request) if self.script else None
            return answer or self.usual(request)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Evolution(Double):
    """sendText and the like; findMessages over what was carried out, newest first, in pages. Its clock is apart from ours by some seconds."""

    def __init__(self):
        self.chats, self.ids = {}, 0
        super().__init__()

    def apart(self, jid):
        return 0

    def carry_out(self, request):
        self.ids += 1
        number = request.json.get('number') or request.json['key']['remoteJid']  # a reaction has only the key
        jid = number if '@' in number else number + '@s.whatsapp.net'
        record = {'key': {'remoteJid': jid, 'fromMe': True, 'id': '3EB0%018d' % self.ids}, 'pushName': 'Você', 'status': 'PENDING',
                  'message': {'conversation': request.json.get('text', '')}, 'messageType': 'conversation',
                  'messageTimestamp': int(time.time() + self.apart(jid))}
        self.chats.setdefault(jid, []).append(record)
        return record

    def usual(self, request):
        if request.path.startswith('/message/'):
            return Answer(201, self.carry_out(request))
        if request.path.startswith('/chat/findMessages/'):
            found = list(reversed(self.chats.get(request.json['where']['key']['remoteJid'], [])))
            size, page = request.json.get('offset', 50), request.json.get('page', 1)
            return Answer(200, {'messages': {'total': len(found), 'pages': -(-len(found) // size), 'currentPage': page,
                                             'records': found[(page - 1) * size:page * size]}})
        return Answer(404, {'status': 404, 'error': 'Not Found', 'response': {'message': ['Cannot POST ' + request.path]}})

    def texts(self, number):
        """What was carried out for a number, in order."""
        with self.lock:
            return [r['message']['conversation'] for r in self.chats.get(number + '@s.whatsapp.net', [])]

    def count(self, number):
        """How many those are, as of a moment ago."""
        return len(self.chats.get(number + '@s.whatsapp.net', ()))


class OpenAI(Double):
    """Classifies by the script or as the first label."""

    def usual(self, request):
        schema = request.json['response_format']['json_schema']['schema']
        return self.label(schema['properties']['label']['enum'][0])

    @staticmethod
    def label(label):
        return OpenAI.content(json.dumps({'label': label}))

    @staticmethod
    def content(text, finish='stop', refusal=None):
        return Answer(200, {'id': 'chatcmpl-1', 'object': 'chat.completion', 'model': 'gpt-4o-mini', 'choices': [
            {'index': 0, 'finish_reason': finish, 'message': {'role': 'assistant', 'content': text, 'refusal': refusal}}],
            'usage': {'prompt_tokens': 20, 'completion_tokens': 5, 'total_tokens': 25}})


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


class Funneld:
    """One server process; start and kill it as often as you like, the data stays."""

    def __init__(self, evolution=None, openai=None, host='127.0.0.1', inside=(), **env):
        """inside: words before the program, as those that enter a network namespace; host: its address there."""
        self.host, self.inside = host, list(inside)
        self.dir = tempfile.mkdtemp(prefix='funnel-e2e-')
        self.port = free_port()
        self.env = {'PATH': '/usr/bin:/bin', 'LANG': 'pt_BR.UTF-8', 'PORT': str(self.port), 'DATA_DIR': os.path.join(self.dir, 'data'),
                    'RETRY_BASE_MS': '100', 'RECONCILE_MS': '400', 'LEASE_MS': '1500', 'SEND_TIMEOUT_MS': '1500', 'LOG_LEVEL': 'info'}
        if evolution:
            self.env.update(EVOLUTION_API_URL=evolution.url, EVOLUTION_API_KEY='chave-da-evolution')
        if openai:
            self.env.update(OPENAI_BASE_URL=openai.url + '/v1', OPENAI_API_KEY='sk-teste')
        if host != '127.0.0.1':
            self.env.update(BIND=host, ALLOWED_HOSTS=host)
        self.env.update(env)
        for name in ('ASAN_OPTIONS', 'UBSAN_OPTIONS'):
            if name in os.environ:
                self.env.setdefault(name, os.environ[name])
        self.key, self.process, self.webhook = None, None, None
        self.log_path, self.out_path = os.path.join(self.dir, 'log'), os.path.join(self.dir, 'out')

    def start(self, *args, wait=True):
        with open(self.log_path, 'ab') as log, open(self.out_path, 'ab') as out:
            self.process = subprocess.Popen([*self.inside, os.path.join(BIN, 'funneld'), 'serve', *args], env=self.env, stdin=subprocess.DEVNULL,
                                            stdout=out, stderr=log)
        if wait:
            self.ready()
        return self

    def ready(self, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if self.http('GET', '/readyz')[0] == 200:
                    found = re.search(r'fnl_live_[0-9A-Za-z]{38}', self.out())
                    self.key = self.key or (found and found.group(0))
                    return
            except OSError:
                pass
            if self.process.poll() is not None:
                raise AssertionError('funneld ended with %s: %s' % (self.process.returncode, self.log()[-2000:]))
            time.sleep(0.01)
        raise AssertionError('funneld is not ready: ' + self.log()[-2000:])

    def out(self):
        with open(self.out_path, encoding='utf-8', errors='replace') as f:
            return f.read()

    def log(self):
        with open(self.log_path, encoding='utf-8', errors='replace') as f:
            return f.read()

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self, seconds=15):
        """SIGTERM; the exit code."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
                return None
        return self.process.returncode if self.process else 0

    def close(self):
        code = self.stop()
        keep = code != 0 or 'ERROR: AddressSanitizer' in self.log() or 'runtime error' in self.log()
        if keep:
            print('funneld ended with %s\n%s' % (code, self.log()[-6000:]))
        shutil.rmtree(self.dir, ignore_errors=True)
        if keep:
            raise AssertionError('funneld did not end well: %s' % code)

    def http(self, method, path, body=None, headers=None, timeout=30):
        """(status, headers, body bytes)"""
        c = http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        try:
            c.request(method, path, body, headers or {})
            r = c.getresponse()
            return r.status, {k.lower(): v for k, v in r.getheaders()}, r.read()
        except http.client.HTTPException as error:
            raise OSError(str(error))
        finally:
            c.close()

    def api(self, method, path, value=None, headers=None, body=None):
        """(status, JSON) with the key."""
        head = {'Authorization': 'Bearer ' + (self.key or ''), **(headers or {})}
        if value is not None:
            body = json.dumps(value)
            head.setdefault('Content-Type', 'application/json')
        status, _, data = self.http(method, path, body, head)
        return status, json.loads(data) if data else None

    def deploy(self, name, source):
        return self.api('POST', '/v1/funnels/%s/versions' % name, headers={'Content-Type': 'text/x-funnel'}, body=source.encode())

    def bind(self, instance=INSTANCE, **more):
        status, channel = self.api('POST', '/v1/channels', {'kind': 'evolution', 'instance': instance, **more})
        assert status in (200, 201), (status, channel)
        self.webhook = channel['webhook_url'].split(':%d' % self.port, 1)[-1]
        return channel

    def post(self, body, path=None):
        """A webhook delivery; the status."""
        data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        return self.http('POST', path or self.webhook, data, {'Content-Type': 'application/json', 'User-Agent': 'axios/1.7'})[0]

    def say(self, number, text, **more):
        return self.post(message(number, text, **more))


counter = iter(range(1, 1 << 40))


def message(number, text, id=None, instance=INSTANCE, event='messages.upsert', from_me=False, content=None, stamp=None):
    """A body in the shape of Evolution 2.3.6."""
    return {'event': event, 'instance': instance, 'data': {
        'key': {'remoteJid': number + '@s.whatsapp.net', 'fromMe': from_me, 'id': id or '3A%018d' % next(counter)},
        'pushName': 'Maria', 'status': 'DELIVERY_ACK', 'message': content or {'conversation': text}, 'messageType': 'conversation',
        'messageTimestamp': stamp or int(time.time()), 'source': 'ios'},
        'destination': 'http://127.0.0.1/', 'date_time': '2026-11-23T19:26:31.565Z', 'sender': '5511912345678@s.whatsapp.net',
        'server_url': 'http://127.0.0.1:8080', 'apikey': 'SEGREDO-DA-INSTANCIA'}


def wait_for(what, seconds=20):
    """Polls until `what` gives something true; that, or an assertion."""
    end = time.monotonic() + seconds
    while True:
        value = what()
        if value:
            return value
        assert time.monotonic() < end, 'waited %d s in vain' % seconds
        time.sleep(0.01)


def raw(port, data, seconds=3):
    """Sends bytes, reads until the peer closes or is silent; what came."""
    got = b''
    with socket.create_connection(('127.0.0.1', port), timeout=seconds) as s:
        s.sendall(data)
        try:
            while True:
                part = s.recv(65536)
                if not part:
                    break
                got += part
        except (socket.timeout, ConnectionError):
            pass
    return got


class Suite:
    """Runs functions and counts; the last line is what tests/run reads."""

    def __init__(self):
        self.passed = self.failed = 0

    def run(self, name, function):
        start = time.monotonic()
        try:
            function()
            self.passed += 1
            print('ok    %5.1f s  %s' % (time.monotonic() - start, name), flush=True)
        except Exception as error:  # a failing test must not stop the others
            self.failed += 1
            import traceback
            print('FAIL  %5.1f s  %s: %s' % (time.monotonic() - start, name, error), flush=True)
            traceback.print_exc(file=sys.stdout)

    def end(self):
        print('%d passed, %d failed' % (self.passed, self.failed), flush=True)
        return 1 if self.failed or not self.passed else 0
