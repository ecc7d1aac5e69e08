// The switches that make a provider misbehave.
import { make } from "./bubbles.js";

const one = id => document.getElementById(id);
let ask;

export function start(call, accounts) {
  ask = call;
  one("fault-account").append(make("option", { value: "" }, "all accounts"), ...accounts.map(a => make("option", { value: a.name }, `${a.label} ${a.address}`)));
  one("fault-account").addEventListener("change", refresh);
  one("faults").addEventListener("toggle", refresh);
  return refresh();
}

export async function refresh() {
  const { on, known } = await ask("GET", "/faults");
  const account = one("fault-account").value || null;
  const list = one("fault-list");
  if (list.children.length === 0)
    list.append(...known.map(row));
  for (const box of list.querySelectorAll("input")) {
    const fault = on.find(f => f.name === box.name && f.account === account && f.to === null);
    box.checked = Boolean(fault);
    box.parentElement.querySelector(".left").textContent = fault?.times ? `${fault.times} left` : "";
  }
  one("fault-count").textContent = on.length > 0 ? `(${on.length} on)` : "";
}

function row(fault) {
  const box = make("input", { type: "checkbox", name: fault.name });
  box.setAttribute("role", "switch");
  box.addEventListener("change", () => set(box));
  return make("li", {}, make("label", {}, box, make("span", {}, fault.told, " ", make("span", { className: "count left" }))));
}

async function set(box) {
  const account = one("fault-account").value || null;
  const number = id => one(id).valueAsNumber || null;
  if (box.checked)
    await ask("PUT", "/faults/" + box.name, { account, times: number("fault-times"), code: number("fault-code") });
  else
    await ask("DELETE", "/faults/" + box.name + (account ? "?account=" + encodeURIComponent(account) : ""));
  await refresh();
}
