"""What a provider can do to us while we send: errors, silence, cut connections, lies. Nothing lost, nothing doubled beyond the policy.

SPDX-License-Identifier: Apache-2.0
"""
import resource
import threading
import time

from harness import Answer, Double, Evolution, Funneld, message, wait_for

FIRST = ['Oi! Sou a Ana.', 'Como posso te chamar?']


class Script:
    """Gives each answer once, to requests of one number to /message/; then the usual."""

    def __init__(self, w, number, *answers):
        self.w, self.number, self.answers = w, number, list(answers)

    def __enter__(self):
        self.w.evolution.script = self.answer
        return self

    def __exit__(self, *_):
        self.w.evolution.script = None

    def answer(self, request):
        if not request.path.startswith('/message/') or request.json['number'] != self.number or not self.answers:
            return None
        answer = self.answers.pop(0)
        if answer.carried_out:
            record = self.w.evolution.carry_out(request)
            answer.body = answer.body or record
        return answer


def talk(w, number, *answers, seconds=25):
    """Says oi while the provider answers so; the texts that were carried out."""
    with Script(w, number, *answers):
        assert w.funneld.say(number, 'oi') == 200
        wait_for(lambda: len(w.evolution.texts(number)) >= 2, seconds)
        time.sleep(0.7)  # longer than reconciliation: what would come twice has come
    return w.evolution.texts(number)


def attempts(w, number):
    return [r.json['text'] for r in w.evolution.requests if r.path.startswith('/message/') and r.json['number'] == number]


def down(status, text):
    return Answer(status, {'status': status, 'error': 'x', 'response': {'message': [text]}})


def test_session_down_is_tried_again(w):
    assert talk(w, '5511987660001', down(400, 'Error: Connection Closed'), down(500, 'Connection Closed')) == FIRST
    assert attempts(w, '5511987660001') == [FIRST[0]] * 3 + [FIRST[1]]


def test_a_server_error_that_sent_nothing_is_reconciled_and_sent_again(w):
    assert talk(w, '5511987660002', Answer(500, '<html>oops</html>')) == FIRST


def test_a_server_error_that_did_send_is_not_sent_twice(w):
    assert talk(w, '5511987660003', Answer(502, '<html>bad gateway</html>', carried_out=True)) == FIRST
    assert attempts(w, '5511987660003') == FIRST


def test_a_cut_connection_after_sending_is_not_sent_twice(w):
    assert talk(w, '5511987660004', Answer(None, carried_out=True)) == FIRST
    assert attempts(w, '5511987660004') == FIRST


def test_a_cut_connection_before_sending_is_sent_again(w):
    assert talk(w, '5511987660005', Answer(None)) == FIRST


def test_a_cut_reused_connection_is_not_sent_twice_behind_our_back(w):
    # The first answer keeps the connection alive; the second request on it is read whole and then cut: libcurl would send it again by itself.
    assert talk(w, '5511987660006', Answer(201, carried_out=True), Answer(None, carried_out=True)) == FIRST
    assert attempts(w, '5511987660006') == FIRST


def test_a_timeout_after_sending_is_not_sent_twice(w):
    assert talk(w, '5511987660007', Answer(201, delay=3, carried_out=True)) == FIRST
    assert attempts(w, '5511987660007') == FIRST


def test_an_echo_settles_a_send_in_doubt(w):
    number = '5511987660012'
    answers = [Answer(None, carried_out=True)]

    def script(request):
        if request.path.startswith('/chat/findMessages/'):
            return Answer(500, 'cannot be asked')
        if request.path.startswith('/message/') and request.json['number'] == number and answers:
            answers.pop()
            record = w.evolution.carry_out(request)
            assert record
            return Answer(None)
        return None

    w.evolution.script = script
    try:
        assert w.funneld.say(number, 'oi') == 200
        wait_for(lambda: w.evolution.texts(number))
        echo = message(number, FIRST[0], id=w.evolution.chats[number + '@s.whatsapp.net'][0]['key']['id'], event='send.message', from_me=True)
        assert w.funneld.post(echo) == 200
        wait_for(lambda: len(w.evolution.texts(number)) >= 2)
        time.sleep(0.7)
    finally:
        w.evolution.script = None
    assert w.evolution.texts(number) == FIRST, w.evolution.texts(number)
    conv = [c for c in w.funneld.api('GET', '/v1/conversations?limit=500')[1]['conversations'] if c['address'] == number]
    assert conv[0]['owner'] == 'bot', 'an echo of ours silenced the bot'


TWICE = '''funnel teste "Teste"
channel whatsapp
timezone "America/Sao_Paulo"
locale "pt-BR"
start on message -> a
stage a {
  say "Um momento."
  say "Um momento."
  wait message
  -> a
}
'''
TEXT = 'Um momento.'
APART = (-3600, -60, -3, 0, 3, 60, 3600)  # seconds: each contact's provider has a clock of its own
OUR_PROMISE = [s for s in APART if -60 <= s]  # an hour behind is more than is promised


class Twice:
    """A node whose funnel says the same words twice in each turn, and for each contact the provider's answers in order; then the usual."""

    def __init__(self, apart, source=None, **env):
        self.source = source or TWICE
        self.evolution = Evolution()
        self.funneld = Funneld(self.evolution, **env)
        self.answers, self.after = {}, lambda jid: None
        self.numbers = {s: '5511987%06d' % (670100 + i) for i, s in enumerate(apart)}
        clock = {n + '@s.whatsapp.net': s for s, n in self.numbers.items()}
        self.evolution.apart = lambda jid: clock.get(jid, 0)
        self.evolution.script = self.answer

    def __enter__(self):
        self.funneld.start()
        assert self.funneld.deploy('teste', self.source)[0] == 201
        self.funneld.bind()
        return self

    def __exit__(self, error, *_):
        try:
            (self.funneld.stop if error else self.funneld.close)()
        finally:
            self.evolution.close()

    def answer(self, request):
        if not request.path.startswith('/message/') or not self.answers.get(request.json['number']):
            return None
        answer = self.answers[request.json['number']].pop(0)
        if answer.carried_out:
            answer.body = self.evolution.carry_out(request)
            self.after(request.json['number'] + '@s.whatsapp.net')
        return answer

    def turn(self, number, *answers, total):
        """What the contact has been told when it rests, and what was tried."""
        self.answers[number] = list(answers)
        assert self.funneld.say(number, 'oi') == 200
        wait_for(lambda: len(self.evolution.texts(number)) >= total)
        return lambda: (self.evolution.texts(number), attempts(self, number))


def lost():
    return Answer(None, carried_out=True)


def told():
    return Answer(201, carried_out=True)


def test_a_provider_with_another_clock_can_be_asked(w):
    """Its answer is lost: what arrived does not go out again, although it was sent before the turn began, by its clock."""
    with Twice(OUR_PROMISE) as t:
        rests = [t.turn(n, lost(), lost(), total=2) for n in t.numbers.values()]
        time.sleep(1.5)
        assert [r() for r in rests] == [([TEXT] * 2, [TEXT] * 2)] * len(rests), list(zip(t.numbers, (r() for r in rests)))


def test_an_earlier_message_with_the_same_words_is_another_one(w):
    """The second was not carried out and has no answer, also in a second turn: the earlier ones do not stand for it, whatever the clocks."""
    with Twice(APART) as t:
        for total in (2, 4):
            rests = [t.turn(n, told(), Answer(None), total=total) for n in t.numbers.values()]
            time.sleep(1)
        assert [r() for r in rests] == [([TEXT] * 4, [TEXT] * 6)] * len(rests), list(zip(t.numbers, (r() for r in rests)))


def test_the_same_words_in_doubt_twice_are_told_twice(w):
    """Nothing is known of the first but what the question said, and then the second goes the same way."""
    with Twice(OUR_PROMISE) as t:
        rests = [t.turn(n, lost(), Answer(None), total=2) for n in t.numbers.values()]
        time.sleep(1.5)
        assert [r() for r in rests] == [([TEXT] * 2, [TEXT] * 3)] * len(rests), list(zip(t.numbers, (r() for r in rests)))


COUNTS = TWICE.replace('start on', 'var n: int = 0\nstart on').replace("""  say "Um momento."
  say "Um momento."
  wait message
""", """  ask fala: text(20) "{n}?"
  n = n + 1
""")


def test_a_provider_that_never_can_be_asked_is_not_waited_for(w):
    """Its sends work, its list of messages never does: what is in doubt goes out once more."""
    doubtful, other = '5511987660051', '5511987660052'
    with Twice((), source=ECHO) as t:
        usual = t.evolution.script
        t.evolution.script = lambda request: Answer(500) if request.path.startswith('/chat/') else usual(request)
        rest = t.turn(doubtful, lost(), total=1)
        t.turn(other, total=1)
        wait_for(lambda: len(t.evolution.texts(doubtful)) == 2)
        time.sleep(1.5)
        assert rest() == ([TEXT] * 2, [TEXT] * 2), rest()


def test_an_outage_of_the_provider_loses_nothing(w):
    """For some seconds everything fails: Evolution, the proxy before it, or the connection. Half way the node dies. Nobody is given up, all are told in order."""
    fails = {'5511987660061': 500, '5511987660062': 502, '5511987660063': 504, '5511987660064': None}
    out = True

    def script(request):
        number = request.json['number'] if request.path.startswith('/message/') else request.json['where']['key']['remoteJid'].split('@')[0]
        status = fails[number]
        return Answer(status, {'status': status, 'error': 'Bad Gateway'}) if out else None

    with Twice((), source=COUNTS) as t:
        t.evolution.script = script
        for i in range(6):
            for number in fails:
                assert t.funneld.say(number, 'oi', id='%s-%d' % (number, i)) == 200
            time.sleep(0.5)
            if i == 3:
                t.funneld.kill()
                t.funneld.start()
        time.sleep(2)
        out = False
        wanted = ['%d?' % i for i in range(6)]
        wait_for(lambda: all(len(t.evolution.texts(n)) >= 6 for n in fails), 60)
        time.sleep(1)
        assert all(t.evolution.texts(n) == wanted for n in fails), [t.evolution.texts(n) for n in fails]
        assert t.funneld.api('GET', '/v1/dead-letters')[1]['dead_letters'] == []


ECHO = TWICE.replace('  say "Um momento."\n  say', '  say')


def test_a_long_queue_is_told_whole_after_a_crash(w):
    """A contact waits for 520 answers with the same words when the node dies: each that goes out makes one more that looks like the next."""
    with Twice((0,), source=ECHO) as t:
        number, many = t.numbers[0], 520
        held = threading.Event()
        t.evolution.script = lambda request: None if held.is_set() or not request.path.startswith('/message/') else Answer(503)
        for i in range(many):
            assert t.funneld.say(number, 'oi', id='FILA%d' % i) == 200
        t.funneld.kill()
        held.set()
        t.funneld.start()
        wait_for(lambda: len(t.evolution.texts(number)) >= many, 60)
        time.sleep(1)
        assert len(t.evolution.texts(number)) == many, len(t.evolution.texts(number))


def test_a_contact_who_writes_a_lot_hides_nothing(w):
    """Evolution gives fifty records at once; between the message and the question came 120 of the contact's."""
    with Twice((0,)) as t:
        def flood(jid):
            t.evolution.chats[jid] += [{'key': {'remoteJid': jid, 'fromMe': False, 'id': '3A%d' % i}, 'message': {'conversation': 'oi'},
                                        'messageTimestamp': int(time.time())} for i in range(120)]
        t.after = flood
        rest = t.turn(t.numbers[0], lost(), lost(), total=242)
        time.sleep(1.5)
        assert rest()[1] == [TEXT] * 2, rest()[1]


ONCE = TWICE.replace('  say "Um momento."\n  say', '  say').replace('-> a\n}\n', '''-> b
}
stage b {
  say "Um momento."
  -> c
}
stage c {
  wait message
  -> c
}
''')


def test_an_attendants_message_with_the_same_words_is_another_one(w):
    """A person types it on the phone and hands the conversation back; what the funnel says next is not carried out, and is sent again."""
    with Twice((0,), ONCE) as t:
        number = t.numbers[0]
        t.turn(number, total=1)
        only = lambda: t.funneld.api('GET', '/v1/conversations')[1]['conversations'][0]
        record = {'key': {'remoteJid': number + '@s.whatsapp.net', 'fromMe': True, 'id': '3ATYPED'}, 'message': {'conversation': TEXT},
                  'messageTimestamp': int(time.time())}
        t.evolution.chats[number + '@s.whatsapp.net'].append(record)
        assert t.funneld.post(message(number, TEXT, id='3ATYPED', from_me=True)) == 200
        wait_for(lambda: only()['owner'] == 'human')
        assert t.funneld.api('POST', '/v1/conversations/%s/handback' % only()['id'], {})[0] in (200, 202)
        wait_for(lambda: only()['owner'] == 'bot')
        t.turn(number, Answer(None), total=3)
        assert t.evolution.texts(number) == [TEXT] * 3 and attempts(t, number) == [TEXT] * 3


def test_a_full_log_hides_nothing(w):
    """While a send that was not carried out is in doubt, the contact fills more than a page of the log: the earlier one is known all the same."""
    with Twice((0,), ONCE, RECONCILE_MS='5000') as t:
        number = t.numbers[0]
        t.turn(number, total=1)
        t.answers[number] = [Answer(None)]
        for _ in range(250):
            assert t.funneld.say(number, 'e') == 200
        assert attempts(t, number) == [TEXT] * 2, 'asked before the log was full'
        wait_for(lambda: t.evolution.texts(number) == [TEXT] * 2, 15)
        assert attempts(t, number) == [TEXT] * 3


def test_rate_limit_waits(w):
    assert talk(w, '5511987660008', Answer(429, {}, {'Retry-After': '1'})) == FIRST
    times = [r.at for r in w.evolution.requests if r.path.startswith('/message/') and r.json['number'] == '5511987660008']
    assert times[1] - times[0] >= 0.9, times


def test_a_number_not_on_whatsapp_is_refused_once(w):
    body = {'status': 400, 'error': 'Bad Request', 'response': {'message': [{'jid': 'x', 'exists': False, 'number': '5511987660009'}]}}
    with Script(w, '5511987660009', *[Answer(400, body) for _ in range(10)]):
        assert w.funneld.say('5511987660009', 'oi') == 200
        wait_for(lambda: attempts(w, '5511987660009'))
        time.sleep(1)
    assert attempts(w, '5511987660009').count(FIRST[0]) == 1, attempts(w, '5511987660009')
    assert w.evolution.texts('5511987660009') == []


def test_a_contact_in_trouble_does_not_hold_others(w):
    with Script(w, '5511987660010', Answer(201, delay=1.2, carried_out=True)):
        assert w.funneld.say('5511987660010', 'oi') == 200
        wait_for(lambda: attempts(w, '5511987660010'))
        start = time.monotonic()
        assert w.funneld.say('5511987660011', 'oi') == 200
        wait_for(lambda: len(w.evolution.texts('5511987660011')) == 2)
        assert time.monotonic() - start < 1.0, 'waited for another contact'
    wait_for(lambda: w.evolution.texts('5511987660010') == FIRST)


def test_sends_that_fail_together_are_one_failure(w):
    evolution = Evolution()
    funneld = Funneld(evolution)
    numbers = ['55119876700%02d' % i for i in range(12)]
    try:
        funneld.start()
        assert funneld.deploy('teste', SLOW)[0] == 201
        funneld.bind()
        evolution.script = lambda r: Answer(503, {}, delay=0.3)
        for number in numbers:
            assert funneld.say(number, 'oi') == 200
        wait_for(lambda: 'channel.down' in funneld.log())
        time.sleep(1)
        assert funneld.log().count('channel.down') == 1, funneld.log().count('channel.down')
        evolution.script = None
        wait_for(lambda: all(evolution.texts(n) == ['oi'] for n in numbers), 8)
        funneld.close()
    finally:
        funneld.stop()
        evolution.close()


SLOW = '''funnel teste "Teste"
channel whatsapp
timezone "America/Sao_Paulo"
locale "pt-BR"
start on message -> a
stage a {
  say "oi"
  wait message
  -> b
}
stage b {
  http post "URL/um" { body "x" } else { end }
  http post "URL/dois" {
    header "Idempotency-Key" "da-loja"
    body "x"
  } else { end }
  react "👍"
  wait message
  -> b
}
'''


def test_a_reaction_is_for_the_message_its_turn_took(w):
    """Also when that was some turns ago, newer ones wait, and the node that took it is gone. And a request has one Idempotency-Key."""
    evolution, shop = Evolution(), Double()
    shop.usual = lambda request: Answer(200, {})
    shop.script = lambda request: Answer(200, {}, delay=0.5)
    funneld = Funneld(evolution, HTTP_ALLOW='127.0.0.1')
    number = '5511987660030'
    try:
        funneld.start()
        assert funneld.deploy('teste', SLOW.replace('URL', shop.url))[0] == 201
        funneld.bind()
        assert funneld.say(number, 'oi') == 200
        wait_for(lambda: evolution.texts(number))
        assert funneld.say(number, 'a', id='PRIMEIRA') == 200
        wait_for(lambda: shop.requests)
        assert funneld.say(number, 'b', id='SEGUNDA') == 200
        funneld.kill()
        funneld.start()
        reactions = lambda: [r.json['key']['id'] for r in evolution.requests if r.path.startswith('/message/sendReaction/')]
        wait_for(lambda: len(reactions()) == 2)
        assert reactions() == ['PRIMEIRA', 'SEGUNDA'], reactions()
        keys = {}
        for r in shop.requests:
            keys.setdefault(r.path, []).append([v for k, v in r.header_list if k.lower() == 'idempotency-key'])
        assert all(k == ['da-loja'] for k in keys['/dois']), keys
        assert all(len(k) == 1 and k[0].startswith('f-') for k in keys['/um']), keys
        assert len({k[0] for k in keys['/um']}) == 2 < len(keys['/um']), keys  # two requests, one of them made again under its key
        funneld.close()
    finally:
        funneld.stop()
        evolution.close()
        shop.close()


def test_no_room_is_told_and_passes(w):
    """No file may grow: 503, so that the provider comes again; nothing half done; and the same message goes through when there is room."""
    number = '5511955550077'
    assert w.funneld.say(number, 'oi') == 200
    wait_for(lambda: len(w.evolution.texts(number)) == 2)
    time.sleep(0.5)  # what was sent is settled
    body = message(number, 'Ana', id='SEM-LUGAR')
    usual = resource.prlimit(w.funneld.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(w.funneld.process.pid, resource.RLIMIT_FSIZE, (0, usual[1]))
    try:
        codes = [w.funneld.post(body) for _ in range(3)]
    finally:
        resource.prlimit(w.funneld.process.pid, resource.RLIMIT_FSIZE, usual)
    assert codes == [503, 503, 503], codes
    assert len(w.evolution.texts(number)) == 2, w.evolution.texts(number)
    wait_for(lambda: w.funneld.post(body) == 200)
    wait_for(lambda: len(w.evolution.texts(number)) > 2)
    assert w.funneld.post(body) == 200  # it was stored once
    time.sleep(1)
    answers = w.evolution.texts(number)[2:]
    assert len(answers) == len(set(answers)), answers


TESTS = [(name[5:].replace('_', ' '), f) for name, f in sorted(globals().items()) if name.startswith('test_')]
