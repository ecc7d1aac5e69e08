import { bubble, make } from "./bubbles.js";
import * as faults from "./faults.js";
import { languages, numbers, phrases, places, questions } from "./phrases.js";

const one = id => document.getElementById(id);
const store = "sandbox-phones";
const shownMessages = 200, largestFile = 5_000_000;
const phones = [];
const strangers = new Map();
let accounts = [];

async function ask(method, path, body) {
  const answer = await fetch("/sandbox/control" + path, {
    method, headers: body ? { "Content-Type": "application/json" } : {}, body: body ? JSON.stringify(body) : undefined,
  });
  const text = await answer.text();
  const json = text && answer.headers.get("Content-Type")?.includes("json") ? JSON.parse(text) : null;
  if (!answer.ok)
    throw new Error(json?.error ?? `The sandbox answered ${answer.status}`);
  return json;
}

function problem(text) {
  one("problem").textContent = text;
  one("problem").hidden = !text;
}

const digits = count => Array.from(crypto.getRandomValues(new Uint8Array(count)), n => n % 10).join("");
const newPerson = (account, language) => account?.person === "id" ? "555" + digits(7) : numbers[language] + digits(7);

class Phone {
  constructor({ account, language, person }) {
    this.account = accounts.find(a => a.name === account) ?? accounts[0];
    this.language = languages[language] ? language : "en";
    this.person = person || newPerson(this.account, this.language);
    this.box = one("phone").content.firstElementChild.cloneNode(true);
    this.part = name => this.box.querySelector("." + name);
    this.part("channel").append(...accounts.map(a => make("option", { value: a.name, selected: a === this.account }, `${a.label} ${a.address}`)));
    this.part("language").append(...Object.entries(languages).map(([code, name]) => make("option", { value: code, lang: code, selected: code === this.language }, name)));
    this.part("place").append(make("option", { value: "" }, "Send a place…"), ...Object.keys(places).map(name => make("option", { value: name }, name)), make("option", { value: "typed" }, "The one typed above: 8.41, -77.86"));
    this.part("place").addEventListener("change", e => this.share(e.target));
    this.part("offer").addEventListener("click", () => this.offer());
    this.part("log").dataset.empty = "No messages yet";
    this.part("channel").addEventListener("change", e => this.change({ account: e.target.value }));
    this.part("language").addEventListener("change", e => this.change({ language: e.target.value }));
    this.part("person").addEventListener("change", e => this.change({ person: e.target.value.trim() }));
    this.part("remove").addEventListener("click", () => this.remove());
    this.part("phrase").addEventListener("change", e => this.pick(e.target));
    this.part("blocked").addEventListener("change", e => this.block(e.target));
    this.part("file").addEventListener("change", e => this.say(e.target.files[0] ? "Attached: " + e.target.files[0].name : ""));
    this.part("write").addEventListener("submit", e => { e.preventDefault(); this.send(); });
    this.part("text").addEventListener("keydown", e => { if (e.key === "Enter" && !e.shiftKey && !e.isComposing) { e.preventDefault(); this.send(); } });
    this.name();
  }

  name() {
    this.part("person").value = this.person;
    this.part("person-label").textContent = this.account.person === "id" ? "Person's id" : "Number";
    this.part("text").lang = this.language;
    this.part("place").parentElement.hidden = !["twilio-whatsapp", "telegram"].includes(this.account.kind); // SMS has no places,
    this.part("offer").hidden = this.account.kind !== "twilio-whatsapp"; // and a bot sends buttons of its own
    this.part("phrase").replaceChildren(make("option", { value: "" }, "Pick a phrase…"), ...phrases[this.language].map(p => make("option", { lang: this.language, dir: "auto" }, p)));
    this.box.setAttribute("aria-label", `Phone ${this.person}, ${this.account.label}`);
  }

  async change({ account, language, person }) {
    const before = this.account.person;
    if (account)
      this.account = accounts.find(a => a.name === account);
    if (language)
      this.language = language;
    if (person || this.account.person !== before)
      this.person = person ?? newPerson(this.account, this.language);
    this.part("blocked").checked = false;
    this.name();
    save();
    await this.load();
  }

  async load() {
    this.part("log").replaceChildren();
    const { messages } = await ask("GET", `/messages?account=${encodeURIComponent(this.account.name)}&phone=${encodeURIComponent(this.person)}&limit=${shownMessages}`);
    messages.filter(m => this.owns(m)).forEach(m => this.show(m)); // it may have become another phone meanwhile
  }

  owns(message) {
    return message.account === this.account.name && (message.is_inbound ? message.from : message.to) === this.person;
  }

  show(message) {
    const log = this.part("log");
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 60;
    const item = bubble(message, data => this.press(message, data));
    const old = log.querySelector(`[data-id="${message.id}"]`);
    if (old && old.dataset.changed > item.dataset.changed)
      return; // what was fetched is older than what an event has told
    if (old?.dataset.content === item.dataset.content) {
      old.querySelector(".meta").replaceWith(item.querySelector(".meta")); // a new tick is not read out as a new message
      old.dataset.changed = item.dataset.changed;
    } else if (old)
      old.replaceWith(item);
    else
      log.insertBefore(item, [...log.children].find(other => Number(other.dataset.id) > message.id) ?? null);
    while (log.children.length > shownMessages)
      log.firstElementChild.remove();
    if (atEnd || message.is_inbound)
      log.scrollTop = log.scrollHeight;
  }

  say(text, bad = false) {
    this.part("said").textContent = text;
    this.part("said").classList.toggle("bad", bad);
  }

  pick(select) {
    if (select.value) {
      this.part("text").value = select.value;
      this.part("text").focus();
    }
    select.selectedIndex = 0;
  }

  async try(work) {
    try {
      await work();
    } catch (trouble) {
      this.say(trouble.message, true);
    }
  }

  send() {
    return this.try(async () => {
      const text = this.part("text").value.trim();
      const file = this.part("file").files[0];
      if (!text && !file)
        return;
      const media = file ? [await this.read(file)] : [];
      this.part("text").value = "";
      this.part("file").value = "";
      this.say("");
      this.told(await ask("POST", "/inbound", { account: this.account.name, from: this.person, text, lang: this.language, name: "Phone", media }));
    });
  }

  share(select) {
    const chosen = select.value;
    select.selectedIndex = 0;
    return this.try(async () => {
      if (!chosen)
        return;
      const [latitude, longitude] = chosen === "typed" ? this.part("text").value.split(",").map(Number) : places[chosen];
      if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180))
        throw new Error("Type latitude and longitude first, like 8.41, -77.86");
      if (chosen === "typed")
        this.part("text").value = "";
      this.say("");
      this.told(await ask("POST", "/inbound", { account: this.account.name, from: this.person, lang: this.language, name: "Phone", place: { latitude, longitude, name: chosen === "typed" ? null : chosen } }));
    });
  }

  offer() {
    return this.try(async () => {
      const [text, yes, no] = questions[this.language];
      await ask("POST", "/offer", { account: this.account.name, to: this.person, text, buttons: [{ text: yes, data: "yes" }, { text: no, data: "no" }] });
      this.say("A question with buttons came: press one");
    });
  }

  press(message, data) {
    return this.try(async () => {
      this.say("");
      this.told(await ask("POST", "/press", { account: this.account.name, from: this.person, external_id: message.external_id, data }));
    });
  }

  told(result) {
    if (!(result.status >= 200 && result.status < 300))
      this.say(result.status ? `The service answered ${result.status}` : `Not delivered: ${result.error}`, true);
    faults.refresh();
  }

  block(box) {
    return this.try(async () => {
      await ask("POST", "/block", { account: this.account.name, from: this.person, blocked: box.checked });
      this.say(box.checked ? "This person no longer gets messages" : "This person gets messages again");
    });
  }

  async read(file) {
    if (file.size > largestFile)
      throw new Error("The file is larger than 5 MB");
    const bytes = new Uint8Array(await file.arrayBuffer());
    let binary = "";
    for (let i = 0; i < bytes.length; i += 32768)
      binary += String.fromCharCode(...bytes.subarray(i, i + 32768));
    return { content_type: file.type || "application/octet-stream", base64: btoa(binary), file_name: file.name };
  }

  remove() {
    phones.splice(phones.indexOf(this), 1);
    this.box.remove();
    save();
    one("add").focus();
  }
}

function save() {
  localStorage.setItem(store, JSON.stringify(phones.map(p => ({ account: p.account.name, language: p.language, person: p.person }))));
}

async function add(settings) {
  const phone = new Phone(settings);
  phones.push(phone);
  one("phones").append(phone.box);
  save();
  await phone.load();
  return phone;
}

function remembered() {
  try {
    const kept = JSON.parse(localStorage.getItem(store) ?? "[]");
    if (Array.isArray(kept) && kept.length > 0)
      return kept;
  } catch {
    // written by something else
  }
  return ["es", "ht", "ar"].map((language, i) => ({ language, account: accounts[i % accounts.length].name }));
}

// Messages to somebody without a phone here, as to an officer on call, are not lost: a phone can be added for them.
function stranger(message) {
  if (message.is_inbound)
    return;
  strangers.set(message.account + " " + message.to, message);
  const waiting = [...strangers.values()].filter(m => !phones.some(p => p.owns(m))).slice(-5);
  one("others").hidden = waiting.length === 0;
  one("others").replaceChildren("Others were written to. Add a phone for:", ...waiting.map(m => {
    const button = make("button", { type: "button", className: "quiet" }, m.to);
    button.addEventListener("click", async () => {
      strangers.delete(m.account + " " + m.to);
      button.remove();
      one("others").hidden = !one("others").querySelector("button");
      (await add({ account: m.account, language: "en", person: m.to })).part("text").focus();
    });
    return button;
  }));
}

function listen() {
  const events = new EventSource("/sandbox/control/events");
  const live = one("live");
  let lost = false;
  events.addEventListener("open", async () => {
    live.textContent = "Live";
    live.classList.add("on");
    if (lost)
      await Promise.all(phones.map(p => p.load()));
    lost = false;
  });
  events.addEventListener("error", () => {
    lost = true;
    live.textContent = "Connection lost, trying again…";
    live.classList.remove("on");
  });
  events.addEventListener("message", e => {
    const message = JSON.parse(e.data);
    const mine = phones.filter(p => p.owns(message));
    mine.forEach(p => p.show(message));
    if (mine.length === 0)
      stranger(message);
  });
}

async function begin() {
  accounts = (await ask("GET", "/accounts")).accounts.filter(a => a.kind !== "twilio-voice"); // those are called, not written to
  if (accounts.length === 0) {
    problem("No account is set up. Start the sandbox with settings Sandbox:Accounts:0:Kind and the rest, or add one by POST /control/accounts, then load this page again.");
    one("add").disabled = true;
    return;
  }
  one("add").addEventListener("click", async () => (await add({ language: "en" })).part("text").focus());
  one("clear").addEventListener("click", async () => {
    await ask("POST", "/reset");
    strangers.clear();
    one("others").hidden = true;
    await Promise.all([...phones.map(p => p.load()), faults.refresh()]);
  });
  await faults.start(ask, accounts);
  await Promise.all(remembered().map(add));
  listen();
}

begin().catch(trouble => problem(trouble.message));
