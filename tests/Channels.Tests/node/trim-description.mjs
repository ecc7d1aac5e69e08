// Makes Twilio/twilio-description.json: of Twilio's OpenAPI description only the operations that we call, with what they refer to.
//   git clone https://github.com/twilio/twilio-oai
//   node node/trim-description.mjs twilio-oai/spec/json COMMIT > Twilio/twilio-description.json
// Left out: explanations, headers of answers, all examples of an answer but the first.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, commit] = process.argv.slice(2);
const account = '/2010-04-01/Accounts/{AccountSid}';
const called = {
  'twilio_api_v2010.json': {
    '/2010-04-01/Accounts/{Sid}.json': ['get'],
    [`${account}/IncomingPhoneNumbers.json`]: ['get'],
    [`${account}/Messages.json`]: ['get', 'post'],
    [`${account}/Messages/{Sid}.json`]: ['get', 'delete'],
    [`${account}/Messages/{MessageSid}/Media.json`]: ['get'],
    [`${account}/Messages/{MessageSid}/Media/{Sid}.json`]: ['get', 'delete'],
    [`${account}/Calls.json`]: ['get', 'post'],
    [`${account}/Calls/{Sid}.json`]: ['get', 'delete'],
    [`${account}/Recordings.json`]: ['get'],
    [`${account}/Recordings/{Sid}.json`]: ['get', 'delete'],
  },
  'twilio_content_v1.json': {
    '/v1/Content': ['get', 'post'],
    '/v1/Content/{ContentSid}/ApprovalRequests/whatsapp': ['post'],
    '/v1/Content/{Sid}/ApprovalRequests': ['get'],
  },
};

const made = {
  openapi: '3.0.1',
  info: { title: 'Twilio: the operations that Cea calls', version: commit, license: { name: 'MIT', url: 'https://github.com/twilio/twilio-oai/blob/main/LICENSE' }, description: 'Copyright (C) 2023, Twilio, Inc. Trimmed by node/trim-description.mjs from https://github.com/twilio/twilio-oai' },
  security: [{ accountSid_authToken: [] }],
  paths: {},
  components: { schemas: {}, securitySchemes: {} },
};

const bare = value => {
  if (Array.isArray(value)) return value.map(bare);
  if (value === null || typeof value !== 'object') return value;
  const kept = Object.entries(value).filter(([name, inner]) => !(name === 'description' && typeof inner === 'string') && !name.startsWith('x-'));
  return Object.fromEntries(kept.map(([name, inner]) => [name, name === 'examples' && !Array.isArray(inner) ? Object.fromEntries(Object.entries(inner).slice(0, 1)) : bare(inner)]));
};

for (const [file, paths] of Object.entries(called)) {
  const whole = JSON.parse(readFileSync(join(folder, file), 'utf8'));
  const take = value => {
    for (const [, name] of JSON.stringify(value).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (name in made.components.schemas) continue;
      made.components.schemas[name] = bare(whole.components.schemas[name]);
      take(made.components.schemas[name]);
    }
  };
  Object.assign(made.components.securitySchemes, bare(whole.components.securitySchemes));
  for (const [path, methods] of Object.entries(paths)) {
    made.paths[path] = {};
    for (const method of methods) {
      const operation = bare(whole.paths[path][method]);
      for (const unused of ['summary', 'tags']) delete operation[unused];
      for (const answer of Object.values(operation.responses)) {
        answer.description = '';
        delete answer.headers;
      }
      made.paths[path][method] = operation;
      take(operation);
    }
  }
}
process.stdout.write(JSON.stringify(made, null, 1) + '\n');
