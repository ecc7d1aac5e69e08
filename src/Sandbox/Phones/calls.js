import { make } from "./bubbles.js";

const one = id => document.getElementById(id);
const waits = { key: "Waits for a key", speech: "Records: speak", operator: "Rings at an operator", ended: "The call has ended" };
let call = null, shown = 0;

async function ask(method, path, body) {
  const answer = await fetch("/sandbox/control" + path, {
    method, headers: body ? { "Content-Type": "application/json" } : {}, body: body ? JSON.stringify(body) : undefined,
  });
  const json = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : null;
  if (!answer.ok)
    throw new Error(json?.error ?? `The sandbox answered ${answer.status}`);
  return json;
}

async function attempt(work) {
  try {
    problem("");
    await work();
  } catch (trouble) {
    problem(trouble.message);
  }
}

function problem(text) {
  one("problem").textContent = text;
  one("problem").hidden = !text;
}

function show(next) {
  if (next.sid !== call?.sid) {
    one("heard").replaceChildren();
    shown = 0;
  }
  call = next;
  for (const line of call.heard.slice(shown))
    one("heard").append(make("li", { dir: "auto", lang: line.language && line.language !== "operator" ? line.language : "" }, (line.language === "operator" ? "To the operator: " : line.language ? "" : "▶ ") + line.text));
  shown = call.heard.length;
  one("heard").scrollTop = one("heard").scrollHeight;
  one("waiting").textContent = waits[call.waiting];
  const can = { press: ["key", "speech"], silence: ["key", "speech", "operator"], speak: ["speech"], hangup: ["key", "speech", "operator"], answer: ["operator"], decline: ["operator"] };
  document.querySelectorAll("[data-act]").forEach(b => { b.disabled = !can[b.dataset.act].includes(call.waiting); });
}

const act = (what, body = {}) => attempt(async () => show(await ask("POST", `/calls/${call.sid}/${what}`, body)));

one("keys").append(...[..."123456789*0#"].map(key => make("button", { type: "button", disabled: true }, key)));
[...one("keys").children].forEach(b => { b.dataset.act = "press"; b.addEventListener("click", () => act("press", { digits: b.textContent })); });
document.querySelectorAll(".row [data-act]:not(#keys *)").forEach(b => {
  b.disabled = true;
  b.addEventListener("click", () => act(b.dataset.act, b.dataset.act === "speak" ? { seconds: Number(one("seconds").value), ends: "#" } : {}));
});
one("dial").addEventListener("submit", e => {
  e.preventDefault();
  attempt(async () => show(await ask("POST", "/calls", { account: one("account").value, from: one("withheld").checked ? "anonymous" : one("from").value.trim() })));
});

attempt(async () => {
  const lines = (await ask("GET", "/accounts")).accounts.filter(a => a.kind === "twilio-voice");
  one("account").append(...lines.map(a => make("option", { value: a.name }, `${a.label} ${a.address}`)));
  if (lines.length === 0)
    problem("No telephone line is set up. Start the sandbox with an account of kind twilio-voice.");
});
