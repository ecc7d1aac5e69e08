// The page of phones as a person uses it, in Chromium.
import { open } from "./browser.mjs";

const { url, number, sid, token, bot } = JSON.parse(process.argv[2]);
const post = (path, body) => fetch(url + path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
const page = await open(url + "/sandbox");
const result = {};
try {
  await page.until("document.querySelector('.live.on') && document.querySelectorAll('.phone').length === 3");
  result.people = await page.run("[...document.querySelectorAll('.person')].map(p => p.value)");
  result.kinds = await page.run("[...document.querySelectorAll('.channel')].map(c => c.selectedOptions[0].textContent)");
  // the third phone becomes an Arabic one by SMS
  await page.run(`(() => { const phone = document.querySelectorAll('.phone')[2]; window.phone = phone;
    const choose = (name, value) => { const s = phone.querySelector(name); s.value = value; s.dispatchEvent(new Event('change')); };
    choose('.channel', 'sms'); choose('.language', 'ar'); })()`);
  const sms = await page.until("/^\\+/.test(phone.querySelector('.person').value) && phone.querySelector('.person').value");
  await page.run("(() => { const s = phone.querySelector('.phrase'); s.selectedIndex = 1; s.dispatchEvent(new Event('change')); phone.querySelector('form').requestSubmit(); })()");
  result.tick = await page.until("phone.querySelector('.bubble.own .meta')?.textContent.match(/✓✓ received/)?.[0]");
  result.direction = await page.run("getComputedStyle(phone.querySelector('.bubble.own p')).direction");
  await fetch(`${url}/2010-04-01/Accounts/${sid}/Messages.json`, {
    method: "POST", headers: { Authorization: "Basic " + btoa(`${sid}:${token}`) },
    body: new URLSearchParams({ To: sms, From: number, Body: "<b>شكرا</b> ABCD-EFGH-JKM" }),
  });
  result.code = await page.until("phone.querySelector('.bubble:not(.own) code')?.textContent");
  result.markup = await page.run("phone.querySelectorAll('.bubble b').length");
  result.delivered = await page.until("/✓✓ delivered/.test(phone.querySelector('.bubble:not(.own) .meta')?.textContent)");

  const chat = result.people.find(p => p.startsWith("555"));
  await post(`/bot${bot}/sendMessage`, { chat_id: chat, text: "Ça va ?", reply_markup: { inline_keyboard: [[{ text: "Oui", callback_data: "y" }]] } });
  await page.until("document.querySelector('.keys button')");
  await page.run("document.querySelector('.keys button').click()");

  await page.run("document.getElementById('faults').open = true; document.querySelector('#fault-list input[name=throttle]').click()");
  result.faults = await page.until("document.getElementById('fault-count').textContent");
  await page.run("document.querySelector('#fault-list input[name=throttle]').click()");
  await page.until("document.getElementById('fault-count').textContent === ''");

  await fetch(`${url}/2010-04-01/Accounts/${sid}/Messages.json`, { method: "POST", headers: { Authorization: "Basic " + btoa(`${sid}:${token}`) }, body: new URLSearchParams({ To: "+50299990000", From: number, Body: "On call" }) });
  result.stranger = await page.until("document.querySelector('#others button')?.textContent");
  await page.run("document.querySelector('#others button').click()");
  await page.until("document.querySelectorAll('.phone').length === 4 && document.querySelectorAll('.phone')[3].querySelector('.bubble')");
  result.unlabelled = await page.run("[...document.querySelectorAll('button, input, select, textarea')].filter(e => !(e.labels?.length || e.ariaLabel || e.textContent.trim())).length");
  result.wide = await page.run("document.documentElement.scrollWidth <= innerWidth");
  if (process.env.SANDBOX_PICTURES)
    await page.picture(process.env.SANDBOX_PICTURES + "/desktop.png");
  result.problems = page.problems;
} finally {
  await page.close();
}
const small = await open(url + "/", { width: 360, height: 740, mobile: true });
try {
  await small.until("document.querySelectorAll('.phone').length === 3");
  result.narrow = await small.run("document.documentElement.scrollWidth <= 360");
  if (process.env.SANDBOX_PICTURES)
    await small.picture(process.env.SANDBOX_PICTURES + "/phone.png");
} finally {
  await small.close();
}
console.log(JSON.stringify(result));
