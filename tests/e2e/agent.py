"""Agents: rounds of `talk` with tools, history, budgets; the agent's model everywhere; failures of the AI account.

SPDX-License-Identifier: Apache-2.0
"""
import base64
import json
import os
import subprocess
import tempfile

from harness import Answer, Double, Evolution, Funneld, OpenAI, message, wait_for

SOURCE = '''funnel agente "Agente"

channel whatsapp
timezone "America/Sao_Paulo"
locale "pt-BR"

record Pedido { numero: text(20), situacao: text(40) }

enum Humor { feliz, bravo }

agent ana {
  model "modelo-da-ana"
  instructions "Você é a Ana, da Loja Sol."
  remember 6 messages
  budget 6 calls per conversation
  can buscar_pedido
}

tool buscar_pedido(numero: text(20)) -> Pedido? "Busca um pedido pelo número" {
  return http get "URL/pedidos/{numero}" as Pedido else none
}

start on message -> inicio

stage inicio {
  say "Oi! Sou a Ana."
  ask duvida: text(200) "Qual a sua dúvida?" {
    media transcribe
  }
  classify duvida as Humor by ana {
    feliz -> conversa
    bravo, failed -> conversa
  }
}

stage conversa {
  talk to ana {
    done -> fim
    silence 1h -> fim
    failed -> humano
  }
}

stage fim {
  say "Até mais!"
  end
}

stage humano {
  say "Vou chamar uma pessoa."
  end
}
'''


class World:
    """A shop's API beside the two usual doubles; one server for all tests of this file."""

    def __init__(self):
        self.evolution, self.openai, self.shop = Evolution(), OpenAI(), Double()
        self.shop.usual = lambda request: Answer(200, {'numero': request.path.rsplit('/', 1)[-1], 'situacao': 'a caminho'})
        self.funneld = Funneld(self.evolution, self.openai, HTTP_ALLOW='127.0.0.1').start()
        status, answer = self.funneld.deploy('agente', SOURCE.replace('URL', self.shop.url))
        assert status == 201, answer
        self.funneld.bind()

    def close(self):
        self.funneld.close()
        for double in (self.evolution, self.openai, self.shop):
            double.close()


def call(name, arguments, id='call_1', content=None, more=()):
    calls = [{'id': id, 'type': 'function', 'function': {'name': name, 'arguments': arguments}}, *more]
    return Answer(200, {'choices': [{'index': 0, 'finish_reason': 'tool_calls', 'message': {
        'role': 'assistant', 'content': content, 'refusal': None, 'tool_calls': calls}}],
        'usage': {'prompt_tokens': 20, 'completion_tokens': 5, 'total_tokens': 25}})


def rounds(w, since):
    """The requests that were rounds of talk."""
    return [r.json for r in w.openai.requests[since:] if 'tools' in (r.json or {})]


def scripted(w, answers):
    """Rounds are answered in order, everything else as usual; more rounds than answers get a 400. Returns where the ledger begins."""
    since, left = len(w.openai.requests), list(answers)

    def script(request):
        if 'tools' not in (request.json or {}):
            return None
        return left.pop(0) if left else Answer(400, {'error': {'code': 'unexpected', 'message': 'one round too many'}})

    w.openai.script = script
    return since


def to_talk(w, number, text='Cadê o pedido 7?'):
    assert w.funneld.say(number, 'oi') == 200
    wait_for(lambda: w.evolution.texts(number)[1:] == ['Qual a sua dúvida?'])
    assert w.funneld.say(number, text) == 200


def expect(w, number, texts):
    try:
        wait_for(lambda: len(w.evolution.texts(number)) >= len(texts) + 2)
    except AssertionError:
        pass
    assert w.evolution.texts(number)[2:] == texts, w.evolution.texts(number)


def talked(check):
    def test(_):
        w = World()
        try:
            check(w)
        finally:
            w.close()
    return test


def rounds_with_a_tool(w):
    since = scripted(w, [call('buscar_pedido', '{"numero":"7"}', content='Vou olhar.'), OpenAI.content('Está a caminho.'),
                         call('done', '', content='De nada!')])
    to_talk(w, '5511987670001')
    expect(w, '5511987670001', ['Vou olhar.', 'Está a caminho.'])
    first, second = rounds(w, since)
    assert first['model'] == 'modelo-da-ana' and 'Loja Sol' in first['messages'][0]['content'], first
    assert [m['content'] for m in first['messages'][1:]] == ['oi', 'Oi! Sou a Ana.', 'Qual a sua dúvida?', 'Cadê o pedido 7?'], first
    names = [t['function']['name'] for t in first['tools']]
    schema = first['tools'][0]['function']
    assert names == ['buscar_pedido', 'done'] and schema['strict'] is True, first['tools']
    assert schema['parameters']['required'] == ['numero'] and schema['parameters']['additionalProperties'] is False, schema
    assert second['messages'][:len(first['messages'])] == first['messages'], second
    asked, told = second['messages'][len(first['messages']):]
    assert asked['tool_calls'][0]['id'] == told['tool_call_id'] == 'call_1' and asked['content'] == 'Vou olhar.', asked
    assert json.loads(told['content']) == {'numero': '7', 'situacao': 'a caminho'}, told
    assert [r.path for r in w.shop.requests] == ['/pedidos/7']
    assert w.openai.requests[since].json['model'] == 'modelo-da-ana'  # classify ... by ana
    assert 'Loja Sol' in json.dumps(w.openai.requests[since].json['messages'], ensure_ascii=False)
    w.funneld.say('5511987670001', 'Obrigada!')
    expect(w, '5511987670001', ['Vou olhar.', 'Está a caminho.', 'De nada!', 'Até mais!'])
    assert len(rounds(w, since)) == 3


def a_kill_between_rounds(w):
    since = scripted(w, [call('buscar_pedido', '{"numero":"9"}'), OpenAI.content('Saiu hoje.')])
    slow = lambda request: Answer(200, {'numero': '9', 'situacao': 'saiu'}, delay=1.0)
    w.shop.usual = slow
    to_talk(w, '5511987670002')
    wait_for(lambda: w.shop.requests)
    w.funneld.kill()
    w.funneld.start()
    expect(w, '5511987670002', ['Saiu hoje.'])
    assert len(rounds(w, since)) == 2, 'the model is asked once for each round'
    w.funneld.kill()
    w.funneld.start()
    w.openai.script = None
    scripted(w, [call('done', '{}', content='Tchau!')])
    w.funneld.say('5511987670002', 'valeu')
    expect(w, '5511987670002', ['Saiu hoje.', 'Tchau!', 'Até mais!'])


def wrong_calls_go_back_as_errors(w):
    since = scripted(w, [call('apagar_tudo', '{}'), call('buscar_pedido', '{"numero":', 'call_2'), OpenAI.content('Qual o número?')])
    to_talk(w, '5511987670003')
    expect(w, '5511987670003', ['Qual o número?'])
    last = rounds(w, since)[-1]['messages']
    errors = [m['content'] for m in last if m['role'] == 'tool']
    assert len(errors) == 2 and all('error' in e for e in errors), last
    assert not w.shop.requests
    since = scripted(w, [call('x', '{}')] * 5)
    to_talk(w, '5511987670013')
    expect(w, '5511987670013', ['Vou chamar uma pessoa.'])
    assert len(rounds(w, since)) == 3, len(rounds(w, since))


def only_the_first_of_parallel_calls(w):
    other = {'id': 'call_b', 'type': 'function', 'function': {'name': 'buscar_pedido', 'arguments': '{"numero":"8"}'}}
    since = scripted(w, [call('buscar_pedido', '{"numero":"7"}', more=[other]), OpenAI.content('Achei.')])
    to_talk(w, '5511987670004')
    expect(w, '5511987670004', ['Achei.'])
    assert [r.path for r in w.shop.requests] == ['/pedidos/7']
    calls = [m for m in rounds(w, since)[-1]['messages'] if m.get('tool_calls')]
    assert len(calls) == 1 and len(calls[0]['tool_calls']) == 1, calls


def no_answer_is_failed(w):
    bad = [OpenAI.content('', 'length'), OpenAI.content('meia', 'length'), OpenAI.content('', 'content_filter'), OpenAI.content(''),
           OpenAI.content(None, refusal='não posso'), Answer(200, '<html>')]
    for i, answer in enumerate(bad):
        scripted(w, [answer])
        number = '55119876701%02d' % i
        to_talk(w, number)
        expect(w, number, ['Vou chamar uma pessoa.'])


def the_budget_ends_it(w):
    since = scripted(w, [OpenAI.content('resposta %d' % i) for i in range(9)])
    to_talk(w, '5511987670006')  # classify is the first of six
    for i in range(5):
        expect(w, '5511987670006', ['resposta %d' % k for k in range(i + 1)])
        w.funneld.say('5511987670006', 'e mais?')
    expect(w, '5511987670006', ['resposta %d' % k for k in range(5)] + ['Vou chamar uma pessoa.'])
    assert len(rounds(w, since)) == 5
    assert '"ai.budget"' in w.funneld.log()
    since = scripted(w, [OpenAI.content('outra conversa')])
    w.funneld.say('5511987670006', 'oi de novo')
    wait_for(lambda: w.evolution.texts('5511987670006')[-1] == 'Qual a sua dúvida?')
    w.funneld.say('5511987670006', 'x')
    wait_for(lambda: w.evolution.texts('5511987670006')[-1] == 'outra conversa')


def rate_limits_and_the_account(w):
    limit = {'error': {'message': 'Rate limit reached', 'type': 'requests', 'code': 'rate_limit_exceeded'}}
    quota = {'error': {'message': 'You exceeded your current quota', 'type': 'insufficient_quota', 'code': 'insufficient_quota'}}
    since = scripted(w, [Answer(429, limit, {'Retry-After': '1'}), Answer(503, '<html>'), OpenAI.content('Oi!')])
    to_talk(w, '5511987670007')
    expect(w, '5511987670007', ['Oi!'])
    at = [r.at for r in w.openai.requests[since:] if 'tools' in r.json]
    assert len(at) == 3 and at[1] - at[0] >= 0.95, at
    since = scripted(w, [Answer(429, quota, {'Retry-After': '1'})] * 2)
    w.funneld.say('5511987670007', 'e aí?')
    expect(w, '5511987670007', ['Oi!', 'Vou chamar uma pessoa.'])
    assert len(rounds(w, since)) == 1
    scripted(w, [Answer(429, quota)])
    to_talk(w, '5511987670008')
    expect(w, '5511987670008', ['Vou chamar uma pessoa.'])
    assert w.funneld.log().count('"ai.account"') == 1


def a_voice_note_becomes_text(w):
    sound, number = bytes(range(256)) * 40, '5511987670009'
    scripted(w, [OpenAI.content('Entendi.')])
    talk = w.openai.script
    w.openai.script = lambda r: Answer(200, {'text': 'quero uma caneca'}) if r.path == '/v1/audio/transcriptions' else talk(r)
    w.evolution.script = lambda r: (Answer(201, {'mediaType': 'audioMessage', 'base64': base64.b64encode(sound).decode()})
                                    if '/getBase64FromMediaMessage/' in r.path else None)
    assert w.funneld.say(number, 'oi') == 200
    wait_for(lambda: w.evolution.texts(number)[1:] == ['Qual a sua dúvida?'])
    assert w.funneld.post(message(number, '', id='3AVOZ', content={'audioMessage': {'mimetype': 'audio/ogg; codecs=opus', 'ptt': True}})) == 200
    expect(w, number, ['Entendi.'])
    asked = [r.json for r in w.evolution.requests if 'getBase64' in r.path]
    assert [a['message']['key']['id'] for a in asked] == ['3AVOZ'], asked
    sent = [r for r in w.openai.requests if r.path == '/v1/audio/transcriptions']
    assert len(sent) == 1 and sound in sent[0].body and b'filename="voice.ogg"' in sent[0].body
    assert sent[0].headers['Content-Type'].startswith('multipart/form-data; boundary=')
    assert any('quero uma caneca' in m['content'] for r in w.openai.requests if r.json for m in r.json['messages'])


def checked_at_deploy(w, source):
    """Name, language and number of values of each template, by the server and by funnelc with the server's catalogue."""
    status, catalogue = w.funneld.api('GET', '/v1/templates')
    assert status == 200 and {'name': 'lembrete', 'language': 'pt_BR', 'text': 'Oi {{1}}! Até {{2}}, {{1}}. {{x}}'} in catalogue['templates'], catalogue
    with tempfile.TemporaryDirectory() as folder:
        known, file = os.path.join(folder, 'known.json'), os.path.join(folder, 'aviso.funnel')
        with open(known, 'w', encoding='utf-8') as out:
            json.dump(catalogue, out)
        for wrong, code in (('"lembrete"', None), ('"lembretes"', 'F0507'), ('"lembrete"#"en_US"', 'F0508'), ('"lembrete"#1', 'F0509')):
            text = source.replace('"lembrete"', wrong.split('#')[0])
            text = text.replace('"pt_BR"', '"en_US"') if code == 'F0508' else text
            text = text.replace('"Bia", ', '') if code == 'F0509' else text
            status, answer = w.funneld.deploy('aviso', text)
            assert (status == 422) == (code is not None), (code, status, answer)
            assert code is None or [d['code'] for d in answer['diagnostics']] == [code], answer
            with open(file, 'w', encoding='utf-8') as out:
                out.write(text)
            done = subprocess.run([os.path.join(os.environ['FUNNEL_BIN'], 'funnelc'), 'check', '--templates', known, file],
                                  stdout=subprocess.PIPE, check=False)
            assert (done.returncode == 1) == (code is not None) and (code or '0 ').encode() in done.stdout, done


def a_template_goes_out_as_its_text(w):
    source = '''funnel aviso "Aviso"

channel whatsapp
timezone "America/Sao_Paulo"
locale "pt-BR"

start on keyword "aviso" -> inicio

stage inicio {
  send template "lembrete" ("Bia", "amanhã") language "pt_BR"
  end
}
'''
    assert w.funneld.deploy('aviso', source)[0] == 201, w.funneld.deploy('aviso', source)
    assert w.funneld.api('PUT', '/v1/templates/lembrete', {'text': 'x'})[0] == 422
    status, answer = w.funneld.api('PUT', '/v1/templates/lembrete?language=pt_BR', {'text': 'Oi {{1}}! Até {{2}}, {{1}}. {{x}}'})
    assert status == 200, answer
    checked_at_deploy(w, source)
    w.funneld.kill()
    w.funneld.start()
    assert w.funneld.say('5511987670020', 'aviso') == 200
    wait_for(lambda: w.evolution.texts('5511987670020') == ['Oi Bia! Até amanhã, Bia. {{x}}'])


def personal_answers_are_remembered_masked(w):
    source = '''funnel cadastro "Cadastro"

channel whatsapp
timezone "America/Sao_Paulo"
locale "pt-BR"

contact { cpf: personal text(14)? }

agent bia {
  model "m"
  instructions "Você é a Bia."
  remember 20 messages
}

start on keyword "cadastro" -> inicio

stage inicio {
  ask contact.cpf "Qual o seu CPF?" {
    check contact.cpf != "123.456.789-00" else "Esse não, {contact.cpf}"
  }
  say "Anotei {contact.cpf}."
  ask cidade: text(40) "E a cidade?"
  say "{cidade}, então."
  talk to bia {
    done -> fim
    failed -> fim
  }
}

stage fim {
  say "Até mais!"
  end
}
'''
    status, answer = w.funneld.deploy('cadastro', source)
    assert status == 201, answer
    number = '5511987670030'
    since = scripted(w, [OpenAI.content('Em que posso ajudar?')])
    for i, text in enumerate(('cadastro', '123.456.789-00', '52998224725', 'Recife')):
        assert w.funneld.say(number, text) == 200
        wait_for(lambda: len(w.evolution.texts(number)) >= (1, 2, 4, 5)[i])
    wait_for(lambda: w.evolution.texts(number)[-1] == 'Em que posso ajudar?')
    sent = json.dumps(rounds(w, since)[0]['messages'], ensure_ascii=False)
    assert '52998224725' not in sent and '123.456' not in sent, sent
    assert '5***5' in sent and 'A***i 5***.' in sent and 'Recife' in sent and 'Qual o seu CPF?' in sent, sent
    lines = w.funneld.api('GET', '/v1/conversations?limit=500')[1]['conversations']
    assert [c for c in lines if c['address'] == number], 'people still read it whole'


TESTS = [('agent: ' + f.__name__.replace('_', ' '), talked(f))
         for f in (rounds_with_a_tool, a_kill_between_rounds, wrong_calls_go_back_as_errors, only_the_first_of_parallel_calls,
                   no_answer_is_failed, the_budget_ends_it, rate_limits_and_the_account,
                   a_voice_note_becomes_text, personal_answers_are_remembered_masked, a_template_goes_out_as_its_text)]
