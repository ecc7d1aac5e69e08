// grammY against the sandbox: only the API root differs from the real one.
import { createServer } from "node:http";
import { Bot, InlineKeyboard, webhookCallback } from "grammy";

const { url, token, chat } = JSON.parse(process.argv[2]);
const bot = new Bot(token, { client: { apiRoot: url } });
const control = async (path, body, method = "POST") => {
  const answer = await fetch(url + "/control/" + path, { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  return answer.status === 204 ? null : answer.json();
};
const failed = async work => {
  try {
    await work();
    return null;
  } catch (error) {
    return { code: error.error_code, description: error.description, wait: error.parameters?.retry_after, method: error.method };
  }
};
const got = [];
bot.on("message:text", async ctx => {
  got.push({ text: ctx.msg.text, from: ctx.from.id, type: ctx.chat.type, language: ctx.from.language_code });
  await ctx.replyWithChatAction("typing");
  const sent = await ctx.reply("Èske sa te ede ou?", { reply_markup: new InlineKeyboard().text("Wi", "y").text("Non", "n") });
  got.push({ sent: sent.message_id, chat: sent.chat.id, keys: sent.reply_markup.inline_keyboard[0].map(k => k.callback_data) });
});
bot.on("edited_message:text", ctx => { got.push({ edited: ctx.editedMessage.text, id: ctx.editedMessage.message_id }); });
bot.on("callback_query:data", async ctx => {
  await ctx.answerCallbackQuery({ text: "Mèsi" });
  await ctx.editMessageText("Ou di: " + ctx.callbackQuery.data);
  got.push({ pressed: ctx.callbackQuery.data });
});
bot.on("message:voice", async ctx => {
  const file = await ctx.getFile();
  const bytes = await (await fetch(`${url}/file/bot${token}/${file.file_path}`)).arrayBuffer();
  got.push({ voice: Buffer.from(bytes).toString(), type: ctx.msg.voice.mime_type });
});
bot.on("my_chat_member", ctx => { got.push({ member: ctx.myChatMember.new_chat_member.status }); });
bot.catch(error => { got.push({ error: error.message }); });

const me = await bot.api.getMe();
const server = createServer(webhookCallback(bot, "http", { secretToken: "grammy-secret" })).listen(0, "127.0.0.1");
await new Promise(resolve => server.once("listening", resolve));
const address = `http://127.0.0.1:${server.address().port}/hook`;
await bot.api.setWebhook(address, { secret_token: "grammy-secret", max_connections: 10, allowed_updates: ["message", "edited_message", "callback_query", "my_chat_member"] });
const again = await failed(() => bot.api.setWebhook(address));
const info = await bot.api.getWebhookInfo();

const first = await control("inbound", { account: "bot", from: String(chat), text: "Nou bezwen dlo", lang: "ht", name: "Amina" });
await control("inbound", { account: "bot", from: String(chat), text: "Nou bezwen anpil dlo", edit_of: 1 });
const press = await control("press", { account: "bot", from: String(chat), message_id: 2, data: "y" });
await control("inbound", { account: "bot", from: String(chat), media: [{ content_type: "audio/ogg", base64: Buffer.from("son").toString("base64") }] });
const polling = await failed(() => bot.api.getUpdates());
await control("block", { account: "bot", from: String(chat), blocked: true });
const blocked = await failed(() => bot.api.sendMessage(chat, "x"));
await control("block", { account: "bot", from: String(chat), blocked: false });
await control("faults/throttle", { times: 1, delay_ms: 3000, on: "send" }, "PUT");
const throttled = await failed(() => bot.api.sendMessage(chat, "x"));
const errors = {
  unknown: await failed(() => bot.api.sendMessage(42, "x")), empty: await failed(() => bot.api.sendMessage(chat, "")), long: await failed(() => bot.api.sendMessage(chat, "a".repeat(4097))),
  query: await failed(() => bot.api.answerCallbackQuery("1")), file: await failed(() => bot.api.getFile("nothing")),
  token: await failed(() => new Bot("1:wrong", { client: { apiRoot: url } }).api.getMe()), plain: await failed(() => bot.api.setWebhook("http://example.org/x")),
};
await bot.api.deleteWebhook();
const poller = new Bot(token, { client: { apiRoot: url } });
const polled = new Promise(resolve => poller.on("message", ctx => resolve(ctx.msg.location)));
poller.start();
await control("inbound", { account: "bot", from: String(chat), extra: { location: { latitude: 14.6, longitude: -90.5 } } });
const location = await polled;
await poller.stop();
server.close();
console.log(JSON.stringify({ me, again, info, first, press, got, polling, blocked, throttled, errors, location }));
process.exit(0);
