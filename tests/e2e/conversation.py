"""Whole conversations over Evolution's webhooks: replies, options, classify, silence, duplicates, restarts.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os

from harness import INSTANCE, Answer, OpenAI, message, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
CHOICE = 'Como posso ajudar, Bia?\n\n1. Ver preços\n2. Falar com alguém'


def source():
    with open(os.path.join(HERE, 'teste.funnel'), encoding='utf-8') as f:
        return f.read()


def expect(w, number, texts):
    wait_for(lambda: len(w.evolution.texts(number)) >= len(texts))
    assert w.evolution.texts(number) == texts, w.evolution.texts(number)


def to_choice(w, number):
    """Leads a contact to the question with options."""
    assert w.funneld.say(number, 'oi') == 200
    expect(w, number, ['Oi! Sou a Ana.', 'Como posso te chamar?'])
    assert w.funneld.say(number, 'Bia') == 200
    expect(w, number, ['Oi! Sou a Ana.', 'Como posso te chamar?', CHOICE])


def test_first_reply_has_the_apikey(w):
    assert w.funneld.say('5511987650001', 'oi') == 200
    expect(w, '5511987650001', ['Oi! Sou a Ana.', 'Como posso te chamar?'])
    sent = [r for r in w.evolution.requests if r.path == '/message/sendText/' + INSTANCE and r.json['number'] == '5511987650001']
    assert len(sent) == 2, len(sent)
    assert sent[0].headers['apikey'] == 'chave-da-evolution', sent[0].headers
    assert sent[0].method == 'POST' and sent[0].headers['Content-Type'] == 'application/json'
    assert sent[0].json['text'] == 'Oi! Sou a Ana.'


def test_option_by_number(w):
    to_choice(w, '5511987650002')
    w.funneld.say('5511987650002', '1')
    expect(w, '5511987650002', ['Oi! Sou a Ana.', 'Como posso te chamar?', CHOICE, 'Tudo custa R$ 10.'])


def test_a_phrase_of_start_wins_over_the_question(w):
    number = '5511987650021'
    assert w.funneld.say(number, 'oi') == 200
    expect(w, number, ['Oi! Sou a Ana.', 'Como posso te chamar?'])
    w.funneld.say(number, 'Tabela de preços!')  # else it would be the name
    expect(w, number, ['Oi! Sou a Ana.', 'Como posso te chamar?', 'Tudo custa R$ 10.'])


def test_option_by_button(w):
    to_choice(w, '5511987650003')
    w.funneld.post(message('5511987650003', '', content={'buttonsResponseMessage': {'selectedButtonId': 'pessoa',
                                                                                 'selectedDisplayText': 'Falar com alguém'}}))
    expect(w, '5511987650003', ['Oi! Sou a Ana.', 'Como posso te chamar?', CHOICE, 'Uma pessoa vai falar com você.'])


def classified(w, number, script, last):
    w.openai.script = script
    try:
        to_choice(w, number)
        before = len(w.openai.requests)
        w.funneld.say(number, 'queria comprar uma caneca')
        expect(w, number, ['Oi! Sou a Ana.', 'Como posso te chamar?', CHOICE, last])
        return w.openai.requests[before:]
    finally:
        w.openai.script = None


def test_classify(w):
    asked = classified(w, '5511987650004', lambda r: OpenAI.label('compra'), 'Tudo custa R$ 10.')
    assert len(asked) == 1 and asked[0].path == '/v1/chat/completions', [r.path for r in asked]
    assert asked[0].headers['Authorization'] == 'Bearer sk-teste'
    form = asked[0].json['response_format']
    assert form['type'] == 'json_schema' and form['json_schema']['strict'] is True
    assert form['json_schema']['schema']['properties']['label']['enum'] == ['compra', 'suporte', 'outro']
    assert form['json_schema']['schema']['additionalProperties'] is False
    assert 'queria comprar uma caneca' in json.dumps(asked[0].json['messages'], ensure_ascii=False)


def test_classify_unusable_answers_are_failed(w):
    answers = [OpenAI.label('roubo'), OpenAI.content('{"label": "com', finish='length'), OpenAI.content(None, refusal='não posso'),
               OpenAI.content('isto não é JSON'), Answer(401, {'error': {'message': 'x', 'code': 'invalid_api_key'}}),
               Answer(429, {'error': {'message': 'x', 'type': 'insufficient_quota', 'code': 'insufficient_quota'}})]
    for i, answer in enumerate(answers):
        asked = classified(w, '551198765010%d' % i, lambda r, a=answer: a, 'Não entendi.')
        assert len(asked) == 1, 'answer %d was asked for %d times' % (i, len(asked))


def test_classify_is_tried_again(w):
    left = [Answer(500, '<html>'), Answer(429, {'error': {'code': 'rate_limit_exceeded'}}, {'retry-after': '1'}), Answer(None)]
    asked = classified(w, '5511987650005', lambda r: left.pop(0) if left else OpenAI.label('suporte'), 'Uma pessoa vai falar com você.')
    assert len(asked) == 4, len(asked)
    assert asked[2].at - asked[1].at >= 0.9, 'retry-after was not honoured'


def test_silence(w):
    to_choice(w, '5511987650006')
    expect(w, '5511987650006', ['Oi! Sou a Ana.', 'Como posso te chamar?', CHOICE, 'Ainda está aí?'])


def test_duplicates_are_consumed_once(w):
    body = message('5511987650007', 'oi', id='3AREPETIDA')
    assert [w.funneld.post(body) for _ in range(5)] == [200] * 5
    expect(w, '5511987650007', ['Oi! Sou a Ana.', 'Como posso te chamar?'])
    again = message('5511987650007', 'Bia', id='3AREPETIDA2')
    assert [w.funneld.post(again) for _ in range(3)] == [200] * 3
    expect(w, '5511987650007', ['Oi! Sou a Ana.', 'Como posso te chamar?', CHOICE])


def test_ninth_digit_is_one_person(w):
    assert w.funneld.say('551187650008', 'oi') == 200
    expect(w, '551187650008', ['Oi! Sou a Ana.', 'Como posso te chamar?'])
    assert w.funneld.say('5511987650008', 'Bia') == 200
    wait_for(lambda: CHOICE in w.evolution.texts('5511987650008') + w.evolution.texts('551187650008'))


def test_groups_and_unknown_events_are_dropped(w):
    before = len(w.evolution.requests)
    group = message('1', 'oi')
    group['data']['key']['remoteJid'] = '120363041234567890@g.us'
    assert w.funneld.post(group) == 200
    assert w.funneld.post({'event': 'never.heard', 'instance': INSTANCE, 'data': {'x': 1}}) == 200
    assert w.funneld.post({'event': 'connection.update', 'instance': INSTANCE, 'data': {'state': 'open', 'statusReason': 200}}) == 200
    assert w.funneld.say('5511987650009', 'oi') == 200
    expect(w, '5511987650009', ['Oi! Sou a Ana.', 'Como posso te chamar?'])
    assert {r.json['number'] for r in w.evolution.requests[before:]} == {'5511987650009'}


def test_restart_in_the_middle(w):
    to_choice(w, '5511987650010')
    w.funneld.kill()
    w.funneld.start()
    assert w.funneld.say('5511987650010', '2') == 200
    expect(w, '5511987650010', ['Oi! Sou a Ana.', 'Como posso te chamar?', CHOICE, 'Uma pessoa vai falar com você.'])
    assert w.funneld.stop() == 0
    w.funneld.start()
    assert w.funneld.say('5511987650010', 'oi') == 200
    expect(w, '5511987650010', ['Oi! Sou a Ana.', 'Como posso te chamar?', CHOICE, 'Uma pessoa vai falar com você.', 'Oi! Sou a Ana.',
                                'Como posso te chamar?'])


def test_silence_survives_a_restart(w):
    to_choice(w, '5511987650011')
    w.funneld.kill()
    w.funneld.start()
    expect(w, '5511987650011', ['Oi! Sou a Ana.', 'Como posso te chamar?', CHOICE, 'Ainda está aí?'])


def test_a_reply_typed_on_the_phone_silences_the_bot(w):
    to_choice(w, '5511987650012')
    assert w.funneld.post(message('5511987650012', 'Oi Bia, aqui é o João', from_me=True)) == 200
    conv = wait_for(lambda: [c for c in w.funneld.api('GET', '/v1/conversations?limit=500')[1]['conversations']
                             if c['address'] == '5511987650012' and c['owner'] == 'human'])
    assert w.funneld.say('5511987650012', '1') == 200
    messages = lambda: w.funneld.api('GET', '/v1/conversations/%s/messages' % conv[0]['id'])[1]['messages']
    wait_for(lambda: [m for m in messages() if m['dir'] == 'in' and m['body'].get('text') == '1'])
    assert w.evolution.texts('5511987650012')[-1] == CHOICE


TESTS = [(name[5:].replace('_', ' '), f) for name, f in sorted(globals().items()) if name.startswith('test_')]
