// Signs in on a phone and lets axe judge one page after the other, with what its own rules cannot see: width and targets too small for a thumb.
import { readFileSync } from "node:fs";
import { open } from "../../Sandbox.Tests/node/browser.mjs";

const { url, language, name, password, pages } = JSON.parse(process.argv[2]);
const axe = readFileSync(new URL("../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");
// The tests' site serves pages only: the stylesheet is put on as the browser would.
const style = readFileSync(new URL("../../../src/Admin/wwwroot/site.css", import.meta.url), "utf8");
const page = await open(new URL(`/sign-in?ui=${language}`, url).href, { width: 390, height: 844, mobile: true });
const found = [];

const judge = async path => {
  await page.run(`{ const sheet = new CSSStyleSheet(); sheet.replaceSync(${JSON.stringify(style)}); document.adoptedStyleSheets = [sheet]; }`);
  await page.run(`${axe}; document.querySelectorAll('main details').forEach(d => d.open = true); 0`);
  found.push({ path, ...await page.run(`(async () => {
    const result = await axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] });
    const targets = [...document.querySelectorAll("a, button, select, summary, textarea, input:not([type=hidden])")].filter(e => e.checkVisibility() && !e.closest("svg, .skip, .numbers, p:not(.more, .languages), li > a.quiet, .rises"));
    const height = e => (e.matches("[type=checkbox], [type=radio]") ? e.closest("label") ?? e : e).getBoundingClientRect().height;
    return {
      direction: document.documentElement.dir, title: document.title, passes: result.passes.length,
      violations: result.violations.filter(v => ["serious", "critical"].includes(v.impact)).map(v => v.id + ": " + v.nodes[0].html.slice(0, 160)),
      wide: document.documentElement.scrollWidth > innerWidth, small: targets.filter(e => height(e) < 43.5).map(e => e.outerHTML.slice(0, 100)),
    };
  })()`) });
};
const go = async path => {
  await page.run(`window.left = true; location.href = ${JSON.stringify(path)}; 0`);
  await page.until(`!window.left && document.readyState === "complete" && document.querySelector("h1") !== null`);
};

try {
  await page.until(`document.querySelector("#password") !== null && document.readyState === "complete"`);
  await judge("/sign-in");
  await page.run(`window.left = true; document.querySelector("#name").value = ${JSON.stringify(name)}; document.querySelector("#password").value = ${JSON.stringify(password)}; document.querySelector("form[action='/sign-in'] button").click(); 0`);
  await page.until(`!window.left && document.readyState === "complete" && document.querySelector("header nav") !== null`);
  for (const path of pages) {
    await go(path);
    await judge(path);
  }
} finally {
  await page.close();
}
process.stdout.write(JSON.stringify(found));
