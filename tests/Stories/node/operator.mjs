// An operator at the telephone, who touches nothing but the keyboard: a call told on the spot, one that is cut off and called back, one in confidence, and a session that ends while he types.
import { open } from "../../Sandbox.Tests/node/browser.mjs";

const { url, control, name, password, marker, signal } = JSON.parse(process.argv[2]);
const page = await open(new URL("/sign-in", url).href, { width: 1280, height: 900 });
const found = {}, wait = ms => new Promise(resolve => setTimeout(resolve, ms));
const at = path => page.until(`location.pathname === ${JSON.stringify(path)} && document.readyState === "complete" && window.htmx !== undefined`);
const focus = () => page.run(`document.activeElement.name || document.activeElement.id || document.activeElement.tagName`);
// Tab until the field has the focus; how many keys that took.
const tabTo = async field => {
  for (let n = 1; n < 60; n++) {
    await page.press("Tab");
    if (await focus() === field) return n;
  }
  throw new Error("no key leads to " + field);
};
const receipt = async () => { await page.until(`document.querySelector(".receipt .code bdi") !== null`); return page.run(`document.querySelector(".receipt .code bdi").innerText`); };
const begin = async () => {
  await page.press("Alt+n");
  await page.until(`document.querySelector("#call-text") !== null && document.activeElement.name === "text"`);
};
const signIn = async () => {
  await page.until(`document.activeElement && document.querySelector("#password") !== null && document.readyState === "complete"`);
  if (await focus() !== "name") await tabTo("name");
  await page.type(name);
  await page.press("Tab");
  await page.type(password);
  await page.press("Enter");
};
try {
  await signIn();
  await at("/calls");
  found.began = await page.run(`document.querySelectorAll("#calls li").length`);

  // Told on the spot: what he hears, the answer found by a word of it, saved from where he is.
  const since = Date.now();
  await begin();
  found.linked = await page.run(`document.querySelector("#call-call").selectedIndex > 0`);
  await page.type("Por favor abran mas temprano, salgo de trabajar y ya cerraron");
  found.order = [];
  for (const field of ["language", "service_point", "speaker", "speaks_for", "about", "stay", "minor", "call", "end"]) {
    await page.press("Tab");
    found.order.push(await focus() === field);
  }
  await page.press("Shift+Tab");
  await page.press("Alt+a");
  await page.until(`document.activeElement.type === "search"`);
  await page.type("HORAS manana");
  found.answers = await page.run(`[...document.querySelectorAll("#call-answers [data-words]")].filter(c => !c.hidden).length`);
  await page.press("Tab");
  await page.press("ArrowDown");
  found.chosen = await page.run(`document.querySelector("[name=answer]:checked").closest("label").innerText`);
  found.ends = await page.run(`document.querySelector("[name=end]:checked").value`);
  await page.press("Ctrl+Enter");
  found.told = await receipt();
  found.seconds = (Date.now() - since) / 1000;
  found.address = await page.run(`location.href`);

  // Cut off: kept with what there is, and called back.
  await begin();
  await page.type("No hay agua en el punto desde ayer");
  await page.press("Alt+i");
  found.interrupted = await page.run(`document.querySelector("[name=end]:checked").value`);
  if (await page.run(`document.querySelector("#call-call").selectedIndex === 0`)) {
    await page.press("Alt+l");
    await page.press("ArrowDown");
  }
  await page.press("Alt+t");
  await page.press("Ctrl+Enter");
  found.cut = await receipt();
  for (let n = 0; n < 40; n++) {
    await page.press("Alt+b");
    await page.until(`document.querySelector("#calls") !== null`);
    if (await page.run(`location.search === "?rings=1"`)) break;
    await wait(500); // not an item yet
  }
  found.rings = await page.run(`document.querySelector("main [role=status]")?.innerText ?? document.querySelector("main [role=alert]")?.innerText`);

  // In confidence: where he stands, one key.
  await page.press("Alt+n");
  await page.until(`document.activeElement.name === "text"`);
  await page.press("Alt+k");
  await at("/calls/confidential");
  found.asked = await page.run(`[...document.querySelectorAll("#confidential textarea")].map(t => t.name).join()`);
  found.phone = await page.run(`document.querySelector(".phone")?.innerText`);
  await page.press("Alt+t");
  await tabTo("way");
  await page.type("Por mensaje, despues de las seis");
  await page.press("Ctrl+Enter");
  found.confidential = await receipt();

  // His session ends while he types: nothing of it is lost.
  await begin();
  await page.type(marker);
  await fetch(new URL("/control/inbound", control), { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ account: "sms", from: signal, text: "ahora" }) });
  await page.until(`fetch("/calls", { headers: { "X-Live": "1" }, redirect: "manual" }).then(a => a.status === 401)`, 60);
  await page.press("Ctrl+Enter");
  await page.until(`document.querySelector("#notice [role=alert] a") !== null`);
  found.kept = await page.run(`document.querySelector("#call-text").value`);
  // He signs in in another window.
  found.again = await page.run(`(async () => {
    const form = new DOMParser().parseFromString(await (await fetch("/sign-in")).text(), "text/html").querySelector("form[action='/sign-in']");
    const body = new URLSearchParams([...new FormData(form)]);
    body.set("name", ${JSON.stringify(name)});
    body.set("password", ${JSON.stringify(password)});
    return (await fetch("/sign-in", { method: "POST", body })).ok;
  })()`);
  await page.press("Ctrl+Enter");
  found.saved = await receipt();
} finally {
  await page.close();
}
process.stdout.write(JSON.stringify({ ...found, problems: page.problems.filter(p => !p.includes("401") && !p.includes("422")) }));
