// An officer at the list and at an item while people write: what is new comes by itself, and nothing that is being typed is lost.
import { open } from "../../Sandbox.Tests/node/browser.mjs";

const { url, control, name, password, item, from, other } = JSON.parse(process.argv[2]);
const say = (person, text) => fetch(new URL("/control/inbound", control), { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ account: "sms", from: person, text }) });
const page = await open(new URL("/sign-in", url).href, { width: 390, height: 844, mobile: true });
const found = {};
try {
  await page.until(`document.querySelector("#password") !== null && document.readyState === "complete"`);
  await page.run(`window.left = true; document.querySelector("#name").value = ${JSON.stringify(name)}; document.querySelector("#password").value = ${JSON.stringify(password)}; document.querySelector("form[action='/sign-in'] button").click(); 0`);
  await page.until(`!window.left && document.readyState === "complete" && document.querySelector("header nav") !== null`);

  await page.run(`location.href = "/items"; 0`);
  await page.until(`document.querySelector("#list") !== null && document.readyState === "complete" && window.htmx !== undefined`);
  await new Promise(resolve => setTimeout(resolve, 500)); // the stream is open
  await say(other, "No hay agua en el punto desde ayer");
  found.appeared = await page.until(`document.querySelector("#list").innerText.includes("No hay agua")`);

  await page.run(`location.href = "/items/${item}"; 0`);
  await page.until(`document.querySelector("#reply-text") !== null && document.readyState === "complete"`);
  await page.run(`window.asked = 0; document.addEventListener("htmx:afterRequest", () => window.asked++); 0`);
  // The part is being asked for again: the officer begins to type before it is there.
  found.typed = await page.run(`(async () => {
    document.activeElement.blur();
    document.dispatchEvent(new Event("visibilitychange"));
    const field = document.querySelector("#reply-text");
    field.focus();
    field.value = "Abrimos a las";
    while (window.asked < 2) await new Promise(resolve => setTimeout(resolve, 20));
    await new Promise(resolve => setTimeout(resolve, 300));
    return { kept: document.querySelector("#reply-text").value, same: document.activeElement === document.querySelector("#reply-text") };
  })()`);
  // More is said on the item meanwhile: it comes into the timeline, and the words stay.
  await say(from, "y tampoco hay jabon");
  found.joined = await page.until(`document.querySelector("#timeline").innerText.includes("jabon")`);
  found.after = await page.run(`document.querySelector("#reply-text").value`);
} finally {
  await page.close();
}
process.stdout.write(JSON.stringify({ ...found, problems: page.problems }));
