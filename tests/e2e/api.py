"""The REST API, the webhook's door and the web chat, seen from outside.

SPDX-License-Identifier: Apache-2.0
"""
import glob
import json
import os
import re
import subprocess
import tempfile
import time

from conversation import expect, source
from harness import BIN, INSTANCE, ROOT, Answer, Double, Evolution, Funneld, free_port, message, raw, wait_for


def test_wrong_key_is_401(w):
    for header in ({}, {'Authorization': 'Bearer fnl_live_' + '0' * 38}, {'Authorization': 'Basic x'}, {'Authorization': 'Bearer '}):
        status, head, body = w.funneld.http('GET', '/v1/funnels', None, header)
        assert status == 401 and head['content-type'].startswith('application/problem+json'), (status, head)
        assert json.loads(body)['code'] == 'unauthorized'


def test_problems_speak_the_clients_language(w):
    pt = json.loads(w.funneld.http('GET', '/nada', None, {'Accept-Language': 'pt-BR'})[2])
    en = json.loads(w.funneld.http('GET', '/nada', None, {'Accept-Language': 'en-US,en;q=0.9'})[2])
    assert pt['title'] == 'Não existe nada neste endereço' and en['title'] == 'There is nothing at this address', (pt, en)
    assert pt['code'] == en['code'] == 'not_found' and pt['status'] == 404


def test_a_funnel_with_errors_is_422_with_diagnostics(w):
    status, answer = w.funneld.deploy('ruim', 'funnel ruim "Ruim"\nstart on message -> nada\nstage a {\n  say "oi"\n}\n')
    assert status == 422 and answer['code'] == 'does_not_compile', answer
    assert answer['diagnostics'], answer
    assert any(d.get('code', '').startswith('F') for d in answer['diagnostics']), answer


def test_deploying_twice_changes_nothing(w):
    before = w.funneld.api('GET', '/v1/funnels/teste')[1]
    status, answer = w.funneld.deploy('teste', source())
    assert status == 200 and answer['changed'] is False and answer['version'] == before['version'], (status, answer)


def test_json_source_and_wrong_name(w):
    status, answer = w.funneld.api('POST', '/v1/funnels/outro/versions', {'source': source()})
    assert status == 422 and answer['code'] == 'name_mismatch', answer
    status, answer = w.funneld.api('POST', '/v1/funnels/teste/versions', {'source': source(), 'admin': True})
    assert status == 422 and answer['code'] == 'bad_field', answer


def test_any_bytes_as_image_are_refused(w):
    for data in (b'', b'FNB1', b'\0' * 100, os.urandom(4000), b'FNB1' + os.urandom(4000)):
        status, answer = w.funneld.api('POST', '/v1/funnels/teste/versions', headers={'Content-Type': 'application/octet-stream'}, body=data)
        assert status == 422 and answer['code'] == 'bad_image', (status, answer)


def test_a_compiled_image_is_taken(w):
    if not os.path.exists(os.path.join(BIN, 'funnelc')):
        raise AssertionError('no funnelc beside funneld')
    with tempfile.TemporaryDirectory() as d:
        path, image = os.path.join(d, 'imagem.funnel'), os.path.join(d, 'imagem.fnb')
        with open(path, 'w', encoding='utf-8') as f:
            f.write('funnel imagem "Imagem"\nchannel whatsapp\nstart on keyword "imagem" -> a\nstage a {\n  say "compilado fora"\n  end\n}\n')
        subprocess.run([os.path.join(BIN, 'funnelc'), 'build', path, '-o', image], check=True, capture_output=True)
        with open(image, 'rb') as f:
            data = f.read()
    status, answer = w.funneld.api('POST', '/v1/funnels/imagem/versions', headers={'Content-Type': 'application/octet-stream'}, body=data)
    assert status == 201, answer
    assert w.funneld.say('5511987670001', 'imagem') == 200
    expect(w, '5511987670001', ['compilado fora'])
    assert [f['funnel'] for f in w.funneld.api('GET', '/v1/funnels')[1]['funnels']] == ['imagem', 'teste']


def test_webhook_door(w):
    good = message('5511987670002', 'oi')
    assert w.funneld.post(good, '/webhooks/evolution/' + 'x' * 32) == 404
    assert w.funneld.post(dict(good, instance='de-outro')) == 403
    assert w.funneld.post(b'isto nao e json') == 400
    assert w.funneld.post(b'{"event":1}') == 400
    head = 'POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n' % (w.funneld.webhook, 3 * 1024 * 1024 + 1)
    assert raw(w.funneld.port, head.encode()).startswith(b'HTTP/1.1 413 ')
    assert w.funneld.post(good, w.funneld.webhook + '/messages-upsert') == 200
    expect(w, '5511987670002', ['Oi! Sou a Ana.', 'Como posso te chamar?'])


def test_hostile_texts_do_not_poison(w):
    number = '5511987670003'
    body = json.dumps(message(number, 'X')).replace('"X"', '"nul \\u0000 meio \\ud83c %s \\" \\n fim"').encode()
    assert w.funneld.post(body) == 200
    expect(w, number, ['Oi! Sou a Ana.', 'Como posso te chamar?'])
    assert 'SEGREDO-DA-INSTANCIA' not in w.funneld.log()


def bodies(value):
    """Deliveries of a fixture file: a body, or a sequence of them."""
    deliveries = value.get('deliveries') if isinstance(value, dict) else None
    return [d['body'] for d in deliveries if isinstance(d.get('body'), dict)] if isinstance(deliveries, list) else [value]


def test_every_fixture_is_answered(w):
    folders = [os.path.join(ROOT, 'tests', 'fixtures', 'evolution'), os.path.join(ROOT, '..', 'shared', 'payloads', 'evolution')]
    files = [f for d in folders for pattern in ('wh-*.json', 'seq-*.json') for f in sorted(glob.glob(os.path.join(d, pattern)))]
    assert len(files) >= 20, files
    for path in files:
        with open(path, encoding='utf-8', errors='surrogatepass') as f:
            value = json.loads(f.read())
        for body in bodies(value):
            instance = body.get('instance')
            if not isinstance(instance, str):
                continue
            w.funneld.bind(instance)
            status = w.funneld.post(json.dumps(body).encode())
            assert status == 200, (path, status)
    w.funneld.bind()


def test_binding_again_gives_the_same_address(w):
    assert w.funneld.bind()['webhook_url'] == w.funneld.bind()['webhook_url']
    status, answer = w.funneld.api('POST', '/v1/channels', {'kind': 'evolution', 'instance': 'a/b'})
    assert status == 422, answer
    status, answer = w.funneld.api('POST', '/v1/channels', {'kind': 'pombo', 'instance': 'a'})
    assert status == 422, answer


def chat(w, key, session, token, tag=''):
    path = '/chat/%s/events?session=%s&token=%s&tag=%s' % (key, session, token, tag)
    status, _, body = w.funneld.http('GET', path, timeout=40)
    return status, json.loads(body)


def test_web_chat(w):
    status, channel = w.funneld.api('POST', '/v1/channels', {'kind': 'web', 'name': 'site'})
    assert status == 201, channel
    key = channel['chat_url'].rsplit('/', 1)[1]
    status, head, page = w.funneld.http('GET', '/chat/' + key)
    assert status == 200 and b'/assets/chat.js' in page
    assert "script-src 'self'" in head['content-security-policy'] and 'unsafe' not in head['content-security-policy']
    for asset in ('chat.js', 'chat.css', 'home.js', 'home.css'):
        assert w.funneld.http('GET', '/assets/' + asset)[0] == 200, asset
    session = 'a1' * 16
    post = lambda id, text: w.funneld.http('POST', '/chat/%s/messages' % key, json.dumps({'session': session, 'id': id, 'text': text}),
                                           {'Content-Type': 'application/json'})
    status, _, body = post('0' * 16, 'oi')
    assert status == 200, body
    assert post('0' * 16, 'oi')[0] == 200  # the page tried again
    token = json.loads(body)['token']
    shown, tag = {}, ''
    end = time.monotonic() + 20
    while len(shown) < 3 and time.monotonic() < end:
        status, news = chat(w, key, session, token, tag)
        assert status == 200, news
        tag = news['tag']
        shown.update({m['id']: m for m in news['messages']})
    texts = [m['body']['text'] for m in sorted(shown.values(), key=lambda m: (m['at'], int(m['id'])))]
    assert texts == ['oi', 'Oi! Sou a Ana.', 'Como posso te chamar?'], texts
    assert chat(w, key, 'b2' * 16, token)[0] == 422, 'another session read the conversation'
    assert chat(w, key, session, '1.' + '0' * 32)[0] == 422
    assert w.funneld.http('GET', '/chat/' + 'z' * 32)[0] == 404


def test_pages_keep_their_own_policy(w):
    """Nothing inline, nothing foreign, nothing that makes markup of text; each word in both languages."""
    key = w.funneld.api('POST', '/v1/channels', {'kind': 'web', 'name': 'paginas'})[1]['chat_url'].rsplit('/', 1)[1]
    for path, script in (('/', 'home.js'), ('/chat/' + key, 'chat.js')):
        page = w.funneld.http('GET', path)[2].decode()
        assert not re.search(r'<style|\sstyle=|\son\w+=|<script>|//', page.split('<body>')[1]), path
        assert all(w.funneld.http('GET', asset)[0] == 200 for asset in re.findall(r'"(/assets/[^"]+)"', page)), path
        for id in set(re.findall(r'aria-labelledby="([^"]+)"|for="([^"]+)"', page)):
            assert 'id="%s"' % ''.join(id) in page, id
        code = w.funneld.http('GET', '/assets/' + script)[2].decode()
        assert not re.search(r'innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function', code), script
        pt, en = (set(re.findall(r'[{,]\s*(\w+):', re.sub(r'"[^"]*"', '""', block)))
                  for block in re.search(r'  pt: (.*?)\n  en: (.*?)\n};', code, re.S).groups())
        assert pt == en and len(pt) > 8, pt ^ en


def luminance(colour):
    wide = colour if len(colour) == 6 else ''.join(c * 2 for c in colour)
    linear = [(v / 12.92 if v <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4) for v in (int(wide[i:i + 2], 16) / 255 for i in (0, 2, 4))]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_pages_can_be_read_in_light_and_dark(w):
    pairs = {'chat.css': [('ink', 'mine'), ('ink', 'theirs'), ('faint', 'back'), ('faint', 'theirs'), ('on-head', 'head'), ('accent', 'theirs'),
                          ('on-accent', 'accent'), ('ink', 'back')],
             'home.css': [('ink', 'card'), ('faint', 'card'), ('faint', 'back'), ('accent', 'card'), ('accent', 'soft'), ('on-accent', 'accent'),
                          ('warm', 'warm-soft'), ('wrong', 'card'), ('ink', 'back'), ('accent', 'back')]}
    for name, wanted in pairs.items():
        css = w.funneld.http('GET', '/assets/' + name)[2].decode()
        for theme in re.findall(r':root \{(.*?)\}', css, re.S)[:2]:
            colours = {k: luminance(v) for k, v in re.findall(r'--([\w-]+): #([0-9a-f]+)', theme)}
            for a, b in wanted:
                high, low = sorted((colours[a], colours[b]), reverse=True)
                assert (high + 0.05) / (low + 0.05) >= 4.5, '%s: %s on %s is too faint for WCAG AA' % (name, a, b)


def test_health_metrics_and_openapi(w):
    assert w.funneld.http('GET', '/livez')[0] == 200 and w.funneld.http('GET', '/readyz')[0] == 200
    text = w.funneld.http('GET', '/metrics')[2].decode()
    names = {line.split('{')[0].split(' ')[0] for line in text.splitlines() if line and not line.startswith('#')}
    assert names and all(n.startswith('funnel_') for n in names), names
    assert 'funnel_http_requests_total{route="/readyz",method="GET",code="200"}' in text
    document = json.loads(w.funneld.http('GET', '/v1/openapi.json')[2])
    assert '/webhooks/evolution/{key}' in document['paths']
    env = dict(w.funneld.env)
    assert subprocess.run([os.path.join(BIN, 'funneld'), 'health'], env=env).returncode == 0


def test_logs_are_json_lines(w):
    lines = [line for line in w.funneld.log().splitlines() if line]
    for line in lines:
        value = json.loads(line)
        assert {'ts', 'level', 'event', 'msg'} <= set(value), line
    text = w.funneld.log()
    for secret in (w.funneld.key, 'chave-da-evolution', 'sk-teste', w.funneld.webhook.rsplit('/', 1)[1]):
        assert secret not in text, 'a secret is in the log'


def test_wrong_configuration_is_told_all_at_once(w):
    env = {'PATH': '/usr/bin:/bin', 'LANG': 'en_US.UTF-8', 'PORT': 'abc', 'OPENAI_BASE_URL': 'ftp://x', 'LOG_LEVEL': 'loud',
           'SECRET_KEY': 'curta', 'EVOLUTION_API_URL': 'http://127.0.0.1:1', 'DATA_DIR': '/proc/none', 'DATABASE_URL': 'mysql://x'}
    done = subprocess.run([os.path.join(BIN, 'funneld'), 'serve'], env=env, capture_output=True, text=True, timeout=20)
    assert done.returncode == 2, done
    for name in ('PORT', 'OPENAI_BASE_URL', 'LOG_LEVEL', 'SECRET_KEY', 'EVOLUTION_API_KEY', 'DATA_DIR', 'DATABASE_URL'):
        assert name in done.stderr, (name, done.stderr)
    assert 'curta' not in done.stderr
    assert subprocess.run([os.path.join(BIN, 'funneld'), 'danca'], env=env, capture_output=True).returncode == 2


def refused(**env):
    """Exit code and standard error of a start that must fail."""
    base = {'PATH': '/usr/bin:/bin', 'PORT': str(free_port()), **env}
    done = subprocess.run([os.path.join(BIN, 'funneld'), 'serve'], env=base, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stderr


def test_a_start_that_fails_says_why_in_both_languages(w):
    with tempfile.TemporaryDirectory(prefix='funnel-start-') as folder:
        here = lambda name: os.path.join(folder, name)
        os.mkdir(here('damaged'))
        with open(here('damaged/secret.key'), 'w', encoding='utf-8') as f:
            f.write('curta')
        sealed = Funneld(SECRET_KEY='0123456789abcdef0123456789abcdef')
        sealed.start('--demo')
        sealed.stop()
        cases = (('S002', {'DATA_DIR': here('damaged')}, 'chave mestra', 'master key'),
                 ('S003', {'DATA_DIR': w.funneld.env['DATA_DIR']}, 'outro funneld', 'another funneld'),
                 ('S004', {'DATA_DIR': sealed.env['DATA_DIR'], 'SECRET_KEY': 'f' * 32}, 'SECRET_KEY', 'SECRET_KEY'),
                 ('S007', {'DATA_DIR': here('b'), 'PORT': str(w.funneld.port)}, 'PORT', 'PORT'),
                 ('S007', {'DATA_DIR': here('c'), 'BIND': 'nada'}, 'BIND', 'BIND'))
        for code, env, pt, en in cases:
            for lang, word in (('pt_BR.UTF-8', pt), ('en_US.UTF-8', en)):
                got, text = refused(LANG=lang, **env)
                assert got == 1 and 'funneld: %s: ' % code in text and word in text, (code, lang, got, text)
                assert ('não' in text or 'lida' in text) == (lang[:2] == 'pt'), (code, lang, text)
        sealed.close()


CALLS = '''funnel chama "Chama"

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
  let r = http get "URL/pedidos/{pedido}?k={chave}" {
    header "Authorization" "Bearer {chave}"
    timeout 2s
  } as Resposta else -> b
  say "achei {r.numero}"
  end
}

stage b {
  say "não achei"
  end
}
'''


class Shop(Double):
    """A tenant's own system."""

    def usual(self, request):
        return Answer(200, {'numero': '7', 'extra': [1, 2]})


def calls(funneld, evolution, url, number):
    """Deploys the funnel that calls url and talks to it; the last text."""
    status, answer = funneld.deploy('chama', CALLS.replace('URL', url))
    assert status == 201, answer
    funneld.bind()
    assert funneld.say(number, 'oi') == 200
    wait_for(lambda: evolution.texts(number))
    assert funneld.say(number, 'a/b') == 200
    return wait_for(lambda: evolution.texts(number)[1:])[0]


def test_http_of_funnels_with_a_secret(w):
    evolution, shop = Evolution(), Shop()
    funneld = Funneld(evolution, HTTP_ALLOW='127.0.0.1')
    try:
        funneld.start()
        assert funneld.api('POST', '/v1/secrets', {'name': 'chave', 'value': 's3gr&do'})[0] == 200
        assert funneld.api('GET', '/v1/secrets')[1] == {'secrets': ['chave']}
        funneld.kill()  # sealed in the store, read again
        funneld.start()
        assert calls(funneld, evolution, shop.url, '5511987680001') == 'achei 7'
        assert len(shop.requests) == 1, len(shop.requests)
        assert shop.requests[0].path == '/pedidos/a%2Fb?k=s3gr%26do', shop.requests[0].path
        assert shop.requests[0].headers['Authorization'] == 'Bearer s3gr&do'
        assert shop.requests[0].headers['Idempotency-Key'].startswith('f-')
        assert 's3gr' not in funneld.log() and 's3gr' not in json.dumps(funneld.api('GET', '/v1/conversations')[1])
        funneld.close()
    finally:
        funneld.stop()
        evolution.close()
        shop.close()


def test_http_of_funnels_cannot_reach_private_addresses(w):
    evolution, shop = Evolution(), Shop()
    funneld = Funneld(evolution)
    try:
        funneld.start()
        assert funneld.api('POST', '/v1/secrets', {'name': 'chave', 'value': 'x'})[0] == 200
        port = shop.url.rsplit(':', 1)[1]
        for i, url in enumerate((shop.url, 'https://127.0.0.1', 'https://localhost', 'https://[::ffff:127.0.0.1]', 'https://2130706433',
                                 'https://0', 'https://u@127.0.0.1', 'https://127.1:' + port)):
            assert calls(funneld, evolution, url, '551198768100%d' % i) == 'não achei', url
        assert shop.requests == []
        funneld.close()
    finally:
        funneld.stop()
        evolution.close()
        shop.close()


def test_without_an_ai_key_the_failed_branch_is_taken(w):
    evolution = Evolution()
    funneld = Funneld(evolution)
    try:
        funneld.start()
        assert funneld.deploy('teste', source())[0] == 201
        funneld.bind()
        for text in ('oi', 'Bia', 'me ajuda'):
            before = len(evolution.texts('5511987670004'))
            assert funneld.say('5511987670004', text) == 200
            wait_for(lambda: len(evolution.texts('5511987670004')) > before + (text == 'oi'))
        assert evolution.texts('5511987670004')[-1] == 'Não entendi.', evolution.texts('5511987670004')
        assert 'OPENAI_API_KEY' in funneld.log()
        funneld.close()
    finally:
        funneld.stop()
        evolution.close()


TESTS = [(name[5:].replace('_', ' '), f) for name, f in sorted(globals().items()) if name.startswith('test_')]
