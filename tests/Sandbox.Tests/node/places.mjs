// Buttons and places on the page of phones, in Chromium.
import { open } from "./browser.mjs";

const { url } = JSON.parse(process.argv[2]);
const page = await open(url + "/sandbox", { width: 390, height: 844, mobile: true });
const result = {};
try {
  await page.until("document.querySelector('.live.on') && document.querySelectorAll('.phone').length === 3");
  await page.run(`(() => { window.phone = document.querySelectorAll('.phone')[2];
    window.choose = (name, value) => { const s = phone.querySelector(name); s.value = value; s.dispatchEvent(new Event('change')); };
    window.shown = name => phone.querySelector(name).getClientRects().length > 0; })()`);
  result.shown = {};
  for (const account of ["sms", "bot", "wa"]) {
    await page.run(`choose('.channel', '${account}')`);
    await page.until("phone.querySelector('.person').value");
    result.shown[account] = await page.run("[shown('.place'), shown('.offer')]");
  }
  await page.run("choose('.language', 'ar')");
  // a button: the question comes, one answer is pressed, and it is told as sent
  await page.run("phone.querySelector('.offer').click()");
  await page.until("phone.querySelectorAll('.keys button').length === 2");
  result.labels = await page.run("[...phone.querySelectorAll('.keys button')].map(b => b.textContent)");
  await page.run("phone.querySelectorAll('.keys button')[1].click()");
  result.pressed = await page.until("/✓✓ received/.test(phone.querySelector('.bubble.own')?.textContent) && phone.querySelector('.bubble.own p').textContent");
  // a place of the list, and one that is typed
  await page.run("choose('select.place', 'Tapachula')");
  result.place = await page.until("phone.querySelector('.bubble.own .place')?.textContent");
  await page.run("phone.querySelector('.text').value = 'here'; choose('select.place', 'typed')");
  result.refused = await page.until("phone.querySelector('.said.bad')?.textContent");
  await page.run("phone.querySelector('.text').value = '8.41, -77.86'; choose('select.place', 'typed')");
  result.typed = await page.until("phone.querySelectorAll('.bubble.own .place')[1]?.textContent");
  await page.run("choose('.channel', 'bot')");
  await page.until("/^555/.test(phone.querySelector('.person').value)");
  await page.run("choose('select.place', 'Agadez')");
  result.bot = await page.until("phone.querySelector('.bubble.own .place')?.textContent");
  result.unlabelled = await page.run("[...document.querySelectorAll('button, input, select, textarea')].filter(e => !(e.labels?.length || e.ariaLabel || e.textContent.trim())).length");
  result.narrow = await page.run("document.documentElement.scrollWidth <= 390");
  result.problems = page.problems;
} finally {
  await page.close();
}
console.log(JSON.stringify(result));
