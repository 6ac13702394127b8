"""Behind a real PgBouncer (DATABASE_URL is its server, from tests/contract/with_pg): in transaction mode the store finds out, also while others use
the pooler, keeps its contract and carries whole conversations; in session mode it is used like the server itself.

SPDX-License-Identifier: Apache-2.0
"""
import os
import re
import shlex
import socket
import subprocess
import sys
import tempfile
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(TESTS, 'e2e'))
from harness import Suite, free_port, wait_for

CONTRACT = os.path.join(os.environ['FUNNEL_BUILD'], 'tests', 'contract', 'contract')
INI = """[databases]
* = host=127.0.0.1 port={server} user=funnel_owner
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = {mode}
default_pool_size = {size}
max_client_conn = 200
server_tls_sslmode = disable
"""
# Keeps the pooler's server processes changing hands.
TRAFFIC = 'SELECT pg_sleep(0.002 * random());\n'


class Bouncer:
    def __init__(self, mode, size):
        self.port = free_port()
        self.dir = tempfile.TemporaryDirectory(prefix='funnel-pooler.')
        os.chmod(self.dir.name, 0o755)
        ini = os.path.join(self.dir.name, 'pgbouncer.ini')
        with open(ini, 'w', encoding='utf-8') as f:
            f.write(INI.format(server=os.environ['PG_PORT'], port=self.port, mode=mode, size=size))
        os.chmod(ini, 0o644)
        self.child = subprocess.Popen([*shlex.split(os.environ['PG_AS']), '/usr/sbin/pgbouncer', '-q', ini])
        self.url = 'postgresql://funnel_owner@127.0.0.1:%d/postgres' % self.port
        wait_for(self.listens)

    def listens(self):
        try:
            socket.create_connection(('127.0.0.1', self.port), 1).close()
            return True
        except OSError:
            return False

    def close(self):
        self.child.kill()
        self.child.wait()
        self.dir.cleanup()


def contract(suite, bouncer, mode):
    """All the store's cases; each of them opens the store, so each asks anew what it is behind."""
    out = subprocess.run([CONTRACT, 'asked'], env={**os.environ, 'DATABASE_URL': bouncer.url, 'CONTRACT_POOLER': mode}, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, timeout=200).stdout.decode(errors='replace')
    passed, failed = re.search(r'(\d+) passed, (\d+) failed\s*$', out).groups()
    suite.passed += int(passed)
    suite.failed += int(failed)
    print(''.join(line + '\n' for line in out.splitlines() if not line.startswith('ok')), end='')


def busy(bouncer):
    script = os.path.join(bouncer.dir.name, 'traffic')
    with open(script, 'w', encoding='utf-8') as f:
        f.write(TRAFFIC)
    return subprocess.Popen([os.path.join(os.environ['PG_BIN'], 'pgbench'), '-n', '-M', 'simple', '-c', '4', '-T', '600', '-f', script, bouncer.url],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def conversations(suite, bouncer):
    out = subprocess.run([os.path.join(TESTS, 'e2e', 'run')], env={**os.environ, 'E2E_DATABASE_URL': bouncer.url}, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, timeout=500).stdout.decode(errors='replace')
    passed, failed = re.search(r'(\d+) passed, (\d+) failed\s*$', out).groups()
    suite.passed += int(passed)
    suite.failed += int(failed)
    print(out, end='')


def main():
    suite = Suite()
    for mode, size in (('session', 60), ('transaction', 1), ('transaction', 8)):
        bouncer = Bouncer(mode, size)
        traffic = busy(bouncer) if size > 1 else None
        print('== %s, %d server processes%s' % (mode, size, ', others at work' if traffic else ''), flush=True)
        start = time.monotonic()
        contract(suite, bouncer, mode)
        print('  %.1f s' % (time.monotonic() - start), flush=True)
        if traffic:
            traffic.kill()
            traffic.wait()
        bouncer.close()
    bouncer = Bouncer('transaction', 4)
    print('== conversations', flush=True)
    conversations(suite, bouncer)
    bouncer.close()
    return suite.end()


if __name__ == '__main__':
    sys.exit(main())
