"""Versions with conversations on them: compared, refused, moved, offered to some, taken back; faults, hand-back, dead letters, drain.

SPDX-License-Identifier: Apache-2.0
"""
import time

from conversation import expect
from harness import Answer, Evolution, Funneld, wait_for

TOP = 'funnel troca "Troca"\nchannel whatsapp\ntimezone "America/Sao_Paulo"\nlocale "pt-BR"\nstart on message -> a\n'
OLD = TOP + 'var n: int = 7\nstage a {\n  say "um"\n  wait message\n  -> b\n}\nstage b {\n  say "dois {n}"\n  wait message\n  -> a\n}\n'
CUT = TOP + 'var n: text(20) = "x"\nstage a {\n  say "UM {n}"\n  wait message\n  -> a\n}\n'
RULED = CUT.replace('var n', 'migrate stage b -> a\nmigrate var n = "sete"\nvar n')
BROKEN = TOP + 'var z: int = 0\nstage a {\n  say "vai"\n  wait message\n  say "{10 / z}"\n  -> a\n}\n'


class Own:
    """A server of its own."""

    def __init__(self, **env):
        self.evolution = Evolution()
        self.funneld = Funneld(self.evolution, **env)

    def __enter__(self):
        self.funneld.start()
        return self

    def __exit__(self, *error):
        if error[0] is None:
            self.funneld.close()
        self.funneld.stop()
        self.evolution.close()

    def deploy(self, source, query='', name='troca'):
        return self.funneld.api('POST', '/v1/funnels/%s/versions%s' % (name, query), headers={'Content-Type': 'text/x-funnel'},
                                body=source.encode())

    def talk(self, number, text, n):
        assert self.funneld.say(number, text) == 200
        return wait_for(lambda: self.evolution.texts(number)[n - 1:])[0]

    def only(self):
        return self.funneld.api('GET', '/v1/conversations')[1]['conversations'][0]


def changes(answer, kind, state):
    return [(c['from'] or c['to'], c['settled'], c.get('conversations')) for c in answer['changes']
            if (c['kind'], c['state']) == (kind, state)]


def test_a_version_is_compared_refused_moved_and_taken_back(w):
    with Own() as o:
        assert o.deploy(OLD)[0] == 201
        o.funneld.bind()
        assert o.talk('5511911110001', 'oi', 1) == 'um'
        assert o.talk('5511911110001', 'oi', 2) == 'dois 7'
        status, no = o.deploy(CUT)
        assert status == 409 and no['code'] == 'unsettled', no
        assert changes(no, 'stage', 'removed') == [('b', False, 1)], no
        assert changes(no, 'variable', 'changed') == [('n', False, None)], no
        status, dry = o.deploy(RULED, '?dry_run=1')
        assert status == 200 and dry['dry_run'] and dry['unsettled'] == 0, dry
        assert changes(dry, 'stage', 'renamed') == [('b', True, 1)], dry
        assert o.funneld.api('GET', '/v1/funnels/troca')[1]['version'] == 1
        status, done = o.deploy(RULED)
        assert status == 201 and done['version'] == 2, done
        assert o.funneld.http('GET', '/v1/funnels/troca/source', None, {'Authorization': 'Bearer ' + o.funneld.key})[2] == RULED.encode()
        assert o.talk('5511911110001', 'oi', 3) == 'UM sete', 'migrate var'
        status, back = o.funneld.api('POST', '/v1/funnels/troca/rollback', {})
        assert status == 200 and back['version'] == 3, back
        assert o.talk('5511911110002', 'oi', 1) == 'um'


def test_pin_restart_and_wrong_options(w):
    with Own() as o:
        assert o.deploy(OLD)[0] == 201
        o.funneld.bind()
        o.talk('5511911110001', 'oi', 1)
        assert o.deploy(CUT, '?inflight=talvez')[0] == 422 and o.deploy(CUT, '?canary=100')[0] == 422
        assert o.deploy(CUT, '?inflight=pin')[0] == 201
        assert o.talk('5511911110001', 'oi', 2) == 'dois 7', 'pinned'
        assert o.talk('5511911110002', 'oi', 1) == 'UM x', 'new ones are new'
        assert o.deploy(CUT, '?inflight=restart')[0] == 201
        assert o.talk('5511911110001', 'oi', 3) == 'UM x', 'its stage is gone: from the start'


def test_a_canary_that_fails_is_taken_back(w):
    with Own() as o:
        assert o.deploy(BROKEN, '?canary=99')[0] == 422, 'a canary needs a live version'
        assert o.deploy(OLD)[0] == 201
        o.funneld.bind()
        status, answer = o.deploy(BROKEN, '?canary=99')
        assert status == 201 and answer['canary'] == 99, answer
        assert o.funneld.api('GET', '/v1/funnels/troca')[1]['percent'] == 99
        for i in range(14):
            number = '55119222200%02d' % i
            o.talk(number, 'oi', 1)
            assert o.funneld.say(number, 'oi') == 200
        wait_for(lambda: len(o.funneld.api('GET', '/v1/conversations?status=faulted')[1]['conversations']) >= 10)
        end = time.monotonic() + 25
        while 'percent' in o.funneld.api('GET', '/v1/funnels/troca')[1] and time.monotonic() < end:
            assert o.funneld.say('5511933330000', 'oi') == 200
            time.sleep(0.5)
        assert 'percent' not in o.funneld.api('GET', '/v1/funnels/troca')[1]
        assert 'canary.rolled_back' in o.funneld.log()
        assert o.funneld.api('GET', '/v1/funnels/troca')[1]['version'] == 1
        assert 'store.purged' in o.funneld.log(), 'retention runs soon after the start'


def test_a_fault_is_told_with_its_line_and_resumed_after_a_publish(w):
    with Own() as o:
        assert o.deploy(BROKEN)[0] == 201
        o.funneld.bind()
        o.talk('5511911110001', 'oi', 1)
        assert o.funneld.say('5511911110001', 'falhe') == 200
        wait_for(lambda: o.only()['status'] == 'faulted')
        conv = o.only()['id']
        status, fault = o.funneld.api('GET', '/v1/conversations/%s/fault' % conv)
        assert status == 200 and fault['stage'] == 'a' and 'trap' in fault['reason'], fault
        assert fault['text'].strip() == 'say "{10 / z}"', fault
        assert o.deploy(BROKEN.replace('10 / z', 'z'))[0] == 201
        assert o.funneld.api('POST', '/v1/conversations/%s/resume' % conv, {})[0] == 202
        wait_for(lambda: o.only()['status'] == 'running')
        wait_for(lambda: '0' in o.evolution.texts('5511911110001'))  # what was parked is taken now
        assert o.funneld.api('POST', '/v1/conversations/%s/resume' % conv, {})[0] == 409


def test_take_over_and_hand_back(w):
    with Own() as o:
        assert o.deploy(OLD)[0] == 201
        o.funneld.bind()
        o.talk('5511911110001', 'oi', 1)
        conv = o.only()['id']
        assert o.funneld.api('POST', '/v1/conversations/%s/takeover' % conv, {})[0] == 202
        wait_for(lambda: o.only()['owner'] == 'human')
        assert o.funneld.say('5511911110001', 'tem alguém?') == 200
        assert o.funneld.api('POST', '/v1/conversations/%s/handback' % conv, {})[0] == 202
        wait_for(lambda: o.only()['owner'] == 'bot')
        assert o.talk('5511911110001', 'oi', 2) == 'dois 7'
        assert o.funneld.api('POST', '/v1/conversations/999/handback', {})[0] == 404


def test_dead_letters_are_listed_and_replayed(w):
    with Own() as o:
        assert o.deploy(OLD)[0] == 201
        o.funneld.bind()
        o.evolution.script = lambda request: Answer(400, {'status': 400}) if request.path.startswith('/message/') else None
        assert o.funneld.say('5511911110001', 'oi') == 200
        letters = lambda: o.funneld.api('GET', '/v1/dead-letters')[1]['dead_letters']
        letter = wait_for(letters)[0]
        assert letter['host'] == 'say' and letter['reason'] and letter['payload'] == {'text': 'um'}, letter
        path = '/v1/dead-letters/%s/%s' % (letter['conversation'], letter['effect'])
        o.evolution.script = None
        status, dry = o.funneld.api('POST', path, {'action': 'replay', 'dry_run': True})
        assert status == 200 and dry['dead_letter']['payload'] == {'text': 'um'} and o.evolution.texts('5511911110001') == [], dry
        assert o.funneld.api('POST', path, {'action': 'jogar'})[0] == 422
        assert o.funneld.api('POST', path, {'action': 'replay'})[0] == 200
        wait_for(lambda: o.evolution.texts('5511911110001') == ['um'])
        wait_for(lambda: letters() == [])
        assert o.funneld.api('POST', path, {'action': 'drop'})[0] == 404


def test_ends_within_ten_seconds_with_a_send_under_way(w):
    with Own(SEND_TIMEOUT_MS='30000') as o:
        assert o.deploy(OLD)[0] == 201
        o.funneld.bind()
        o.evolution.script = lambda request: Answer(201, {}, delay=15) if request.path.startswith('/message/') else None
        assert o.funneld.say('5511911110001', 'oi') == 200
        wait_for(lambda: o.evolution.requests)
        began = time.monotonic()
        o.funneld.process.terminate()
        assert o.funneld.process.wait(timeout=20) == 0
        assert time.monotonic() - began < 10, time.monotonic() - began
        o.evolution.script = None
        o.funneld.start()


TESTS = [(name[5:].replace('_', ' '), f) for name, f in sorted(globals().items()) if name.startswith('test_')]
