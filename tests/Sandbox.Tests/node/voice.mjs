// Twilio's own library: makes the answers of a helpline, and reads calls and recordings of the sandbox.
import twilio from "twilio";

const { step, url, sid, token, recording, base } = JSON.parse(process.argv[2]);
const say = build => {
  const response = new twilio.twiml.VoiceResponse();
  build(response);
  return response.toString();
};

if (step === "answers") {
  console.log(JSON.stringify({
    receive: say(r => {
      const gather = r.gather({ input: ["dtmf"], numDigits: 1, action: base + "/menu?n=0", actionOnEmptyResult: true, timeout: 7 });
      gather.say({ language: "es-MX", voice: "Polly.Mia" }, "Marque 1 & espere");
      gather.play("https://files.example.org/ti/voice_menu.mp3");
      r.redirect({ method: "POST" }, base + "/menu");
    }),
    record: say(r => {
      r.say("Speak");
      r.record({ action: base + "/recorded?l=es", maxLength: 60, finishOnKey: "#", recordingStatusCallback: base + "/recording?l=es", recordingStatusCallbackEvent: ["completed", "absent"] });
      r.redirect({ method: "POST" }, base + "/silence");
    }),
    dial: say(r => {
      r.dial({ callerId: "+15005550006", action: base + "/dialed" }).number({ url: base + "/screen" }, "+254722000001");
    }),
    screen: say(r => {
      r.gather({ numDigits: 1, action: base + "/take" }).say("Press a key");
      r.hangup();
    }),
    bye: say(r => {
      r.say("Bye");
      r.hangup();
    }),
  }));
} else {
  const client = twilio(sid, token);
  client.api.baseUrl = url;
  const calls = await client.calls.list();
  const one = await client.calls(calls[0].sid).fetch();
  const listed = await client.recordings.list({ callSid: one.sid });
  const fetched = await client.recordings(recording).fetch();
  const removed = await client.recordings(recording).remove();
  let gone = null;
  try {
    await client.recordings(recording).fetch();
  } catch (error) {
    gone = error.code;
  }
  console.log(JSON.stringify({
    status: one.status, from: one.from, direction: one.direction, listed: listed.map(r => r.sid), duration: fetched.duration, source: fetched.source, callSid: fetched.callSid, removed, gone,
  }));
}
