// chat.js: the web chat's page. Everything people wrote goes in as text nodes; nothing is kept but a random session word and its token.
// What is on the page is only added to, so that a screen reader reads each message once.
// SPDX-License-Identifier: Apache-2.0
"use strict";

const texts = {
  pt: { title: "Atendimento", label: "Mensagem", send: "Enviar", hint: "Converse por aqui, quando quiser.", start: "Começar", hello: "oi",
        again: "Nova conversa", on: "online", off: "reconectando…", media: "Ver anexo", retry: "Não foi enviada. Tentar de novo", today: "Hoje",
        typing: "digitando…", mine: "Você: ", theirs: "Resposta: " },
  en: { title: "Chat", label: "Message", send: "Send", hint: "Talk to us here, whenever you like.", start: "Start", hello: "hi", again: "New conversation",
        on: "online", off: "reconnecting…", media: "Open attachment", retry: "Not sent. Try again", today: "Today", typing: "typing…",
        mine: "You: ", theirs: "Answer: " },
};
const lang = (navigator.language || "pt").toLowerCase().startsWith("pt") ? "pt" : "en";
const t = texts[lang];
const locale = lang === "pt" ? "pt-BR" : "en";
const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
const calendar = new Intl.DateTimeFormat(locale, { day: "numeric", month: "long" });
const base = location.pathname.replace(/\/+$/, "");
const $ = (id) => document.getElementById(id);
const log = $("log"), box = $("text");
const TYPING_MS = 15000;
let session, token, tag, shown, pending, typing, typingTimer, polling = null;

function word() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}

function keep() {
  try { localStorage.setItem("funnel" + base, JSON.stringify({ session, token })); } catch { /* private window: the session lives with the page */ }
}

function begin(fresh) {
  let saved = null;
  try { saved = fresh ? null : JSON.parse(localStorage.getItem("funnel" + base)); } catch { saved = null; }
  session = saved && typeof saved.session === "string" ? saved.session : word();
  token = saved && typeof saved.token === "string" ? saved.token : "";
  tag = "";
  shown = new Map();
  pending = new Map();
  if (polling) polling.abort();
  polling = null;
  keep();
  log.replaceChildren();
  setTyping(false);
  if (token) poll(); else welcome();
}

function element(name, className, text) {
  const e = document.createElement(name);
  if (className) e.className = className;
  if (text !== undefined) e.textContent = text;
  return e;
}

// -- what a message looks like ------------------------------------------------------------------------------------------------------------

const MARKS = { "*": "strong", _: "em", "~": "s" };

// WhatsApp's own marks: *bold*, _italic_, ~struck~, ```code```, and links. Only nodes are made, never markup.
function rich(text) {
  const out = document.createDocumentFragment();
  const parts = /(https?:\/\/[^\s<>"]{1,2000})|```([^`]{1,4000})```|(?<![\p{L}\p{N}])([*_~])(?=\S)([^\n*_~]{1,1000}?)(?<=\S)\3(?![\p{L}\p{N}])/gu;
  let at = 0;
  for (const m of text.matchAll(parts)) {
    let node, whole = m[0];
    if (m[1]) {
      const tail = /[.,;:!?)\]]+$/.exec(whole);
      if (tail) whole = whole.slice(0, -tail[0].length);
      node = element("a", "", whole);
      node.href = whole;
      node.target = "_blank";
      node.rel = "noopener noreferrer nofollow";
    } else {
      node = m[2] ? element("code", "", m[2]) : element(MARKS[m[3]], "", m[4]);
    }
    out.append(text.slice(at, m.index), node);
    at = m.index + whole.length;
  }
  out.append(text.slice(at));
  return out;
}

function content(message) {
  const b = message.body || {};
  const out = document.createDocumentFragment();
  const text = typeof b.text === "string" && b.text ? b.text : typeof b.caption === "string" ? b.caption : "";
  if (text) out.append(rich(text));
  if (!text || typeof b.url === "string") {
    if (text) out.append("\n");
    const safe = typeof b.url === "string" && /^https?:\/\//.test(b.url);
    const link = element(safe ? "a" : "span", "", "📎 " + t.media);
    if (safe) { link.href = b.url; link.target = "_blank"; link.rel = "noopener noreferrer nofollow"; }
    out.append(link);
  }
  return out;
}

function bubble(message) {
  const e = element("div", "bubble " + (message.in ? "in" : "out"));
  e.append(element("span", "hidden", message.in ? t.mine : t.theirs), content(message));
  const time = element("time", "", clock.format(message.at));
  time.dateTime = new Date(message.at).toISOString();
  e.append(time);
  return e;
}

function options(message) {
  const b = message.body || {};
  if (message.in || message.kind !== "choose" || !Array.isArray(b.ids) || !Array.isArray(b.labels)) return null;
  const list = element("div", "options");
  b.ids.forEach((id, i) => {
    const button = element("button", "option", String(b.labels[i]));
    button.type = "button";
    button.addEventListener("click", () => send(String(b.labels[i]), String(id)));
    list.append(button);
  });
  return list;
}

function welcome() {
  const e = element("div", "empty"), start = element("button", "start", t.start);
  start.type = "button";
  start.addEventListener("click", () => send(t.hello));
  e.append(element("p", "hint", t.hint), start);
  log.append(e);
}

// -- the page as a whole --------------------------------------------------------------------------------------------------------------------

const before = (a, b) => a.at - b.at || (BigInt(a.id) < BigInt(b.id) ? -1 : 1);
const dayOf = (at) => new Date(at).toDateString();

function put(message) {
  const older = [...shown.values()].filter((s) => before(s.message, message) < 0).sort((a, b) => before(a.message, b.message));
  const last = older[older.length - 1];
  const nodes = [];
  if (!last || dayOf(last.message.at) !== dayOf(message.at)) {
    nodes.push(element("div", "day", dayOf(message.at) === dayOf(Date.now()) ? t.today : calendar.format(message.at)));
  }
  const own = bubble(message), list = options(message);
  if (!last || last.message.in !== message.in || nodes.length) own.classList.add("turn");
  nodes.push(own);
  if (list) nodes.push(list);
  const place = last ? last.nodes[last.nodes.length - 1] : null;
  if (place) place.after(...nodes); else log.prepend(...nodes);
  shown.set(message.id, { message, nodes });
}

function close() { // only the last question can be answered by a tap
  const all = [...shown.values()].sort((a, b) => before(a.message, b.message));
  all.forEach((s, i) => {
    const open = i === all.length - 1 && pending.size === 0;
    for (const n of s.nodes) for (const b of n.querySelectorAll(".option")) b.disabled = !open;
  });
}

function draw(messages) {
  const near = log.scrollHeight - log.scrollTop - log.clientHeight < 120;
  const empty = log.querySelector(".empty");
  if (empty && (messages.length || pending.size)) empty.remove();
  for (const m of messages) {
    if (shown.has(m.id)) continue;
    if (m.in && m.body) for (const [id, p] of pending) if (p.text === m.body.text) { p.node.remove(); pending.delete(id); break; }
    put(m);
    if (!m.in) setTyping(false);
  }
  for (const p of pending.values()) log.append(p.node);
  if (typing) log.append(typing);
  close();
  if (near || pending.size) log.scrollTop = log.scrollHeight;
}

function setTyping(on) {
  clearTimeout(typingTimer);
  if (typing) typing.remove();
  typing = null;
  if (!on) return;
  typing = element("div", "bubble out typing");
  typing.setAttribute("aria-label", t.typing);
  typing.append(element("i"), element("i"), element("i"));
  typingTimer = setTimeout(() => setTyping(false), TYPING_MS); // perhaps nobody answers: a person took over
}

function setOnline(on) {
  $("status").className = on ? "on" : "";
  if ($("status").textContent !== (on ? t.on : t.off)) $("status").textContent = on ? t.on : t.off;
}

// -- the server -----------------------------------------------------------------------------------------------------------------------------

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function poll() {
  if (polling) return;
  const mine = polling = new AbortController();
  while (polling === mine) {
    try {
      const q = new URLSearchParams({ session, token, tag });
      const answer = await fetch(base + "/events?" + q, { signal: mine.signal, headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      const news = await answer.json();
      setOnline(true);
      tag = news.tag;
      if (news.messages.length) draw(news.messages);
    } catch {
      if (mine.signal.aborted) return;
      setOnline(false);
      await pause(1500);
    }
  }
}

// The id stays the same over all attempts: the server takes it once.
async function deliver(id, p) {
  const body = JSON.stringify(p.option === undefined ? { session, id, text: p.text } : { session, id, text: p.text, option: p.option });
  p.node.classList.remove("failed");
  for (let attempt = 0; attempt < 8; attempt++) {
    try {
      const answer = await fetch(base + "/messages", { method: "POST", headers: { "Content-Type": "application/json" }, body });
      if (answer.ok) {
        token = (await answer.json()).token;
        keep();
        setOnline(true);
        p.node.classList.remove("waiting");
        poll();
        return;
      }
      if (answer.status < 500 && answer.status !== 429) break;
    } catch { setOnline(false); }
    await pause(500 * (attempt + 1));
  }
  setTyping(false);
  p.node.classList.add("failed");
  const retry = element("button", "retry", t.retry);
  retry.type = "button";
  retry.addEventListener("click", () => { retry.remove(); deliver(id, p); });
  p.node.append(retry);
}

function send(text, option) {
  const id = word(), p = { text, option, node: bubble({ in: true, at: Date.now(), body: { text } }) };
  p.node.classList.add("waiting", "turn");
  pending.set(id, p);
  setTyping(true);
  draw([]);
  deliver(id, p);
}

function grow() {
  box.style.height = "auto";
  box.style.height = Math.min(box.scrollHeight + 2, 128) + "px";
  $("send").disabled = box.value.trim() === "";
}

document.documentElement.lang = locale;
document.title = $("title").textContent = t.title;
$("label").textContent = box.placeholder = t.label;
$("send").setAttribute("aria-label", t.send);
$("again").textContent = t.again;
$("again").addEventListener("click", () => { begin(true); box.focus(); });
$("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = box.value.trim();
  box.value = "";
  grow();
  if (text) send(text);
});
box.addEventListener("input", grow);
box.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    $("form").requestSubmit();
  }
});
setOnline(true);
begin(false);
if (matchMedia("(pointer: fine)").matches) box.focus(); // a phone's keyboard would cover the welcome
