// One message as a bubble. Text goes in as text nodes only: what people write is never markup.
const receiptCode = /\b[2-9A-HJKMNP-TV-Z]{4}-[2-9A-HJKMNP-TV-Z]{4}-[2-9A-HJKMNP-TV-Z]{3}\b/g;
const time = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

export function bubble(message, press) {
  const own = message.is_inbound;
  const item = make("div", { className: own ? "bubble own" : "bubble" });
  item.dataset.id = message.id;
  item.dataset.changed = message.changed_at;
  item.dataset.content = JSON.stringify([message.text, message.buttons, message.notice, message.deleted, message.media.length]);
  item.append(make("span", { className: "hidden" }, own ? "Sent: " : "Received: "));
  if (message.deleted) {
    item.append(make("p", { className: "gone" }, "Deleted"));
  } else {
    for (const file of message.media)
      item.append(shown(file));
    if (message.place)
      item.append(make("p", { className: "place", dir: "auto" }, [message.place.name, `${message.place.latitude}, ${message.place.longitude}`].filter(Boolean).join(": ")));
    if (message.text || !message.place)
      item.append(make("p", { dir: "auto" }, ...withCodes(message.text)));
    if (message.buttons.length > 0)
      item.append(keys(message, press));
    if (message.notice)
      item.append(make("p", { className: "notice", dir: "auto" }, message.notice));
  }
  item.append(meta(message));
  return item;
}

function withCodes(text) {
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(receiptCode)) {
    parts.push(text.slice(from, match.index), make("code", { title: "Receipt code" }, match[0]));
    from = match.index + match[0].length;
  }
  parts.push(text.slice(from));
  return parts;
}

function shown(file) {
  const src = "/sandbox/control/media/" + encodeURIComponent(file.id);
  if (file.id && file.content_type.startsWith("image/"))
    return make("img", { src, alt: "Picture" });
  if (file.id && file.content_type.startsWith("audio/"))
    return make("audio", { src, controls: true });
  return make("p", { className: "gone" }, file.file_name || file.content_type || "File");
}

function keys(message, press) {
  return make("div", { className: "keys" }, ...message.buttons.map(row => make("div", {}, ...row.map(button => {
    const key = make("button", { type: "button", className: "quiet", dir: "auto", disabled: button.data === null }, button.text);
    key.addEventListener("click", () => press(button.data));
    return key;
  }))));
}

function meta(message) {
  const line = make("span", { className: "meta", ariaLive: "off" }, time.format(new Date(message.at)), " ");
  if (message.segments > 1)
    line.append(`${message.segments} SMS · `);
  if (message.edited)
    line.append("edited · ");
  const [sign, words, bad] = message.is_inbound ? received(message) : sent(message);
  line.append(make("span", { className: bad ? "bad" : "" }, make("span", { ariaHidden: "true" }, sign + " "), words));
  return line;
}

// What the service said to the provider's call.
function received(message) {
  const last = message.deliveries.findLast(d => d.what === "receive" || d.what === "fallback");
  if (!last)
    return ["✓", "not delivered yet", false];
  if (last.status >= 200 && last.status < 300)
    return ["✓✓", "received", false];
  return ["✗", last.status ? `refused (${last.status})` : last.error, true];
}

function sent(message) {
  const signs = { accepted: "…", queued: "…", sending: "…", sent: "✓", delivered: "✓✓", read: "✓✓" };
  const sign = signs[message.status];
  return sign ? [sign, message.status, false] : ["✗", message.error_code ? `${message.status} (${message.error_code})` : message.status, true];
}
