import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { selfSignedCertificate } from '../support/certificate.ts';
import { type Case, type Folder, type Made, run, type Site, says, tryMistakes, twoLinesOf, useSite } from './world.ts';

const site = useSite();

/** Whatever JSON, text or bytes an endpoint answers with, or how it behaves. */
const answering = (answer: unknown): RequestListener => {
  if (typeof answer === 'function') return answer as RequestListener;
  const isText = typeof answer === 'string' || Buffer.isBuffer(answer);
  return (_, response) => response.end(isText ? answer : JSON.stringify(answer));
};
/** An endpoint for the keys, and what comes of it. */
const endpoint = (answer: (site: Site) => unknown, given: Folder, ...words: readonly string[]): Case => [
  `says ${words[0]}`,
  (at) => {
    const path = `/keys-${Object.keys(at.paths).length}`;
    at.paths[path] = answering(answer(at));
    return { ...given, env: { JWKS_URI: `${at.origin}${path}`, ...given.env } };
  },
  ...words,
];
const status = (code: number, ...words: readonly string[]): Case => {
  const answer: RequestListener = (_, response) => response.writeHead(code).end();
  return endpoint(() => answer, {}, ...words);
};
/** One key that is published in another way. */
const key = (changed: object, ...words: readonly string[]): Case =>
  endpoint((at) => ({ keys: [{ ...at.key.jwk, ...changed }] }), {}, ...words);

const SET = 'JWKS_URI=http://127.0.0.1';
const SHORT = { env: { JWKS_TIMEOUT: '0.3' } };
const weak = () => generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });
const reset: RequestListener = ({ socket }) => socket.destroy();
const half: RequestListener = ({ socket }, response) =>
  response.writeHead(200, { 'content-length': '1000' }).write('{"keys":[', () => socket.destroy());

describe('JWKS_URI answers with', () =>
  tryMistakes(site, [
    status(404, 'status 404', 'Open it in a browser', SET),
    status(500, 'status 500', 'try again'),
    status(403, 'status 403', 'the rules of a firewall'),
    endpoint((at) => [at.key.jwk], {}, "isn't a JWK Set", 'Serve {"keys": […]}'),
    endpoint((at) => ({ Keys: [at.key.jwk] }), {}, 'no array "keys"', 'in small letters', 'it has "Keys"'),
    endpoint(({ issuer }) => ({ jwks_uri: issuer.jwksUri }), {}, 'this discovery document', SET),
    endpoint(() => ({ keys: [] }), {}, 'holds no keys', 'asymmetric keys'),
    key({ use: 'enc' }, 'no usable key', 'for signatures', SET),
    key({ d: 'x' }, 'a private or symmetric key', 'make a new key', 'anybody can sign'),
    endpoint(() => () => undefined, SHORT, 'did not answer in 0.3 s', 'more time by JWKS_TIMEOUT'),
    endpoint(() => half, {}, 'broke off', "the server's log"),
    endpoint(() => reset, {}, 'hang up', 'http where it should be https'),
    [
      'keys, the second time',
      (at) => ({ env: { JWKS_URI: 'http://127.0.0.1:1/' }, ask: async () => JSON.stringify({ keys: [at.key.jwk] }) }),
      'A second try, just now, went well',
    ],
  ]));

/** The first of two issuers. */
const FIRST = { TOKEN_ISSUER: 'https://a.example/', JWKS_URI: 'data:application/json;base64,e30=' };
const NO_HOST = 'https://no-such-host.invalid/jwks';

describe('JWKS_URI is', () => {
  tryMistakes(site, [
    says({ JWKS_URI: 'http://127.0.0.1:1/jwks' }, 'ECONNREFUSED', 'Is the issuer running', SET),
    says({ JWKS_URI: NO_HOST }, 'no-such-host.invalid', 'its host and port', SET),
    [
      'behind a proxy',
      { env: { JWKS_URI: NO_HOST }, environment: { HTTPS_PROXY: 'p' } },
      'HTTPS_PROXY is set',
      'Lambda',
    ],
    says(({ origin }) => ({ JWKS_URI: origin.replace(':', 's:') }), 'http where it should be https'),
    says({ JWKS_URI: 'file:///no/such/file.json' }, 'there is no such file', '/opt'),
    says(
      ({ issuer: { issuer } }) => ({ ...FIRST, TOKEN_ISSUER_2: issuer, JWKS_URI_2: 'http://127.0.0.1:1/' }),
      'JWKS_URI_2, http://127.0.0.1:1/: ',
      'JWKS_URI_2=http',
    ),
  ]);

  it('published according to RFC 8414, if there is no other discovery document, and never according to a stranger', async () => {
    for (const [path, issuer, words] of [
      ['/.well-known/oauth-authorization-server/oauth', `${site.origin}/oauth`, /JWKS_URI=http:\S+\/oauth-keys$/],
      ['/oauth/.well-known/openid-configuration', 'https://other.example/', /Set JWKS_URI to the "jwks_uri" in http/],
    ] as const) {
      site.paths[path] = answering({ issuer, jwks_uri: `${site.origin}/oauth-keys` });
      const env = { TOKEN_ISSUER: `${site.origin}/oauth`, JWKS_URI: `${site.origin}/nowhere` };
      const printed = await run(site, { env, token: { claims: { iss: env.TOKEN_ISSUER } } });
      site.paths[path] = undefined;
      assert.match(twoLinesOf(printed), words);
    }
  });

  it('safe only if its certificate is trusted, whatever NODE_TLS_REJECT_UNAUTHORIZED says', async () => {
    const answer: RequestListener = (_, response) => response.end('{"keys":[]}');
    const server = createServer(selfSignedCertificate('localhost'), answer).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const env = { JWKS_URI: `https://localhost:${(server.address() as AddressInfo).port}/jwks` };
    const printed = await run(site, { env, environment: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } }).finally(() => {
      server.close();
      server.closeAllConnections();
    });
    assert.match(twoLinesOf(printed), /self-signed certificate.*Renew.*NODE_EXTRA_CA_CERTS.*Lambda/);
  });
});

/** A token that is made in another way. */
const signed = (made: (site: Site) => Made, ...words: readonly string[]): Case => [
  `says ${words[0]}`,
  (at) => ({ token: made(at) }),
  ...words,
];

/** Keys of an issuer that has no discovery document. */
const own = (keys: (site: Site) => readonly object[], ...words: readonly string[]): Case =>
  says(
    (at) => {
      const path = `/own-${Object.keys(at.paths).length}`;
      at.paths[path] = answering({ keys: keys(at) });
      return { TOKEN_ISSUER: `${at.origin}/own`, JWKS_URI: `${at.origin}${path}`, iss: `${at.origin}/own` };
    },
    ...words,
  );

describe('a key that does not verify the token:', () =>
  tryMistakes(site, [
    endpoint(({ other }) => ({ keys: [{ ...other.jwk, kid: 'b' }] }), {}, SET, 'discovery document says so'),
    signed(() => ({ header: { kid: 'old' } }), "token's kid is old", 'has changed its keys', 'a new access token'),
    signed(({ other }) => ({ key: other }), 'The key "local-1"', 'did not sign', 'copy the token'),
    signed(({ other }) => ({ key: other, header: { kid: undefined } }), 'None of the keys', 'copy the token'),
    signed(({ other }) => ({ key: other, header: { nonce: 'n' } }), 'Microsoft Graph', '.default'),
    [
      'no kid',
      { env: { ALGORITHMS: 'ES256' }, token: { header: { kid: undefined, alg: 'ES256' } } },
      'no published key fits',
      'the token has no kid',
    ],
    own(
      ({ key: { jwk } }) => [
        { ...weak(), kid: 'local-1' },
        { ...jwk, kid: 'b' },
      ],
      'published, but',
      'RSA of 2048 bits',
    ),
    own(({ key: { jwk } }) => [{ ...jwk, kid: undefined }], 'publish the kid', 'the keys have no kid'),
    [
      'an application of Entra ID',
      ({ issuer }) => ({
        env: { TOKEN_ISSUER: `${LOGIN}/${TENANT}/v2.0`, JWKS_URI: issuer.jwksUri },
        token: { header: { kid: 'own' }, claims: { iss: `${LOGIN}/${TENANT}/v2.0` } },
      }),
      '?appid=',
      'signing keys of its own',
    ],
    [
      'a signature in DER',
      ({ paths, origin }) => {
        const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
        paths['/ec'] = answering({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'ec' }] });
        const signature = Buffer.from([0x30, ...Array(70).fill(1)]).toString('base64url');
        return {
          env: { JWKS_URI: `${origin}/ec`, ALGORITHMS: 'ES256' },
          token: { header: { alg: 'ES256', kid: 'ec' }, signature },
        };
      },
      'DER, as AWS KMS',
      'RFC 7518, 3.4',
    ],
  ]));

const TENANT = '11111111-2222-3333-4444-555555555555';
const LOGIN = 'https://login.microsoftonline.com';
const V1 = `https://sts.windows.net/${TENANT}/`;
/** The iss of a token, and what TOKEN_ISSUER is in its place. */
const iss = (token: string | undefined, configured: string, ...words: readonly string[]): Case =>
  says(
    ({ origin }) => ({ TOKEN_ISSUER: configured.replace('ORIGIN', origin), iss: token?.replace('ORIGIN', origin) }),
    ...words,
  );

describe('TOKEN_ISSUER:', () =>
  tryMistakes(site, [
    iss('https://b.example/', 'ORIGIN', 'The issuer differs: iss is https://b', 'compared exactly'),
    iss(undefined, 'ORIGIN', 'iss is missing', 'RFC 9068'),
    iss('ORIGIN/', '127.0.0.1', 'The issuer differs', 'TOKEN_ISSUER=http://127.0.0.1', 'and JWKS_URI=http'),
    iss('ORIGIN/', 'ORIGIN/oauth/certs', 'TOKEN_ISSUER=http', 'or of the keys'),
    iss('https://k.example/realms/a', 'https://k.example', 'TOKEN_ISSUER=https://k.example/realms/a'),
    iss(V1, `${LOGIN}/${TENANT}/v2.0`, 'requestedAccessTokenVersion 2', 'a v1.0 token of Entra ID'),
    iss(`${LOGIN}/${TENANT}/v2.0`, `${LOGIN}/common/v2.0`, `TOKEN_ISSUER=${LOGIN}/${TENANT}/v2.0`),
    iss('https://o.example', 'https://o.example/oauth2/default', "Okta's org server", 'Ask a custom server'),
  ]));

it('contacts no host that only the token names', async () => {
  const asked: string[] = [];
  const ask = async (uri: string) => {
    asked.push(new URL(uri).host);
    return '';
  };
  for (const claimed of ['https://evil.example/', `${site.origin.replace('127.0.0.1', 'localhost')}/`]) {
    const token = { claims: { iss: claimed } };
    for (const env of [
      {},
      { TOKEN_ISSUER: undefined },
      { TOKEN_ISSUER: 'https://TENANT.a.example/' },
      { JWKS_URI: undefined },
    ])
      await run(site, { token, env, ask });
  }
  assert.deepEqual([...new Set(asked)], [new URL(site.origin).host]);
});
