// home.js: the start page: what is deployed, where to talk to it, who is talking. The key comes in the address behind #, which never leaves the
// browser, is taken out of the address at once, and lives in this tab only.
// SPDX-License-Identifier: Apache-2.0
"use strict";

const texts = {
  pt: { welcome: "Bem-vindo", intro: "Conversas de WhatsApp que não se perdem. Entre com a chave que o funneld mostrou no primeiro início; “funneld newkey” faz outra.",
        key: "Chave da API", open: "Entrar", leave: "Sair", wrong: "Esta chave não vale. Ela começa com fnl_live_ e tem 47 caracteres.",
        away: "O servidor não respondeu; tente de novo em instantes.", channels: "Canais", funnels: "Funis", convs: "Conversas recentes",
        links: "Para programas:", none: { channels: "Nenhum canal ainda: ligue um pelo passo 2.", funnels: "Nenhum funil ainda: publique um pelo passo 1.",
        convs: "Ninguém conversou ainda. Abra um chat e diga oi." }, version: "versão", published: "publicada em", talk: "Abrir o chat", copy: "Copiar webhook",
        copied: "Copiado.", next: "Próximos passos", states: { open: "conectado", connecting: "conectando", close: "desconectado", unknown: "aguardando" },
        status: { running: "em andamento", ended: "terminada", faulted: "com falha", idle: "parada" }, stage: "etapa", team: "com a equipe", visitor: "visitante",
        steps: ["Publique um funil:", "Ligue o WhatsApp (Evolution API) ou abra um chat na web:", "Registre o webhook da resposta na Evolution; docs/channels.md mostra como."] },
  en: { welcome: "Welcome", intro: "WhatsApp conversations that are never lost. Enter with the key funneld printed at its first start; “funneld newkey” makes another.",
        key: "API key", open: "Enter", leave: "Leave", wrong: "This key is not valid. It begins with fnl_live_ and has 47 characters.",
        away: "The server did not answer; try again in a moment.", channels: "Channels", funnels: "Funnels", convs: "Recent conversations",
        links: "For programs:", none: { channels: "No channel yet: bind one with step 2.", funnels: "No funnel yet: publish one with step 1.",
        convs: "Nobody has talked yet. Open a chat and say hi." }, version: "version", published: "published", talk: "Open the chat", copy: "Copy webhook",
        copied: "Copied.", next: "Next steps", states: { open: "connected", connecting: "connecting", close: "disconnected", unknown: "waiting" },
        status: { running: "running", ended: "ended", faulted: "faulted", idle: "idle" }, stage: "stage", team: "with the team", visitor: "visitor",
        steps: ["Publish a funnel:", "Bind WhatsApp (Evolution API), or open a web chat:", "Register the webhook of the answer in Evolution; docs/channels.md shows how."] },
};
const lang = (navigator.language || "pt").toLowerCase().startsWith("pt") ? "pt" : "en";
const t = texts[lang];
const locale = lang === "pt" ? "pt-BR" : "en";
const when = new Intl.DateTimeFormat(locale, { dateStyle: "short", timeStyle: "short" });
const REFRESH_MS = 5000, CONVERSATIONS = 20;
const $ = (id) => document.getElementById(id);
let key = "", timer = 0;

function element(name, className, text) {
  const e = document.createElement(name);
  if (className) e.className = className;
  if (text !== undefined) e.textContent = text;
  return e;
}

function what(title, detail) {
  const e = element("span", "what", title);
  if (detail) e.append(element("small", "", detail));
  return e;
}

function say(text) {
  $("said").textContent = text;
  setTimeout(() => { $("said").textContent = ""; }, 2000);
}

// Redrawn only when something changed: the focus and the place of the reader stay.
function fill(id, rows, make) {
  const list = $(id), now = JSON.stringify(rows);
  if (list.dataset.now === now) return;
  list.dataset.now = now;
  list.replaceChildren();
  for (const row of rows) {
    const item = element("li");
    item.append(...make(row));
    list.append(item);
  }
  if (rows.length === 0) list.append(element("li", "none", t.none[id]));
}

function channel(c) {
  if (c.kind === "web") {
    const talk = element("a", "button", t.talk);
    talk.href = new URL(c.chat_url).pathname;
    return [what(c.name, "web"), talk];
  }
  const copy = element("button", "quiet", t.copy);
  copy.type = "button";
  copy.addEventListener("click", () => navigator.clipboard.writeText(c.webhook_url).then(() => say(t.copied), () => say(c.webhook_url)));
  return [what(c.instance, "WhatsApp · Evolution"), element("span", "chip" + (c.state === "open" ? "" : " warm"), t.states[c.state] || c.state), copy];
}

function funnel(f) {
  return [what(f.funnel, t.published + " " + when.format(f.published_at)), element("span", "chip", t.version + " " + f.version)];
}

function conversation(c) {
  const where = [c.funnel, c.stage && t.stage + " " + c.stage, when.format(c.updated_at)].filter(Boolean).join(" · ");
  const who = /^\d+$/.test(c.address) ? "+" + c.address : c.address.length > 30 ? t.visitor + " " + c.address.slice(0, 6) : c.address;
  const team = c.owner === "human";
  return [what(who, where), element("span", "chip" + (c.status === "faulted" || team ? " warm" : ""), team ? t.team : t.status[c.status] || c.status)];
}

function steps() {
  const auth = '-H "Authorization: Bearer $FUNNEL_KEY"', at = location.origin;
  const code = [`curl -X POST ${at}/v1/funnels/loja/versions ${auth} --data-binary @examples/loja.funnel`,
                `curl -X POST ${at}/v1/channels ${auth} -d '{"kind":"evolution","instance":"loja-01"}'\ncurl -X POST ${at}/v1/channels ${auth} -d '{"kind":"web","name":"site"}'`];
  t.steps.forEach((text, i) => {
    const item = element("li", "", text);
    if (code[i]) item.append(element("pre", "", code[i]));
    $("next").append(item);
  });
}

async function get(path) {
  const answer = await fetch(path, { headers: { Authorization: "Bearer " + key, "Accept-Language": lang } });
  if (!answer.ok) throw answer.status;
  return answer.json();
}

async function refresh() {
  const [channels, funnels, convs] = await Promise.all([get("/v1/channels"), get("/v1/funnels"), get("/v1/conversations?limit=" + CONVERSATIONS)]);
  fill("channels", channels.channels, channel);
  fill("funnels", funnels.funnels, funnel);
  fill("convs", convs.conversations, conversation);
}

function leave(why) {
  clearInterval(timer);
  key = "";
  sessionStorage.removeItem("key");
  $("wrong").textContent = why;
  $("login").hidden = false;
  $("data").hidden = $("leave").hidden = true;
  $("key").focus();
}

async function enter(given) {
  key = given;
  $("wrong").textContent = "";
  try {
    await refresh();
  } catch (status) {
    leave(status === 401 ? t.wrong : t.away);
    return;
  }
  sessionStorage.setItem("key", key);
  $("login").hidden = true;
  $("data").hidden = $("leave").hidden = false;
  timer = setInterval(() => {
    if (!document.hidden) refresh().catch((status) => { if (status === 401) leave(t.wrong); });
  }, REFRESH_MS);
}

document.documentElement.lang = locale;
for (const id of ["welcome", "intro", "open", "leave"]) $(id).textContent = t[id];
for (const [id, text] of [["keyLabel", t.key], ["channelsTitle", t.channels], ["funnelsTitle", t.funnels], ["convsTitle", t.convs], ["nextTitle", t.next],
  ["linksTitle", t.links]]) $(id).textContent = text;
steps();
$("leave").addEventListener("click", () => leave(""));
$("form").addEventListener("submit", (event) => { event.preventDefault(); enter($("key").value.trim()); });
const given = location.hash.startsWith("#key=") ? location.hash.slice(5) : sessionStorage.getItem("key");
if (location.hash) history.replaceState(null, "", location.pathname);
if (given) enter(given);
