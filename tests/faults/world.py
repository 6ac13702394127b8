"""Two nodes, their database, their Redis, and everything that can be done to them.

SPDX-License-Identifier: Apache-2.0
"""
import atexit
import json
import os
import random
import signal
import subprocess
import tempfile
import threading
import time

from harness import Double, Funneld, free_port
from load import source
from receivers import Api, Ledger, Model, Whatsapp
from wire import Proxy

QUIET = {'stdin': subprocess.DEVNULL, 'stdout': subprocess.DEVNULL, 'stderr': subprocess.DEVNULL}
NODES = ('node0', 'node1')


class Database:
    """The PostgreSQL of with_pg."""

    def __init__(self):
        self.port, self.dir = int(os.environ['PG_PORT']), os.environ['PG_DIR']
        self.control = os.environ['PG_AS'].split() + [os.environ['PG_BIN'] + '/pg_ctl', '-D', self.dir + '/data', '-w', '-t', '120']

    def stop(self):
        subprocess.run(self.control + ['-m', 'immediate', 'stop'], check=True, timeout=150, cwd=self.dir, **QUIET)

    def start(self):
        subprocess.run(self.control + ['-l', self.dir + '/server.log', 'start'], check=True, timeout=150, cwd=self.dir, **QUIET)

    def ask(self, sql, name='postgres'):
        done = subprocess.run(['psql', '-qAtX', '-v', 'ON_ERROR_STOP=1', '-h', os.environ['PG_SOCKET'], '-p', str(self.port), '-U', 'funnel_owner',
                               '-d', name, '-c', sql], check=True, timeout=60, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        return done.stdout.strip()

    def blocked(self):
        """How often a statement waited for another's transaction (deadlock_timeout is short here)."""
        with open(self.dir + '/server.log', encoding='utf-8', errors='replace') as f:
            return sum('still waiting for' in line for line in f)


class Disk:
    """A small file system of its own, for tables; it is full when we want."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix='funnel-disk-')
        os.chmod(self.path, 0o755)
        owner = os.stat(os.environ['PG_DIR'] + '/data').st_uid
        self.mounted = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=48m,mode=700,uid=%d' % owner, 'funnel', self.path], **QUIET).returncode == 0
        atexit.register(self.close)

    def fill(self):
        with open(self.path + '/ballast', 'wb', buffering=0) as f:
            for size in (1 << 20, 4096):
                try:
                    while True:
                        f.write(bytes(size))
                except OSError:
                    pass  # there is no room for so much

    def free(self):
        os.remove(self.path + '/ballast')

    def close(self):
        subprocess.run(['umount', '-l', self.path], **QUIET)
        if os.path.isdir(self.path):
            os.rmdir(self.path)


class Redis:
    def __init__(self, net):
        self.net, self.dir, self.port, self.child = net, tempfile.mkdtemp(prefix='funnel-redis-'), free_port(), None

    def start(self):
        self.child = subprocess.Popen([*self.net.inside('redis'), 'redis-server', '--port', str(self.port), '--bind', self.net.host('redis'),
                                       '--protected-mode', 'no', '--save', '', '--dir', self.dir], **QUIET)

    def kill(self):
        self.child.kill()
        self.child.wait()


class Outside:
    def __init__(self, net):
        self.ledger = Ledger()
        Double.HOST = net.host('provider')
        self.whatsapp, self.model, self.api = net.run_in('provider', lambda: [make(self.ledger) for make in (Whatsapp, Model, Api)])


class Nodes:
    """Two funneld; a delivery goes to one of them. `direct` is how they reach the rest, unless a phase says otherwise."""

    all = []  # every funneld of this run

    def __init__(self, net, outside, direct, **env):
        self.net, self.outside, self.version, self.rng = net, outside, 0, random.Random(20261123)
        self.direct = {'RETRY_BASE_MS': '50', 'RECONCILE_MS': '300', 'LOG_LEVEL': 'warn', 'SECRET_KEY': '0123456789abcdef0123456789abcdef',
                       'HTTP_ALLOW': net.host('provider'), 'OPENAI_BASE_URL': outside.model.url + '/v1', 'OPENAI_API_KEY': 'sk-teste', **direct}
        self.nodes = [Funneld(outside.whatsapp, host=net.host(name), inside=net.inside(name), **self.direct, **env) for name in NODES]
        Nodes.all += self.nodes
        first, second = self.nodes
        first.start()
        self.deploy_on(first, '')
        first.bind()
        second.key, second.webhook = first.key, first.webhook
        second.start()
        self.drains = []

    def restart(self, *more):
        """Ends both well and starts them with these settings besides; how long that took is kept."""
        for i, n in enumerate(self.nodes):
            began = time.monotonic()
            code = n.stop()
            self.drains.append(round(time.monotonic() - began, 1))
            assert code == 0, 'ended with %s: %s' % (code, n.log()[-2000:])
            n.env.update({**self.direct, **(more[i] if more else {})})
        for n in self.nodes:
            n.start()

    # -- what contacts and their tenant do

    def post(self, n, body):
        return n.http('POST', n.webhook, json.dumps(body).encode(), {'Content-Type': 'application/json'}, timeout=1.5)[0]

    def api(self, n, method, path, value=None, body=None, **headers):
        if value is not None:
            body, headers = json.dumps(value).encode(), {'Content-Type': 'application/json', **headers}
        status, _, data = n.http(method, path, body, {'Authorization': 'Bearer ' + n.key, **headers}, timeout=3)
        return status, json.loads(data) if data else None

    def event(self, n, conv, name, data, key):
        return self.api(n, 'POST', '/v1/conversations/%s/events' % conv, {'event': name, 'data': data},
                        **{'Idempotency-Key': key})[0]

    def ask(self, path, seconds=60):
        """A GET from whichever node answers."""
        end = time.monotonic() + seconds
        while True:
            try:
                status, answer = self.api(self.rng.choice(self.nodes), 'GET', path)
                if status == 200:
                    return answer
            except OSError:
                status = 'nothing'
            assert time.monotonic() < end, (path, status)
            time.sleep(0.05)

    def conversation(self, number):
        found = [c['id'] for c in self.ask('/v1/conversations?limit=200')['conversations'] if c['address'].split('@')[0] == number]
        if not found:
            raise OSError('not there yet')
        return found[0]

    def deploy_on(self, n, query):
        self.version += 1
        text = source(self.outside.api.url, self.version).encode()
        status, answer = self.api(n, 'POST', '/v1/funnels/conta/versions' + query, body=text, **{'Content-Type': 'text/x-funnel'})
        assert status in (200, 201), (status, answer)

    def deploy(self, query='', seconds=60):
        """Asked until a node says yes, as a pipeline would."""
        end = time.monotonic() + seconds
        while True:
            try:
                return self.deploy_on(self.rng.choice(self.nodes), query)
            except (OSError, AssertionError):
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)

    def rollback(self, seconds=60):
        end = time.monotonic() + seconds
        while True:
            try:
                status, answer = self.api(self.rng.choice(self.nodes), 'POST', '/v1/funnels/conta/rollback', {})
                if status in (200, 409):  # 409: a repetition of one whose answer was lost
                    return
            except OSError:
                status = answer = None
            assert time.monotonic() < end, (status, answer)
            time.sleep(0.1)

    def one(self):
        return self.rng.choice(self.nodes)

    def other(self, n):
        return self.nodes[1 - self.nodes.index(n)]

    def alive(self):
        for n in self.nodes:
            assert n.process.poll() is None, 'funneld died by itself: ' + n.log()[-3000:]

    def close(self):
        for n in self.nodes:
            n.close()


class World:
    def __init__(self, net, lease_ms):
        self.net, self.rng, self.lease = net, random.Random(20261126), lease_ms / 1000
        self.database, self.redis, self.outside = Database(), Redis(net), Outside(net)
        self.redis.start()
        self.direct = {'DATABASE_URL': self.url(net.host('database'), self.database.port), 'LEASE_MS': str(lease_ms),
                       'REDIS_URL': 'redis://%s:%d' % (net.host('redis'), self.redis.port),
                       'EVOLUTION_API_URL': self.outside.whatsapp.url}
        self.nodes = Nodes(net, self.outside, self.direct)
        self.proxies = [Proxy(net.host('database'), self.database.port, net.router(name)) for name in NODES]
        self.kills, self.slow = 0, False

    @staticmethod
    def url(host, port, name='postgres'):
        return 'postgresql://funnel_owner@%s:%d/%s' % (host, port, name)

    def through_proxies(self):
        self.nodes.restart(*({'DATABASE_URL': self.url(self.net.router(name), p.port)} for name, p in zip(NODES, self.proxies)))

    def ports(self):
        return {'database': self.database.port, 'redis': self.redis.port, 'provider': int(self.outside.whatsapp.url.rsplit(':', 1)[1])}

    def over(self, ports):
        """The settings of a node that reaches the services by these ports of loopback."""
        return {'DATABASE_URL': self.url('127.0.0.1', ports['database']), 'REDIS_URL': 'redis://127.0.0.1:%d' % ports['redis'],
                'EVOLUTION_API_URL': 'http://127.0.0.1:%d' % ports['provider']}

    # -- the faults

    def kill_node(self):
        """One of them is killed, and comes back at once or after the others took over; every tenth time it happens to a deploy."""
        n = self.nodes.one()
        time.sleep(self.rng.uniform(0.05, 0.5))
        self.nodes.alive()
        deploying = None
        if self.kills % 10 == 0:
            deploying = threading.Thread(target=self.publish, args=(self.kills // 10,), daemon=True)
            deploying.start()
            time.sleep(self.rng.uniform(0, 0.05))
        n.kill()
        time.sleep(self.rng.choice((0, self.rng.uniform(0, 2 * self.lease))))
        n.start(wait=False)
        self.kills += 1
        if deploying:
            deploying.join(90)
            assert not deploying.is_alive(), 'a deploy did not get through'

    def publish(self, i):
        """A version for all; one for some of the contacts; that one taken back, or given to all."""
        if i % 3 == 0:
            self.nodes.deploy()
        elif i % 3 == 1:
            self.nodes.deploy('?canary=40')
        else:
            self.nodes.rollback()

    def stop_database(self):
        time.sleep(self.rng.uniform(0.2, 0.8))
        self.database.stop()
        time.sleep(self.rng.uniform(0, 0.5))
        self.database.start()
        time.sleep(self.rng.uniform(0.2, 0.8))
        self.nodes.alive()

    def kill_redis(self):
        self.redis.kill()
        time.sleep(self.rng.uniform(0.1, 0.4))
        self.redis.start()
        time.sleep(self.rng.uniform(0.1, 0.4))

    def freeze(self, i):
        """Stops a node for three leases: at any moment, or just when it waits for the answer to a commit, to a claim, to the end of an
        effect, or from the provider that has carried out its message. Returns what the woken node sent in the first 100 ms."""
        moment = (None, 'commit', 'send', 'claim', 'done')[i % 5]
        index = self.rng.randrange(2)
        n, proxy, hit = self.nodes.nodes[index], self.proxies[index], threading.Event()
        if moment:
            stop = lambda: (n.process.send_signal(signal.SIGSTOP), hit.set())
            if moment == 'send':
                self.outside.whatsapp.watched = (n.host, stop)
            else:
                proxy.watch(moment, stop)
            if not hit.wait(5):
                proxy.watched, self.outside.whatsapp.watched, moment = [], None, None
        if not moment and not hit.is_set():
            n.process.send_signal(signal.SIGSTOP)
        time.sleep(3 * self.lease)
        before = self.arrivals(index)
        n.process.send_signal(signal.SIGCONT)
        time.sleep(0.1)
        sent = self.arrivals(index) - before
        time.sleep(1)
        return moment or 'any', sent

    def arrivals(self, index):
        """Requests that came from this node; where nodes share an address, from both."""
        return sum(d.clients.get(self.nodes.nodes[index].host, 0) for d in (self.outside.whatsapp, self.outside.model, self.outside.api))

    def cut(self, i):
        """Behind a forwarded transaction: its answer thrown away, or the node cut off while the server still works on it."""
        statement = ('commit', 'done', 'commit', 'ingest', 'commit', 'claim')[i % 6]
        mode = 'before' if i % 6 == 2 else 'after'
        proxy = self.rng.choice(self.proxies)
        if mode == 'before':
            self.slow_down(0.3)
        proxy.cut(mode, statement)
        end = time.monotonic() + 3
        while proxy.pending() and time.monotonic() < end:
            time.sleep(0.01)
        if mode == 'before':
            time.sleep(0.2)
            self.slow_down(0)
        time.sleep(self.rng.uniform(0.02, 0.2))

    SLOW = '''CREATE SCHEMA slow; CREATE TABLE slow.down (seconds float8);
        CREATE FUNCTION slow.down() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            PERFORM pg_sleep(d.seconds) FROM slow.down d; RETURN NULL; END $$;
        CREATE TRIGGER slow AFTER UPDATE ON funnel.conv FOR EACH STATEMENT EXECUTE FUNCTION slow.down();'''

    def slow_down(self, seconds):
        """Every commit takes that much longer, with its rows locked: what a retry meets."""
        if not self.slow:
            self.database.ask(self.SLOW)
            self.slow = True
        self.database.ask('DELETE FROM slow.down' if seconds == 0 else 'INSERT INTO slow.down VALUES (%s)' % seconds)

    def close(self):
        self.nodes.close()
        self.redis.kill()
