// Twilio's own library against the sandbox: only the base address differs from the real one.
import twilio from "twilio";

const { url, sid, token, number, phone, callback } = JSON.parse(process.argv[2]);
const client = twilio(sid, token);
client.api.baseUrl = url;

const code = async work => {
  try {
    await work();
    return null;
  } catch (error) {
    return { code: error.code, status: error.status, message: error.message, moreInfo: error.moreInfo };
  }
};
const send = (to, more = {}) => client.messages.create({ to, from: number, body: "Asante", ...more });

const created = await client.messages.create({ to: phone, from: number, body: "Recibimos su mensaje ✓", statusCallback: callback });
await new Promise(resolve => setTimeout(resolve, 400));
const fetched = await client.messages(created.sid).fetch();
for (let i = 0; i < 5; i++)
  await send("+5025123100" + i);
const listed = await client.messages.list({ pageSize: 2, dateSentAfter: new Date(Date.now() - 86400000) });
const toOne = await client.messages.list({ to: "+50251231003" });
const future = await client.messages.list({ dateSentAfter: new Date(Date.now() + 2 * 86400000) });
const redacted = await client.messages(created.sid).update({ body: "" });
const removed = await client.messages(created.sid).remove();
const numbers = await client.incomingPhoneNumbers.list({ phoneNumber: number });
const changed = await client.incomingPhoneNumbers(numbers[0].sid).update({ smsUrl: "http://127.0.0.1:9/other" });
const account = await client.api.v2010.accounts(sid).fetch();
const stranger = twilio(sid, "wrong");
stranger.api.baseUrl = url;

console.log(JSON.stringify({
  created: { sid: created.sid, status: created.status, direction: created.direction, numSegments: created.numSegments, errorCode: created.errorCode, dateCreated: created.dateCreated },
  fetched: { status: fetched.status, body: fetched.body, dateSent: fetched.dateSent },
  listed: listed.map(m => m.sid), toOne: toOne.map(m => m.to), future: future.length,
  redacted: redacted.body, removed, gone: await code(() => client.messages(created.sid).fetch()),
  number: { phoneNumber: numbers[0].phoneNumber, smsUrl: numbers[0].smsUrl }, changed: changed.smsUrl, account: account.status,
  errors: {
    invalid: await code(() => send("+25471")), optedOut: await code(() => send("+15005550004")), any: await code(() => send("+19992161401")), empty: await code(() => send(phone, { body: "" })),
    long: await code(() => send(phone, { body: "a".repeat(1601) })), sender: await code(() => send(phone, { from: "+15005550007" })), busy: await code(() => send("+19992042901")),
    broken: await code(() => send("+19992050001")), stranger: await code(() => stranger.messages.create({ to: phone, from: number, body: "x" })),
  },
}));
