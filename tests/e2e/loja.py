"""The repository's example, as README deploys it, and `funneld serve --demo`.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import re
import time

from harness import ROOT, Funneld, Evolution, wait_for

EXAMPLE = os.path.join(ROOT, 'examples', 'loja.funnel')


def test_the_example_answers_oi(w):
    evolution = Evolution()
    funneld = Funneld(evolution)
    try:
        funneld.start()
        with open(EXAMPLE, encoding='utf-8') as f:
            status, answer = funneld.deploy('loja', f.read())
        assert status == 201, answer
        funneld.bind('loja')
        assert funneld.say('5511987654321', 'oi', instance='loja') == 200
        wait_for(lambda: evolution.texts('5511987654321'))
        first = [r for r in evolution.requests if r.path == '/message/sendText/loja'][0]
        assert first.headers['apikey'] == 'chave-da-evolution'
        funneld.close()
    finally:
        funneld.stop()
        evolution.close()


def test_demo(w):
    funneld = Funneld()
    try:
        funneld.start('--demo')
        out = funneld.out()
        key = re.search(r'/chat/([0-9A-Za-z]{32})', out).group(1)
        assert '/#key=' + funneld.key in out, out
        assert funneld.http('GET', '/')[0] == 200
        session = 'c3' * 16
        body = json.dumps({'session': session, 'id': '1' * 16, 'text': 'oi'})
        status, _, data = funneld.http('POST', '/chat/%s/messages' % key, body, {'Content-Type': 'application/json'})
        assert status == 200, data
        token, tag, texts, end = json.loads(data)['token'], '', [], time.monotonic() + 20
        while not texts and time.monotonic() < end:
            data = funneld.http('GET', '/chat/%s/events?session=%s&token=%s&tag=%s' % (key, session, token, tag), timeout=40)[2]
            news = json.loads(data)
            tag = news['tag']
            texts += [m['body'] for m in news['messages'] if not m['in']]
        assert texts, 'the demo did not answer'
        assert funneld.stop() == 0
        funneld.start('--demo')
        assert out.count('fnl_live_') == funneld.out().count('fnl_live_'), 'the key was shown twice'
        assert funneld.out().count(key) == 2, 'the second start opened another chat'
        funneld.close()
    finally:
        funneld.stop()


TESTS = [(name[5:].replace('_', ' '), f) for name, f in sorted(globals().items()) if name.startswith('test_')]
