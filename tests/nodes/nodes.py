"""Two funneld on one PostgreSQL (DATABASE_URL, from tests/contract/with_pg): channels, keys, secrets and templates given to one are known to
the other before it says "unknown"; a replaced key dies on both; guessing names does not load the database; without it nobody is lied to.

SPDX-License-Identifier: Apache-2.0
"""
import concurrent.futures
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'e2e'))
from harness import BIN, Answer, Double, Evolution, Funneld, Suite, message, wait_for

STALE_S = 4  # docs/operations.md: within this time a replaced key is dead on every node
SOURCE = '''funnel nos "Nós"

channel whatsapp
timezone "America/Sao_Paulo"
locale "pt-BR"

secret chave

record Resposta {
  numero: text(20)
}

start on message -> a

stage a {
  ask pedido: text(40) "Qual pedido?"
  let r = http get "URL/pedidos" {
    header "Authorization" "Bearer {chave}"
    timeout 2s
  } as Resposta else -> b
  say "achei {r.numero}"
  end
}

stage b {
  send template "lembrete" ("Ana") language "pt_BR"
  end
}
'''


class Shop(Double):
    """Knows one word."""

    word = 's3gredo'

    def usual(self, request):
        good = request.headers.get('Authorization') == 'Bearer ' + self.word
        return Answer(200, {'numero': '7'}) if good else Answer(403, {})


class World:
    def __init__(self):
        self.evolution, self.shop = Evolution(), Shop()
        self.a, self.b = (Funneld(self.evolution, DATABASE_URL=os.environ['DATABASE_URL'], HTTP_ALLOW='127.0.0.1',
                                  SECRET_KEY='0123456789abcdef0123456789abcdef') for _ in range(2))

    def start(self):
        self.a.start(wait=False)  # both at once on an empty database: one of them makes the key, and says it
        self.b.start(wait=False)
        self.a.ready()
        self.b.ready()
        keys = [n.key for n in (self.a, self.b) if n.key]
        assert len(keys) == 1, keys
        self.a.key = self.b.key = keys[0]
        assert self.a.api('GET', '/v1/channels') == self.b.api('GET', '/v1/channels') == (200, {'channels': []})
        status, answer = self.a.deploy('nos', SOURCE.replace('URL', self.shop.url))
        assert status == 201, answer

    def path(self, channel):
        return '/' + channel['webhook_url'].split('/', 3)[3]

    def bind(self, node, instance, **more):
        return node.api('POST', '/v1/channels', {'kind': 'evolution', 'instance': instance, **more})

    def close(self):
        self.a.close()
        self.b.close()
        self.evolution.close()
        self.shop.close()


def test_a_channel_of_one_takes_messages_at_the_other_at_once(w):
    for i in range(5):
        status, channel = w.bind(w.a, 'loja-%d' % i)
        assert status == 201, channel
        body = message('551198765000%d' % i, 'oi', instance='loja-%d' % i)
        assert w.b.post(body, w.path(channel)) == 200, 'Evolution would never deliver this again'
        wait_for(lambda: w.evolution.texts('551198765000%d' % i) == ['Qual pedido?'])


def test_one_instance_bound_twice_at_the_same_moment_is_one_channel(w):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda i: w.bind((w.a, w.b)[i % 2], 'dupla', choose='buttons'), range(8)))
    assert all(status in (200, 201) for status, _ in answers), answers
    assert len({c['id'] for _, c in answers}) == 1 and len({w.path(c) for _, c in answers}) == 1, answers


def test_settings_of_a_channel_reach_the_other(w):
    assert w.bind(w.a, 'dupla', choose='text')[1]['choose'] == 'text'
    assert [c['choose'] for c in w.b.api('GET', '/v1/channels')[1]['channels'] if c['instance'] == 'dupla'] == ['text']
    assert w.bind(w.b, 'dupla', choose='buttons')[1]['choose'] == 'buttons'
    wait_for(lambda: w.bind(w.a, 'dupla')[1]['choose'] == 'buttons', 3)  # by itself: nobody asks the store here


def talk(w, number):
    """Through the first channel, to whichever node owns the conversation; the last text sent."""
    for text in ('oi', '7'):
        before = w.evolution.count(number)
        assert w.b.post(message(number, text, instance='loja-0'), w.path(w.bind(w.a, 'loja-0')[1])) == 200
        wait_for(lambda: w.evolution.count(number) > before)
    return w.evolution.texts(number)[-1]


def test_secrets_and_templates_reach_whoever_runs_the_conversation(w):
    assert w.a.api('POST', '/v1/secrets', {'name': 'chave', 'value': 'errado'})[0] == 200
    assert w.b.api('PUT', '/v1/templates/lembrete?language=pt_BR', {'text': 'Oi {{1}}'})[0] == 200
    for i in range(4):  # shards fall to either node
        assert talk(w, '551198765010%d' % i) == 'Oi Ana'
    assert w.b.api('POST', '/v1/secrets', {'name': 'chave', 'value': w.shop.word})[0] == 200
    assert w.a.api('GET', '/v1/secrets')[1] == {'secrets': ['chave']}  # asks the store: the value is there too
    for i in range(4):
        assert talk(w, '551198765020%d' % i) == 'achei 7'


def database(question):
    done = subprocess.run(['psql', '-qAtX', os.environ['DATABASE_URL'], '-c', 'SELECT pg_stat_clear_snapshot()', '-c', question],
                          capture_output=True, text=True, check=True, timeout=20)
    return int(done.stdout.split()[-1])


def scans():
    time.sleep(1.5)  # a backend tells its counts once a second
    return database("SELECT coalesce(sum(idx_scan + seq_scan), 0) FROM pg_stat_user_tables WHERE relname = 'doc'")


def test_guessing_does_not_load_the_database(w):
    before, start, guesses = scans(), time.monotonic(), 600
    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        words = pool.map(lambda i: w.b.post(message('5511900000000', 'x'), '/webhooks/evolution/%032d' % i), range(guesses))
        assert set(words) == {404}
    rounds = (time.monotonic() - start + 4) * 2 * 11  # both nodes, ten a second at most, one for the seconds around
    read = scans() - before
    assert read < rounds and read < guesses, (read, rounds)
    assert w.b.post(message('5511900000000', 'x'), '/webhooks/evolution/curta') == 404  # no key's form: nobody is asked


def test_a_replaced_key_dies_on_every_node(w):
    old = w.a.key
    done = subprocess.run([os.path.join(BIN, 'funneld'), 'newkey'], env=w.a.env, capture_output=True, text=True, timeout=20)
    new, start = done.stdout.strip(), time.monotonic()
    assert done.returncode == 0 and new.startswith('fnl_live_') and new != old, done
    w.a.key = w.b.key = new
    assert w.a.api('GET', '/v1/funnels')[0] == w.b.api('GET', '/v1/funnels')[0] == 200  # a new key works at once
    w.a.key = w.b.key = old
    for node in (w.a, w.b):
        wait_for(lambda: node.api('GET', '/v1/funnels')[0] == 401, STALE_S)
    assert time.monotonic() - start < STALE_S
    w.a.key = w.b.key = new
    w.a.key = 'fnl_live_' + 'x' * 38
    assert w.a.api('GET', '/v1/funnels')[0] == 401
    w.a.key = new


def control(*words):
    pg = os.environ['PG_AS'].split() + [os.environ['PG_BIN'] + '/pg_ctl', '-D', os.environ['PG_DIR'] + '/data', '-w', *words]
    subprocess.run(pg, check=True, timeout=60, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, cwd=os.environ['PG_DIR'])


def test_without_the_database_no_key_is_believed_and_no_name_denied(w):
    path = w.path(w.bind(w.a, 'loja-0')[1])
    control('-m', 'immediate', 'stop')
    time.sleep(STALE_S + 0.5)
    assert w.a.api('GET', '/v1/secrets')[0] == 503  # perhaps it was replaced: neither 200 nor 401
    assert w.a.post(message('5511987650000', 'oi', instance='x'), '/webhooks/evolution/' + 'a' * 32) == 503  # Evolution tries again
    assert w.a.post(message('5511987650000', 'oi', instance='loja-0'), path) == 503
    control('-l', os.environ['PG_DIR'] + '/server.log', 'start')
    wait_for(lambda: w.a.api('GET', '/v1/secrets')[0] == 200)
    assert w.a.post(message('5511987650000', 'oi', instance='x'), '/webhooks/evolution/' + 'a' * 32) == 404
    assert w.a.post(message('5511987650000', 'oi', instance='loja-0'), path) == 200


def main():
    suite, w = Suite(), World()
    suite.run('two nodes start together', w.start)
    if not suite.failed:
        for name, test in list(globals().items()):
            if name.startswith('test_'):
                suite.run(name[5:].replace('_', ' '), lambda: test(w))
    suite.run('ends well', w.close)
    return suite.end()


if __name__ == '__main__':
    sys.exit(main())
