"""The contacts and what they must have been told.

A contact counts aloud, 1, 2, 3 ..., in one of the six ways of conta.funnel. Its messages go to either node and come again until one answers
200, as Evolution's do; one in ten comes again after that. From the number of accepted messages follows what must have been sent,
exactly once each and in order: a lost message, one consumed twice, a timer that fired twice or not at all, each leaves a gap or a surplus.

SPDX-License-Identifier: Apache-2.0
"""
import collections
import os
import random
import re
import threading
import time

from harness import message
from receivers import FIRST, is_blind

KINDS = ('conta', 'conta', 'espera', 'silencio', 'evento', 'junta', 'escolhe', 'conta')
FRAGMENTS = 4
SUFFIX = re.compile(r' v\d+$')


def source(receiver, version):
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), 'conta.funnel'), encoding='utf-8') as f:
        return f.read().replace('RECEIVER', receiver).replace('VERSION', str(version))


def told(i):
    """How the funnel writes a number: pt-BR groups thousands."""
    return '{:,}'.format(i).replace(',', '.')


class Contact(threading.Thread):
    def __init__(self, nodes, whatsapp, index, stop):
        super().__init__(daemon=True)
        self.nodes, self.whatsapp, self.stop_event, self.index = nodes, whatsapp, stop, index
        self.kind = KINDS[index % len(KINDS)]
        self.number = '55119%08d' % (FIRST + index)
        self.blind = is_blind(self.number)
        self.accepted = self.repeated = self.refused = self.unreached = self.events = 0
        self.random, self.conv = random.Random(index), None
        self.posts = collections.deque(maxlen=200)  # of the last deliveries: when, how long, to which node, what came of it

    # -- delivering

    def until(self, post, good):
        """Until it is accepted, like Evolution: first to either node, and behind a node that did not take it, to the other, as a load balancer
        goes on. By chance the same one might be drawn six times in a row, and a partition look longer than it is."""
        n = self.nodes.one()
        while True:
            began = time.monotonic()
            try:
                status = post(n)
            except OSError:
                status = None
            self.posts.append((began, time.monotonic() - began, self.nodes.nodes.index(n), status))
            if status == good:
                return
            assert status in (None, 503), (self.number, status)
            self.refused += status == 503
            self.unreached += status is None
            time.sleep(0.02)
            n = self.nodes.other(n)

    def timeline(self, since):
        """What became of its deliveries from then on, to be read by a person."""
        return ['%+.2f s: node%d %s after %.2f s' % (began - since, n, status or 'no answer', took)
                for began, took, n, status in tuple(self.posts) if began + took > since]

    def say(self, text):
        body = message(self.number, text, id='K%s-%06d' % (self.number, self.accepted))
        self.until(lambda n: self.nodes.post(n, body), 200)
        self.accepted += 1
        if self.random.random() < 0.1:
            self.until(lambda n: self.nodes.post(n, body), 200)
            self.repeated += 1

    def event(self, k):
        """Once or twice under the same key."""
        for _ in range(1 + (self.random.random() < 0.2)):
            self.until(lambda n: self.nodes.event(n, self.conversation(), 'pago', {'k': k}, 'E%s-%d' % (self.number, k)), 202)
        self.events += 1

    def conversation(self):
        if self.conv is None:
            self.conv = self.nodes.conversation(self.number)
        return self.conv

    # -- how each kind behaves

    def texts(self):
        return self.whatsapp.texts_now(self.number)

    def pause(self, most):
        self.stop_event.wait(self.random.uniform(0, most))

    def question(self):
        """The number of the last question, when that is what it was told last; else of one before."""
        last = self.texts()[-1]['message']['conversation'] if self.texts() else ''
        asked = re.match(r'([\d.]+)\?', last)
        self.asked = int(asked.group(1).replace('.', '')) if asked else self.asked
        return self.asked

    def pace(self, ahead):
        """Waits while it is `ahead` messages before the questions it was asked."""
        while not self.stop_event.is_set() and self.accepted >= self.question() + ahead:
            time.sleep(0.03)

    def turn(self):
        """Waits for a new question."""
        while not self.stop_event.is_set() and self.question() == self.answered:
            time.sleep(0.03)
        self.answered = self.asked

    def run(self):
        self.asked = self.answered = 0
        self.say('oi' if self.kind == 'conta' else self.kind)
        step = getattr(self, 'do_' + self.kind)
        self.k = 1
        while not self.stop_event.is_set():
            step()
            self.k += 1

    def do_conta(self):
        self.pace(3)
        self.say(str(self.accepted))
        self.pause(0.5)

    do_espera = do_conta

    def do_escolhe(self):
        self.pace(3)
        self.say(self.random.choice(('1', '2', 'sim', 'não')))
        self.pause(0.5)

    def do_evento(self):
        self.pace(2)
        early = self.k > 1 and self.random.random() < 0.4
        if early:
            self.event(self.k)
        self.say(str(self.accepted))
        if not early:
            self.pause(0.4)
            self.event(self.k)
        self.pause(0.5)

    def do_silencio(self):
        """Speaks, and then keeps silent for longer than the funnel waits, or not."""
        self.turn()
        self.say(str(self.accepted))
        if self.random.random() < 0.4:
            self.pause(2.2)
            self.say(str(self.accepted))

    def do_junta(self):
        self.turn()
        for _ in range(self.random.randint(1, FRAGMENTS)):
            self.say(str(self.accepted))
            self.pause(0.3)


# -- what must have been told -------------------------------------------------------------------------------------------------------

def numbered(what, last=True):
    """The story of a kind that answers each message k with what(k) and asks for the next."""
    def story(c, got):
        want = ['0: pronto', '1?']
        for k in range(1, c.accepted):
            want += ['%s: %s' % (told(k), what(k)), '%s?' % told(k + 1)]
        return want, c.accepted
    return story


def story_conta(c, got):
    """How the call ended is not ours to know here: the ledger of the receivers is compared with it."""
    return numbered(lambda k: 'recebi %d' % k)(c, got)


def story_escolhe(c, got):
    want = ['0: pronto', '1?']
    for k in range(1, c.accepted):
        want += ['%s: ok' % told(k), '%s?' % told(k + 1)]
    return want, c.accepted


def story_silencio(c, got):
    """Each 'ouvi' is followed by silence or by an interruption, which takes the message after it."""
    want, k, taken = ['0: pronto', '1?'], 0, 1
    while taken < c.accepted:
        k += 1
        want.append('%s: ouvi %d' % (told(k), taken))
        taken += 1
        broken = '%s: interrompido' % told(k) in got
        want.append('%s: %s' % (told(k), 'interrompido' if broken else 'silêncio'))
        taken += broken
        want.append('%s?' % told(k + 1))
    return want, taken


def story_junta(c, got):
    """Fragments may be joined as the moments fell; together they are all messages, once each and in order."""
    want, k, taken = ['0: pronto', '1?'], 0, 1
    while taken < c.accepted:
        k += 1
        head = '%s: juntei ' % told(k)
        joined = next((t[len(head):].split() for t in got if t.startswith(head)), [str(taken)])
        run = [str(i) for i in range(taken, taken + len(joined))]
        want += [head + ' '.join(run), '%s?' % told(k + 1)]
        taken += len(run)
    return want, taken


STORIES = {'conta': story_conta, 'espera': numbered(lambda k: 'acordei %d' % k), 'evento': numbered(lambda k: 'pago %d' % k),
           'silencio': story_silencio, 'junta': story_junta, 'escolhe': story_escolhe}


def plain(text):
    """Without what depends on the moment: the version that answered, how the call ended, the choice, line breaks."""
    text = SUFFIX.sub('', text).split('\n\n1. Sim')[0]
    text = re.sub(r'(recebi \d+) \w+$', r'\1', text)
    return ' '.join(re.sub(r': (sim|não)$', ': ok', text).split())


class Verdict:
    """The counts of one contact. `dead`: texts that were given up; `told`: how often the program was told of that. Each time it may have left a message
    that it had taken and not answered yet: `on error` goes on from where the counting was."""

    def __init__(self, c, dead, told):
        got = [plain(r['message']['conversation']) for r in tuple(c.texts())]
        want, self.consumed = STORIES[c.kind](c, got + sorted(dead))  # what was joined is told by what was given up as well
        self.abandoned = 0
        if told or c.blind:  # the program was told of a send that was given up, and went on from there; or a text came twice because it may
            got = list(dict.fromkeys(got))
            want = [t for t in want if t not in dead or t in got]  # given up is not the same as not arrived
            left = [t for t in want if t not in got and not t.endswith('?')][:told]  # `on error` came while that turn still had calls
            self.abandoned, want = len(left), [t for t in want if t not in left]
            self.events = sum(': pago' in t for t in {*got, *dead, *left})  # each was taken by one turn, whatever became of the answer
        else:
            self.events = sum(': pago' in t for t in got)
        self.doubled = len(got) - len(set(got))
        missing = set(want) - set(got)
        self.missing, self.too_much = sorted(missing), sorted(set(got) - set(want))
        self.lost, self.surplus = len(missing), len(self.too_much)
        self.consumed -= sum(not t.endswith('?') for t in missing)
        self.unordered = got != want and not (self.doubled or self.lost or self.surplus)
        self.story = [] if got == want else ['lost %s' % sorted(missing)[:6], 'surplus %s' % sorted(set(got) - set(want))[:6],
                                             'doubled %s' % sorted({t for t in got if got.count(t) > 1})[:6], *self.around(got, want), 'end %s' % got[-4:]]
        self.first_wrong = next((i for i, (a, b) in enumerate(zip(got, want)) if a != b), None)

    @staticmethod
    def around(got, want):
        """What was told before and behind each text that is too much."""
        return ['around %s' % got[max(i - 8, 0):i + 8] for i, t in enumerate(got) if t not in want][:3]

    def good(self, ordered=True):
        return not (self.lost or self.doubled or self.surplus or (ordered and self.unordered))
