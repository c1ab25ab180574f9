import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer, type Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { selfSignedCertificate } from '../support/certificate.ts';
import { type Case, type Folder, run, type Site, tryMistakes, twoLinesOf, useSite } from './world.ts';

const site = useSite();
const json =
  (value: unknown): RequestListener =>
  (_, response) =>
    response.end(JSON.stringify(value));
const text =
  (content: string | Buffer): RequestListener =>
  (_, response) =>
    response.end(content);
const status =
  (code: number, headers = {}): RequestListener =>
  (_, response) =>
    response.writeHead(code, headers).end();

/** An endpoint that answers in this way. */
const endpoint = (name: string, answer: (site: Site) => RequestListener, problem: RegExp, remedy: RegExp, given: Folder = {}): Case => [
  name,
  (at) => {
    const path = `/keys-${name.replace(/\W/g, '-')}`;
    at.paths[path] = answer(at);
    return { ...given, env: { JWKS_URI: `${at.origin}${path}`, ...given.env } };
  },
  problem,
  remedy,
];

const SET = /^Put into \.env: JWKS_URI=http:\/\/127\.0\.0\.1:\d+\/\.well-known\/jwks\.json$/;
const ENDS = /Put into \.env: JWKS_URI=http:\/\/127\.0\.0\.1:\d+\/\.well-known\/jwks\.json$/;
const weak = () => generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });

describe('JWKS_URI answers with', () =>
  tryMistakes(site, [
    endpoint('404', () => status(404), /status 404, not 200: there is nothing at that address/, SET),
    endpoint('500', () => status(500), /status 500, not 200: the issuer failed/, /Try again later/),
    endpoint('401', () => status(401), /status 401, not 200: it wants credentials/, /public address/),
    endpoint('429', () => status(429), /status 429, not 200: too many requests/, /Wait a minute/),
    endpoint('a redirect', () => status(302, { location: '/elsewhere' }), /status 302.* a redirect, which is never followed/, ENDS),
    endpoint('gzip', () => (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'), /compressed \(gzip\)/, /plain/),
    endpoint('nothing', () => text(''), /its answer is not JSON/, ENDS),
    endpoint('a web page', () => text('<!doctype html>'), /a web page/, ENDS),
    endpoint('UTF-16', () => text(Buffer.from('\uFEFF{"keys":[]}', 'utf16le')), /in UTF-16/, /UTF-8/),
    endpoint('a list', ({ key }) => json([key.jwk]), /answers with a list, not with \{"keys": \[…\]\}/, /Serve \{"keys": \[…\]\}/),
    endpoint('one key', ({ key }) => json(key.jwk), /answers with one key \(JWK\)/, /Serve \{"keys": \[…\]\}/),
    endpoint('the discovery document', ({ issuer }) => json({ issuer: issuer.issuer, jwks_uri: issuer.jwksUri }), /JWKS_URI is the address of the discovery document/, ENDS),
    endpoint('certificates', () => json({ kid1: '-----BEGIN CERTIFICATE-----' }), /certificates by kid \(as Google's/, /JWKS_URI=https:\/\/www\.googleapis\.com\/oauth2\/v3\/certs/),
    endpoint('other JSON', () => json({ error: 'x' }), /not a JWK Set: it has no list "keys"/, ENDS),
    endpoint('no keys', () => json({ keys: [] }), /holds no keys/, /asymmetric key/),
    endpoint('a key for encryption', ({ key }) => json({ keys: [{ ...key.jwk, use: 'enc', alg: 'RSA-OAEP', kid: 'enc' }] }), /no usable key: .*not for signatures/, ENDS),
    endpoint('RSA of 1024 bits', () => json({ keys: [{ ...weak(), kid: 'local-1' }] }), /no usable key: .*bits/, /2048 bits or more/),
    endpoint('x5c alone', () => json({ keys: [{ kty: 'RSA', kid: 'local-1', x5c: ['MIIB'] }] }), /it has no n \(x5c is not read\)/, /publish n and e/),
    endpoint('a private key', ({ key }) => json({ keys: [{ ...key.jwk, d: 'x' }] }), /private or symmetric key/, /new key/),
    endpoint('more than a megabyte', () => text('x'.repeat(2 ** 21)), /longer than 1048576 bytes/, ENDS),
    endpoint(
      'a beginning',
      () => (_, response) => {
        response.writeHead(200).write('{"keys":[');
      },
      /did not answer in 0\.3 s/,
      /allow more time by JWKS_TIMEOUT/,
      { env: { JWKS_TIMEOUT: '0.3' } },
    ),
    endpoint(
      'half of it',
      () => (request, response) => {
        response.writeHead(200, { 'content-length': '1000' }).write('{"keys":[', () => request.socket.destroy());
      },
      /broke off/,
      /server's log/,
    ),
    endpoint('silence', () => () => undefined, /did not answer in 0\.3 s/, /allow more time by JWKS_TIMEOUT/, { env: { JWKS_TIMEOUT: '0.3' } }),
    endpoint('a reset', () => (request) => request.socket.destroy(), /ended the connection without an answer/, /is it http where it should be https/),
  ]));

describe('JWKS_URI is', () => {
  tryMistakes(site, [
    ['a port where nothing listens', () => ({ env: { JWKS_URI: 'http://127.0.0.1:1/jwks' } }), /ECONNREFUSED 127\.0\.0\.1:1: nothing listens/, /Is the issuer running, and is this its port\?/],
    ['a host that is not known', () => ({ env: { JWKS_URI: 'https://no-such-host.invalid/jwks' } }), /no-such-host\.invalid: the host name is not known here/, ENDS],
    [
      'behind a proxy',
      () => ({
        env: { JWKS_URI: 'https://no-such-host.invalid/jwks' },
        environment: { HTTPS_PROXY: 'http://proxy:1' },
      }),
      /host name is not known/,
      /HTTPS_PROXY is set, and the function uses no proxy.*Lambda/,
    ],
    ['https: where http is spoken', ({ origin }) => ({ env: { JWKS_URI: `${origin.replace('http:', 'https:')}/jwks` } }), /the server speaks plain http there/, /its https port/],
    ['a file that is not there', () => ({ env: { JWKS_URI: 'file:///no/such/file.json' } }), /file:\/\/\/no\/such\/file\.json: there is no such file/, /\/opt/],
    [
      'a data: URI without keys',
      () => ({
        env: { JWKS_URI: `data:application/json;base64,${Buffer.from('{"keys":[]}').toString('base64')}` },
      }),
      /holds no keys/,
      /asymmetric/,
    ],
    [
      'down, of an issuer with a number',
      ({ issuer }) => ({
        env: {
          TOKEN_ISSUER: 'https://a.example/',
          JWKS_URI: 'data:application/json;base64,e30=',
          TOKEN_ISSUER_2: issuer.issuer,
          JWKS_URI_2: 'http://127.0.0.1:1/',
        },
      }),
      /JWKS_URI_2/,
      /Put into \.env: JWKS_URI_2=http/,
    ],
    [
      'of another issuer',
      ({ other, paths, origin }) => {
        paths['/other'] = json({ keys: [{ ...other.jwk, kid: 'another' }] });
        return { env: { JWKS_URI: `${origin}/other` } };
      },
      /not where the token's issuer publishes its keys: \S+\/other has no key "local-1"/,
      SET,
    ],
    ["the issuer's, and the key is gone", () => ({ token: { header: { kid: 'old' } } }), /key "old" is unknown at JWKS_URI, .* the issuer's own: the issuer has changed its keys/, /Get a new access token/],
    [
      'one that publishes a key that is not used',
      ({ paths, origin, key }) => {
        paths['/unused'] = json({
          keys: [
            { ...weak(), kid: 'weak' },
            { ...key.jwk, kid: 'used' },
          ],
        });
        paths['/unused/.well-known/openid-configuration'] = undefined;
        return {
          env: { TOKEN_ISSUER: `${origin}/unused`, JWKS_URI: `${origin}/unused` },
          token: { header: { kid: 'weak' }, claims: { iss: `${origin}/unused` } },
        };
      },
      /key with the token's kid is published, but .*2048/,
      /publish a key that can be used/,
    ],
    ['of another alg, and the token has no kid', () => ({ env: { ALGORITHMS: 'RS256,ES256' }, token: { header: { kid: undefined, alg: 'ES256' } } }), /names no key \(kid\), and none of the 1 keys at \S+ fits its alg ES256/, /write kid/],
    ['right, and another key of that name signed', ({ other }) => ({ token: { key: other } }), /publishes a key "local-1", and it did not sign this token: it was changed, cut or signed by somebody else/i, /copy the token again/i],
    [
      'not the one of the issuer, and has a key of that name',
      ({ paths, origin, other }) => {
        paths['/same-kid'] = json({ keys: [other.jwk] });
        return { env: { JWKS_URI: `${origin}/same-kid` } };
      },
      /publishes a key "local-1", and it did not sign this token; the issuer's own keys are elsewhere/,
      SET,
    ],
    ['right, and the token has no kid', ({ other }) => ({ token: { key: other, header: { kid: undefined } } }), /No key at JWKS_URI signed this token/, /copy the token again/i],
    ["right, and the token has Graph's nonce", ({ other }) => ({ token: { key: other, header: { nonce: 'n' } } }), /nonce in its header, as tokens for Microsoft Graph have/, /api:\/\/CLIENT_ID\/\.default/],
  ]);

  it('found by RFC 8414, where there is no other discovery document', async () => {
    const issuer = `${site.origin}/oauth`;
    site.paths['/.well-known/oauth-authorization-server/oauth'] = json({
      issuer,
      jwks_uri: `${site.origin}/oauth-keys`,
    });
    const printed = await run(site, {
      env: { TOKEN_ISSUER: issuer, JWKS_URI: `${site.origin}/nowhere` },
      token: { claims: { iss: issuer } },
    });
    assert.match(twoLinesOf(printed)[1], /^Put into \.env: JWKS_URI=http:\S+\/oauth-keys$/);
  });

  it('not taken from the document of another issuer', async () => {
    const issuer = `${site.origin}/evil`;
    site.paths['/evil/.well-known/openid-configuration'] = json({
      issuer: 'https://other.example/',
      jwks_uri: 'https://other.example/keys',
    });
    const printed = await run(site, {
      env: { TOKEN_ISSUER: issuer, JWKS_URI: `${site.origin}/nowhere` },
      token: { claims: { iss: issuer } },
    });
    assert.match(twoLinesOf(printed)[1], /^Set JWKS_URI to the "jwks_uri" in http:\S+\/evil\/\.well-known\/openid-configuration\.$/);
  });
});

describe('the certificate of JWKS_URI', () => {
  async function withServer(host: string, judge: (uri: string) => Promise<void>): Promise<void> {
    const server: TlsServer = createServer(selfSignedCertificate(host), (_, response) => response.end('{"keys":[]}')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    await judge(`https://${host}:${(server.address() as AddressInfo).port}/jwks`).finally(() => {
      server.close();
      server.closeAllConnections();
    });
  }

  it('is self-signed, whatever NODE_TLS_REJECT_UNAUTHORIZED says', () =>
    withServer('localhost', async (uri) => {
      const printed = await run(site, {
        env: { JWKS_URI: uri },
        environment: { NODE_TLS_REJECT_UNAUTHORIZED: '0' },
      });
      const [said, advised] = twoLinesOf(printed);
      assert.match(said, /self-signed certificate: the authority of the certificate is not known here/);
      assert.match(advised, /NODE_EXTRA_CA_CERTS.*On Lambda/);
    }));
});

describe('JWKS_URI was down, and is not any more:', () =>
  tryMistakes(site, [
    [
      'a second look',
      ({ key }) => ({
        env: { JWKS_URI: 'http://127.0.0.1:1/jwks' },
        ask: async () => JSON.stringify({ keys: [key.jwk] }),
      }),
      /are unavailable from http:\/\/127\.0\.0\.1:1\/jwks/,
      /A second try, just now, went well/,
    ],
  ]));

const iss = (name: string, token: string, configured: string, problem: RegExp, remedy: RegExp): Case => [
  name,
  ({ issuer, origin }) => ({
    env: { TOKEN_ISSUER: configured.replace('ORIGIN', origin).replace('HOST', new URL(origin).hostname) },
    token: { claims: { iss: token.replace('ORIGIN/', issuer.issuer) || undefined } },
  }),
  problem,
  remedy,
];
const TENANT = '11111111-2222-3333-4444-555555555555';
const LOGIN = 'https://login.microsoftonline.com';

describe('TOKEN_ISSUER:', () =>
  tryMistakes(site, [
    iss('another', 'https://other.example.invalid/', 'ORIGIN', /The issuer differs: the token's iss is "https:\/\/other\.example\.invalid\/", TOKEN_ISSUER is "http:\/\/127/, /^Get a token from the issuer that \.env names/),
    iss('no iss', '', 'ORIGIN', /The token has no iss/, /RFC 9068/),
    iss('a host alone', 'ORIGIN/', 'HOST', /TOKEN_ISSUER is a host alone: the token's iss is "http:/, /^TOKEN_ISSUER=http:\/\/127\.0\.0\.1:\d+\/ and JWKS_URI=http/),
    iss('the discovery document', 'ORIGIN/', 'ORIGIN/.well-known/openid-configuration', /TOKEN_ISSUER is the address of the discovery document/, /^TOKEN_ISSUER=http:\/\/127\.0\.0\.1:\d+\/ and JWKS_URI=http/),
    iss('the keys', 'ORIGIN/', 'ORIGIN/oauth/certs', /TOKEN_ISSUER is the address of the discovery document, or of the keys/, /^TOKEN_ISSUER=http/),
    iss('https for http', 'http://kc.invalid/realms/pets', 'https://kc.invalid/realms/pets', /differ in http\/https, capitals or slashes only/, /^TOKEN_ISSUER=http:\/\/kc\.invalid\/realms\/pets/),
    iss('Entra ID, v1.0', `https://sts.windows.net/${TENANT}/`, `${LOGIN}/${TENANT}/v2.0`, /is a v1\.0 token of Entra ID.* \.env is for v2\.0 tokens of the same tenant/, /requestedAccessTokenVersion 2/),
    iss('Entra ID, v2.0', `${LOGIN}/${TENANT}/v2.0`, `https://sts.windows.net/${TENANT}/`, /is a v2\.0 token of Entra ID/, new RegExp(`^TOKEN_ISSUER=${LOGIN}/${TENANT}/v2.0`)),
    iss('Entra ID, common', `${LOGIN}/${TENANT}/v2.0`, `${LOGIN}/common/v2.0`, /"common" and the like are not issuers/, new RegExp(`^TOKEN_ISSUER=${LOGIN}/${TENANT}/v2.0`)),
    iss('Entra ID, another tenant', `${LOGIN}/${TENANT}/v2.0`, `${LOGIN}/${TENANT.replace('1', '2')}/v2.0`, /another tenant of Entra ID/, /Get a token from your tenant/),
    iss('Keycloak without realm', 'https://kc.invalid/realms/pets', 'https://kc.invalid', /TOKEN_ISSUER lacks the path of the realm/, /^TOKEN_ISSUER=https:\/\/kc\.invalid\/realms\/pets/),
    iss('Keycloak, /auth', 'https://kc.invalid/realms/pets', 'https://kc.invalid/auth/realms/pets', /differ in \/auth/, /^TOKEN_ISSUER=https:\/\/kc\.invalid\/realms\/pets/),
    iss("Okta's org server", 'https://org.okta.invalid', 'https://org.okta.invalid/oauth2/default', /from Okta's org server/, /oauth2\/default\/v1\/token for one/),
    iss("Cognito's domain", 'https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_abc', 'https://x.auth.eu-central-1.amazoncognito.com', /domain of Cognito's sign-in pages/, /^TOKEN_ISSUER=https:\/\/cognito-idp/),
    iss('Entra ID without v2.0', `${LOGIN}/${TENANT}/v2.0`, `${LOGIN}/${TENANT}`, /The issuer differs/, new RegExp(`TOKEN_ISSUER=${LOGIN}/${TENANT}/v2.0`)),
    iss('Keycloak under another host name', 'http://localhost:8080/realms/pets', 'http://keycloak:8080/realms/pets', /the same realm under another host name/, /^TOKEN_ISSUER=http:\/\/localhost:8080\/realms\/pets/),
  ]));
