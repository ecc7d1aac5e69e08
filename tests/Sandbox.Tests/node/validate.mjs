// Twilio's own library judges signatures.
import twilio from "twilio";

const { token, calls } = JSON.parse(process.argv[2]);
console.log(JSON.stringify(calls.map(({ signature, url, form }) => ({
  right: twilio.validateRequest(token, signature, url, form),
  changed: twilio.validateRequest(token, signature, url, { ...form, Added: "1" }),
  other: twilio.validateRequest(token + "x", signature, url, form),
}))));
