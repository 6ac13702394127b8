// chat.js: the web chat's page. Everything people wrote goes in as textContent; nothing is kept but a random session word.
// SPDX-License-Identifier: Apache-2.0
"use strict";

const texts = {
  pt: { title: "Chat", label: "Sua mensagem", hint: "Escreva “oi” para começar.", again: "Nova conversa", lost: "Sem conexão; tentando de novo…",
        media: "anexo" },
  en: { title: "Chat", label: "Your message", hint: "Write “oi” (hi) to begin.", again: "New conversation", lost: "No connection; trying again…",
        media: "attachment" },
};
const lang = (navigator.language || "pt").toLowerCase().startsWith("pt") ? "pt" : "en";
const t = texts[lang];
const base = location.pathname.replace(/\/+$/, "");
const log = document.getElementById("log");
const box = document.getElementById("text");
const dot = document.getElementById("dot");
let session, token, tag, shown, pending, polling = null;

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
  draw([]);
  if (token) poll();
}

function element(name, className, text) {
  const e = document.createElement(name);
  if (className) e.className = className;
  if (text !== undefined) e.textContent = text;
  return e;
}

function textOf(message) {
  const b = message.body || {};
  if (typeof b.text === "string" && b.text) return b.text;
  if (typeof b.caption === "string" && b.caption) return b.caption + (b.url ? "\n" + b.url : "");
  if (typeof b.url === "string") return b.url;
  return "📎 " + t.media;
}

function options(message, open) {
  const b = message.body || {};
  if (message.kind !== "choose" || !Array.isArray(b.ids) || !Array.isArray(b.labels)) return null;
  const list = element("div", "options");
  b.ids.forEach((id, i) => {
    const button = element("button", "option", String(b.labels[i]));
    button.type = "button";
    button.disabled = !open;
    button.addEventListener("click", () => send(String(b.labels[i]), String(id)));
    list.append(button);
  });
  return list;
}

function draw(messages) {
  for (const m of messages) {
    shown.set(m.id, m);
    if (m.in && m.body) for (const [id, p] of pending) if (p.text === m.body.text) { pending.delete(id); break; }
  }
  const all = [...shown.values()].sort((a, b) => a.at - b.at || (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
  log.replaceChildren();
  if (all.length === 0 && pending.size === 0) log.append(element("p", "hint", t.hint));
  all.forEach((m, i) => {
    log.append(element("div", "bubble " + (m.in ? "in" : "out"), textOf(m)));
    const list = m.in ? null : options(m, i === all.length - 1 && pending.size === 0);
    if (list) log.append(list);
  });
  for (const p of pending.values()) log.append(element("div", "bubble in " + (p.failed ? "failed" : "waiting"), p.text));
  log.scrollTop = log.scrollHeight;
}

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
      dot.className = "dot on";
      tag = news.tag;
      if (news.messages.length) draw(news.messages);
    } catch {
      if (mine.signal.aborted) return;
      dot.className = "dot";
      await pause(1500);
    }
  }
}

async function send(text, option) {
  const id = word();
  pending.set(id, { text, failed: false });
  draw([]);
  const body = JSON.stringify(option === undefined ? { session, id, text } : { session, id, text, option });
  for (let attempt = 0; attempt < 8; attempt++) {
    try {
      const answer = await fetch(base + "/messages", { method: "POST", headers: { "Content-Type": "application/json" }, body });
      if (answer.ok) {
        token = (await answer.json()).token;
        keep();
        poll();
        return;
      }
      if (answer.status < 500 && answer.status !== 429) break;
    } catch { dot.className = "dot"; }
    await pause(500 * (attempt + 1));
  }
  const p = pending.get(id);
  if (p) p.failed = true;
  draw([]);
}

document.documentElement.lang = lang === "pt" ? "pt-BR" : "en";
document.title = document.getElementById("title").textContent = t.title;
document.getElementById("label").textContent = box.placeholder = t.label;
document.getElementById("send").setAttribute("aria-label", t.label);
document.getElementById("again").textContent = t.again;
document.getElementById("again").addEventListener("click", () => { begin(true); box.focus(); });
document.getElementById("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = box.value.trim();
  box.value = "";
  if (text) send(text);
});
box.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    document.getElementById("form").requestSubmit();
  }
});
begin(false);
