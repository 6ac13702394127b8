"""A network of the test's own: each program in a network namespace, the test itself the router between them.

A namespace is held by a sleeping child and reached with nsenter; it has one cable (veth) to the router and no other. So nothing here
can leave the machine, and everything is gone when the children are. A partition is a routing rule on the router: packets from one
address to another vanish, in one direction or both, and neither end is told.

Where namespaces cannot be made, the programs run on loopback behind proxies (wire.py) that stop passing bytes on.

SPDX-License-Identifier: Apache-2.0
"""
import os
import subprocess
import sys
import time

SPOKES = ('node0', 'node1', 'database', 'redis', 'provider')
ENV = 'FAULTS_HOLDERS'


def quiet(*command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def ip(*words, inside=()):
    done = quiet(*inside, 'ip', *words)
    if done.returncode:
        raise OSError('ip %s: %s' % (' '.join(words), done.stderr.strip()))


def enter(pid):
    return ['nsenter', '--net=/proc/%s/ns/net' % pid]


def why_not():
    """Empty when namespaces can be made here, else the reason."""
    for program in ('unshare', 'nsenter', 'ip'):
        if quiet('sh', '-c', 'command -v ' + program).returncode:
            return program + ' is not installed'
    done = quiet('unshare', '--net', 'sh', '-c', 'ip link set lo up && ip link add name fa type veth peer name fb && '
                 'ip rule add pref 5 from 10.66.0.9 to 10.66.0.10 blackhole && echo 1 >/proc/sys/net/ipv4/ip_forward')
    return done.stderr.strip().replace('\n', '; ') or 'refused' if done.returncode else ''


def build():
    """In the router's namespace: makes the spokes; the words of ENV for the program that goes on."""
    ip('link', 'set', 'lo', 'up')
    with open('/proc/sys/net/ipv4/ip_forward', 'w', encoding='ascii') as f:
        f.write('1\n')
    holders = []
    for i, name in enumerate(SPOKES):
        holder = subprocess.Popen(['unshare', '--net', 'sleep', 'infinity'], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        own = os.stat('/proc/self/ns/net').st_ino
        while os.stat('/proc/%d/ns/net' % holder.pid).st_ino == own:
            assert holder.poll() is None, 'no namespace for ' + name
            time.sleep(0.005)
        inside = enter(holder.pid)
        ip('link', 'add', 'name', name, 'type', 'veth', 'peer', 'name', 'cable', 'netns', str(holder.pid))
        ip('addr', 'add', '10.66.%d.1/24' % (i + 1), 'dev', name)
        ip('link', 'set', name, 'up')
        ip('addr', 'add', '10.66.%d.2/24' % (i + 1), 'dev', 'cable', inside=inside)
        ip('link', 'set', 'cable', 'up', inside=inside)
        ip('link', 'set', 'lo', 'up', inside=inside)
        ip('route', 'add', 'default', 'via', '10.66.%d.1' % (i + 1), inside=inside)
        holders.append(str(holder.pid))
    return ','.join(holders)


class Namespaces:
    kind = 'network namespaces'

    def __init__(self):
        self.holders = os.environ[ENV].split(',')

    def host(self, name):
        return '10.66.%d.2' % (SPOKES.index(name) + 1)

    def router(self, name):
        """The router's own address as `name` sees it: where a proxy for it listens."""
        return '10.66.%d.1' % (SPOKES.index(name) + 1)

    def inside(self, name):
        return enter(self.holders[SPOKES.index(name)])

    def run_in(self, name, make):
        """make() with this process in the namespace of `name`: sockets it opens, and threads it starts, belong there."""
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        here = os.open('/proc/thread-self/ns/net', os.O_RDONLY)
        there = os.open('/proc/%s/ns/net' % self.holders[SPOKES.index(name)], os.O_RDONLY)
        try:
            if libc.setns(there, 0x40000000):
                raise OSError(ctypes.get_errno(), 'setns')
            return make()
        finally:
            if libc.setns(here, 0x40000000):
                raise OSError(ctypes.get_errno(), 'setns')
            os.close(here)
            os.close(there)

    def rule(self, what, one, other):
        ip('rule', what, 'pref', '5', 'from', self.host(one), 'to', self.host(other), 'blackhole')

    def part(self, one, other, ways):
        """ways: '>' what `one` sends vanishes, '<' what it should get, '<>' both."""
        for way in ways:
            self.rule('add', *((one, other) if way == '>' else (other, one)))

    def heal(self, one, other, ways):
        for way in ways:
            self.rule('del', *((one, other) if way == '>' else (other, one)))

    def close(self):
        for pid in self.holders:
            os.kill(int(pid), 9)


class Loopback:
    """Everything on 127.0.0.1; each node reaches each service through a proxy of its own, which partitions."""
    kind = 'proxies'

    def __init__(self):
        self.proxies = {}

    def host(self, name):
        return '127.0.0.1'

    router = host

    def inside(self, name):
        return []

    def run_in(self, name, make):
        return make()

    def part(self, one, other, ways):
        self.proxies[one, other].hold(ways)

    def heal(self, one, other, ways):
        self.proxies[one, other].hold('')

    def close(self):
        pass


def into(program):
    """Re-executes `program` in a router's namespace with its spokes; returns where it runs already, or must run on loopback."""
    if ENV in os.environ:
        return
    if 'FAULTS_ROUTER' in os.environ:
        os.environ[ENV] = build()
        os.environ['PG_IN'] = ' '.join(enter(os.environ[ENV].split(',')[SPOKES.index('database')]))
        os.environ['PG_ADDRESS'] = '10.66.%d.2' % (SPOKES.index('database') + 1)
        return
    reason = why_not()
    if reason:
        os.environ[ENV] = ''
        print('network namespaces cannot be made here (%s): partitions by proxies that stop passing on' % reason, flush=True)
        return
    os.environ['FAULTS_ROUTER'] = 'yes'
    os.execvp('unshare', ['unshare', '--net', sys.executable, program, *sys.argv[1:]])


def network():
    return Namespaces() if os.environ[ENV] else Loopback()
