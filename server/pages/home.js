// home.js: the start page: what is deployed and where to talk to it. The key comes in the address behind #, which never leaves the browser,
// is taken out of the address at once, and lives in this tab only.
// SPDX-License-Identifier: Apache-2.0
"use strict";

const texts = {
  pt: { intro: "Motor de conversas para WhatsApp. Entre com a chave mostrada no primeiro início.", key: "Chave", open: "Entrar",
        wrong: "Esta chave não vale.", channels: "Canais", funnels: "Funis", convs: "Conversas recentes", links: "Para programas", none: "nada ainda",
        version: "versão" },
  en: { intro: "A conversation engine for WhatsApp. Enter with the key shown at the first start.", key: "Key", open: "Enter",
        wrong: "This key is not valid.", channels: "Channels", funnels: "Funnels", convs: "Recent conversations", links: "For programs",
        none: "nothing yet", version: "version" },
};
const lang = (navigator.language || "pt").toLowerCase().startsWith("pt") ? "pt" : "en";
const t = texts[lang];
const $ = (id) => document.getElementById(id);

function fill(id, rows) {
  const list = $(id);
  list.replaceChildren();
  for (const row of rows.length ? rows : [{ text: t.none }]) {
    const item = document.createElement("li");
    const holder = row.href ? document.createElement("a") : item;
    holder.textContent = row.text;
    if (row.href) { holder.href = row.href; item.append(holder); }
    list.append(item);
  }
}

async function get(path, key) {
  const answer = await fetch(path, { headers: { Authorization: "Bearer " + key, "Accept-Language": lang } });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

async function enter(key) {
  $("wrong").textContent = "";
  try {
    const [channels, funnels, convs] = await Promise.all([get("/v1/channels", key), get("/v1/funnels", key), get("/v1/conversations", key)]);
    sessionStorage.setItem("key", key);
    fill("channels", channels.channels.map((c) => c.kind === "web"
      ? { text: "chat " + c.name, href: new URL(c.chat_url).pathname } : { text: c.kind + " " + c.instance + " (" + c.state + ")" }));
    fill("funnels", funnels.funnels.map((f) => ({ text: f.funnel + ", " + t.version + " " + f.version })));
    fill("convs", convs.conversations.map((c) => ({ text: [c.address, c.funnel, c.stage, c.status].filter(Boolean).join(" · ") })));
    $("login").hidden = true;
    $("data").hidden = false;
  } catch {
    sessionStorage.removeItem("key");
    $("wrong").textContent = t.wrong;
  }
}

document.documentElement.lang = lang === "pt" ? "pt-BR" : "en";
$("intro").textContent = t.intro;
$("keyLabel").textContent = t.key;
$("open").textContent = t.open;
$("channelsTitle").textContent = t.channels;
$("funnelsTitle").textContent = t.funnels;
$("convsTitle").textContent = t.convs;
$("linksTitle").textContent = t.links;
$("form").addEventListener("submit", (event) => { event.preventDefault(); enter($("key").value.trim()); });
const given = location.hash.startsWith("#key=") ? location.hash.slice(5) : sessionStorage.getItem("key");
if (location.hash) history.replaceState(null, "", location.pathname);
if (given) enter(given);
