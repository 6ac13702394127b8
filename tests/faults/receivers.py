"""What stands outside: an Evolution, a model, a tenant's own API. They break by script, and keep the ledger of what reached them.

The ledger is by policy (docs/durability.md): for each thing that may be sent, how often it arrived. What counts is that the request
arrived whole; whether we answered is the sender's problem, and the reason for policies.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import random
import re
import threading
import time

from harness import Answer, Double, Evolution, OpenAI

FIRST = 70000000  # the last eight digits of contact 0
BLIND = int(os.environ.get('BLIND', '8'))


APART = (0, -7, 50, -50)  # seconds: what the provider's clock is ahead, for the contacts in turn


def index_of(number):
    return int(number[5:13]) - FIRST


def is_blind(number):
    """Contacts for whom findMessages does not work: there the receiver cannot tell."""
    return index_of(number) % BLIND == 1 % BLIND


class Ledger:
    """policy -> {what: how often it arrived}; of what came again, when and from where each time"""

    def __init__(self):
        self.lock, self.arrived, self.keys, self.first, self.again, self.began = threading.Lock(), {}, {}, {}, {}, time.monotonic()

    def note(self, policy, what, request):
        with self.lock:
            of = self.arrived.setdefault(policy, {})
            of[what] = of.get(what, 0) + 1
            here = '%.2f s from %s' % (request.at - self.began, request.client)
            if of[what] > 1:
                self.again.setdefault((policy, what), [self.first[policy, what]]).append(here)
            else:
                self.first[policy, what] = here

    def key(self, what, key):
        with self.lock:
            self.keys.setdefault(what, set()).add(key)

    def of(self, policy):
        with self.lock:
            return dict(self.arrived.get(policy, {}))


class Callers:
    """How many requests came from which address."""

    def __init__(self):
        self.clients = {}

    def met(self, request):
        self.clients[request.client] = self.clients.get(request.client, 0) + 1


class Moods:
    """How a receiver breaks, one request in fifty: three ways of which the sender cannot tell the first two apart."""

    def __init__(self, seed):
        self.random, self.counts = random.Random(seed), {}

    def take(self):
        """None, 'silent' (carried out, no answer), 'deaf' (not carried out, no answer), 'busy' (429)."""
        mood = {0: 'silent', 1: 'deaf', 2: 'busy'}.get(self.random.randrange(150))
        if mood:
            self.counts[mood] = self.counts.get(mood, 0) + 1
        return mood


def refusal(mood):
    return Answer(429, {'status': 429}, {'Retry-After': '1'}) if mood == 'busy' else Answer(None)


class Whatsapp(Evolution, Callers):
    """reconcile: texts; at_most_once: reactions and typing."""

    def __init__(self, ledger):
        self.ledger, self.moods, self.at, self.queries = ledger, Moods(1), {}, 0
        self.watched = None  # (address, act): act() once, when a message from there was carried out and is not answered yet
        Callers.__init__(self)
        Evolution.__init__(self)

    def apart(self, jid):
        return APART[index_of(jid) % len(APART)]

    def receive(self, request):
        with self.lock:
            self.met(request)
            if request.path.startswith('/chat/findMessages/'):
                return self.find(request)
            mood = self.moods.take()
            if mood in ('deaf', 'busy'):
                return refusal(mood)
            answer = self.carry(request)
            return Answer(None) if mood == 'silent' else answer

    def find(self, request):
        self.queries += 1
        jid = request.json['where']['key']['remoteJid']
        return Answer(500, {'status': 500}) if is_blind(jid) else self.usual(request)

    def carry(self, request):
        if request.path.startswith('/message/sendReaction/'):
            key = request.json['key']
            self.ledger.note('at_most_once', ('react', key['remoteJid'].split('@')[0], key['id']), request)
            return Answer(201, {'key': {'id': 'R' + key['id']}})
        if request.path.startswith('/chat/sendPresence/'):
            number = request.json['number']
            self.ledger.note('at_most_once', ('typing', number, len(self.texts_now(number))), request)
            return Answer(201, {'presence': 'composing'})
        number, text = request.json['number'], request.json['text']
        self.ledger.note('reconcile_blind' if is_blind(number) else 'reconcile', (number, text), request)
        self.at[number] = request.at
        answer, watched = self.usual(request), self.watched
        if watched and watched[0] == request.client:
            self.watched = None
            watched[1]()
        return answer

    def texts_now(self, number):
        return self.chats.get(number + '@s.whatsapp.net', ())


class Model(OpenAI, Callers):
    """at_least_once: a call that was paid for twice is better than an answer that never comes."""

    def __init__(self, ledger):
        self.ledger, self.moods = ledger, Moods(2)
        Callers.__init__(self)
        OpenAI.__init__(self)

    def receive(self, request):
        with self.lock:
            self.met(request)
            mood = self.moods.take()
        if mood in ('deaf', 'busy'):
            return refusal(mood)
        said = re.search(r'Diga (\d+) a \D*(\d+)', request.json['messages'][-1]['content'])
        self.ledger.note('at_least_once', (said.group(2), said.group(1), 'model'), request)
        return Answer(None) if mood == 'silent' else OpenAI.content('feito')


class Api(Double, Callers):
    """A tenant's API: POST is at_least_once, PUT and POST with the author's key idempotent."""

    def __init__(self, ledger):
        self.ledger, self.moods = ledger, Moods(3)
        Callers.__init__(self)
        Double.__init__(self)

    def receive(self, request):
        with self.lock:
            self.met(request)
            mood = self.moods.take()
        if mood in ('deaf', 'busy'):
            return refusal(mood)
        _, kind, number, text = request.path.split('/')
        what = (re.sub(r'\D', '', number), text, kind)
        self.ledger.note('at_least_once' if kind == 'alo' else 'idempotent', what, request)
        self.ledger.key(what, ', '.join(v for k, v in request.header_list if k.lower() == 'idempotency-key'))
        return Answer(None) if mood == 'silent' else Answer(200, json.dumps('feito'))
