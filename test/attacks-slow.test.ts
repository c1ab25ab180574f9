import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { composeHere } from './support/in-process.ts';

/** Characters: ten times what API Gateway lets through, so that what takes n² steps does not end in time. */
const LENGTH = 100_000;
/** It ends a test that would else run for minutes or years; what is linear takes milliseconds. */
const LIMIT = { timeout: 120_000 };

/** What patterns repeat, and what then makes them fail at the very end. */
const REPEATED = ['.', 'a.', 'a', ' ', '\t', '=', '; ', 'a=', ',', '"', '-', '_', '/', 'Bearer ', 'eyJ', '\u00a0', '%'];
const ENDS = ['', ' x', ' .', '"', '\n', '=', ' x y'];
const VALUES = REPEATED.flatMap((text) => ENDS.map((end) => text.repeat(LENGTH / text.length) + end));

const arn = 'arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod';
const methodArn = `${arn}/GET/pets`;
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Where a caller can put a value. */
const PLACES: Readonly<Record<string, (value: string) => object>> = {
  'the token of a TOKEN event': (value) => ({ type: 'TOKEN', authorizationToken: value, methodArn }),
  'the token after Bearer': (value) => ({ type: 'TOKEN', authorizationToken: `Bearer ${value}`, methodArn }),
  'a header': (value) => ({ type: 'REQUEST', headers: { Authorization: value }, methodArn }),
  'a bare header': (value) => ({ type: 'REQUEST', headers: { 'X-Token': value }, methodArn }),
  'the cookies': (value) => ({ type: 'REQUEST', headers: { Cookie: value }, methodArn }),
  'a cookie': (value) => ({ type: 'REQUEST', headers: { Cookie: `token="${value}` }, methodArn }),
  'the query': (value) => ({ type: 'REQUEST', queryStringParameters: { token: value }, methodArn }),
  'the path': (value) => ({ type: 'TOKEN', authorizationToken: 'Bearer a.b.c', methodArn: `${methodArn}/${value}` }),
  subprotocols: (value) => ({
    type: 'REQUEST',
    headers: { 'Sec-WebSocket-Protocol': value },
    methodArn: `${arn}/$connect`,
    requestContext: { eventType: 'CONNECT', connectionId: 'c' },
  }),
  'header parameters': (value) => {
    const header = { alg: 'RS256', kid: value.slice(0, 2000), typ: value.slice(0, 2000) };
    return {
      type: 'TOKEN',
      authorizationToken: `Bearer ${encode(header)}.${encode({ iss: value.slice(0, 4000) })}.AA`,
      methodArn,
    };
  },
};

describe('what takes long to read', { concurrency: false }, () => {
  const { handler } = composeHere(
    {
      ...{ TOKEN_ISSUER: 'issuer', JWKS_URI: 'https://issuer.example/', AUDIENCE: 'api', TOKEN_TYPES: 'JWT' },
      TOKEN_SOURCE: 'header:Authorization,header:X-Token,cookie:token,query:token,subprotocol:token',
      ROUTE_SCOPES: 'GET /pets, GET /pets/{id}/a, GET /pets/{id}/b/{rest+}',
    },
    async () => [],
    Date.now,
  );
  for (const [name, eventWith] of Object.entries(PLACES)) {
    it(`is refused at once in ${name}`, LIMIT, async () => {
      for (const value of VALUES) {
        await assert.rejects(handler(eventWith(value)), { message: 'Unauthorized' });
        await new Promise(setImmediate); // so that the limit can end it
      }
    });
  }
});
