// Comes with a code behind #, on a small phone, looks, and leaves.
import { open } from "../../Sandbox.Tests/node/browser.mjs";

const { url, picture } = JSON.parse(process.argv[2]);
const page = await open(url, { width: 320, height: 640, mobile: true });
const look = () => page.run(`(() => ({
  address: location.href, direction: document.documentElement.dir, code: document.querySelector("#code").value, said: document.querySelector(".said")?.textContent ?? null,
  wide: document.documentElement.scrollWidth > innerWidth,
  small: [...document.querySelectorAll("a, button, input:not([type=hidden]), textarea")].filter(e => e.getBoundingClientRect().height < 43.5).map(e => e.outerHTML.slice(0, 100)),
}))()`);
let first, then, left;
try {
  await page.until(`document.readyState === "complete" && document.querySelector("#code").value !== ""`);
  first = await look();
  if (picture) await page.picture(`${picture}-1.png`);
  await page.run(`window.before = true; document.querySelector("form button").click(); 0`);
  await page.until(`!window.before && document.readyState === "complete" && document.querySelector(".said") !== null`);
  then = await look();
  if (picture) await page.picture(`${picture}-2.png`);
  left = await page.run(`(() => { const leave = document.querySelector("#leave"); leave.href = "about:blank#gone"; leave.click(); return document.body.style.display === "none"; })()`);
} finally {
  await page.close();
}
process.stdout.write(JSON.stringify({ first, then, left, problems: page.problems }));
