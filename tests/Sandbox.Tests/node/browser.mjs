// Chromium by the DevTools protocol over a pipe: no package, no port.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export async function open(url, { width = 1280, height = 900, mobile = false } = {}) {
  const profile = mkdtempSync(join(tmpdir(), "sandbox-page-"));
  const chromium = spawn(process.env.CHROMIUM ?? "/usr/bin/chromium", [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    `--user-data-dir=${profile}`, "--remote-debugging-pipe", "about:blank",
  ], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
  const ended = new Promise(resolve => chromium.once("exit", resolve));
  const waiting = new Map(), problems = [];
  let last = 0, rest = "";
  chromium.stdio[4].setEncoding("utf8").on("data", data => {
    const parts = (rest + data).split("\0");
    rest = parts.pop();
    for (const message of parts.map(JSON.parse)) {
      if (message.id) {
        const { resolve, reject } = waiting.get(message.id);
        waiting.delete(message.id);
        message.error ? reject(new Error(message.error.message)) : resolve(message.result);
      } else if (message.method === "Runtime.exceptionThrown") {
        problems.push(message.params.exceptionDetails.exception?.description ?? message.params.exceptionDetails.text);
      } else if (message.method === "Log.entryAdded" && message.params.entry.level === "error") {
        problems.push(`${message.params.entry.text} ${message.params.entry.url ?? ""}`);
      }
    }
  });
  let sessionId;
  const call = (method, params = {}) => new Promise((resolve, reject) => {
    waiting.set(++last, { resolve, reject });
    chromium.stdio[3].write(JSON.stringify({ id: last, method, params, sessionId }) + "\0");
  });

  const { targetInfos } = await call("Target.getTargets");
  const { targetId } = targetInfos.find(t => t.type === "page") ?? await call("Target.createTarget", { url: "about:blank" });
  ({ sessionId } = await call("Target.attachToTarget", { targetId, flatten: true }));
  await Promise.all(["Page", "Runtime", "Log"].map(domain => call(domain + ".enable")));
  await call("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile });
  await call("Page.navigate", { url });

  const run = async expression => {
    const { result, exceptionDetails } = await call("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails)
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  };
  return {
    problems, run,
    /** The value of the expression as soon as it is true. */
    async until(expression, seconds = 30) {
      const end = Date.now() + seconds * 1000;
      while (true) {
        const value = await run(expression).catch(() => null);
        if (value)
          return value;
        if (Date.now() > end)
          throw new Error("never true: " + expression);
        await new Promise(resolve => setTimeout(resolve, 50));
      }
    },
    async picture(path, params = {}) {
      writeFileSync(path, Buffer.from((await call("Page.captureScreenshot", { captureBeyondViewport: true, ...params })).data, "base64"));
    },
    /** One key: "Tab", "Enter", " ", "a"; with "Alt+", "Ctrl+", "Shift+" before it. */
    async press(keys) {
      const parts = keys.split("+"), key = parts.pop() || "+";
      const modifiers = (parts.includes("Alt") ? 1 : 0) | (parts.includes("Ctrl") ? 2 : 0) | (parts.includes("Shift") ? 8 : 0);
      const named = { Tab: 9, Enter: 13, Escape: 27, ArrowUp: 38, ArrowDown: 40, " ": 32 };
      const text = key === "Enter" ? "\r" : key.length === 1 && !(modifiers & 2) ? key : undefined;
      const event = { key, code: named[key] ? key === " " ? "Space" : key : /\d/.test(key) ? "Digit" + key : "Key" + key.toUpperCase(), windowsVirtualKeyCode: named[key] ?? key.toUpperCase().charCodeAt(0), modifiers };
      await call("Input.dispatchKeyEvent", { ...event, type: text ? "keyDown" : "rawKeyDown", text, unmodifiedText: key.length === 1 ? key : text });
      await call("Input.dispatchKeyEvent", { ...event, type: "keyUp" });
    },
    async type(text) {
      await call("Input.insertText", { text });
    },
    async close() {
      await call("Browser.close").catch(() => {});
      await ended;
      rmSync(profile, { recursive: true, force: true });
    },
  };
}
