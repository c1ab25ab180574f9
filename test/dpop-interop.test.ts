import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import * as dpop from 'dpop';
import Provider from 'oidc-provider';
import { generateKey } from '../scripts/issuer.ts';
import { page } from './pages.ts';
import { eventKind, withMember } from './support/events.ts';
import { type Fn, start } from './support/harness.ts';

const AUDIENCE = 'https://api.example';
const API = 'https://api.example.com/v1';
const PATH = '/request';
/** Of each library some; decision-dpop.test.ts has all of them. */
const ALGORITHMS = ['ES256', 'Ed25519', 'RS256'] as const;
const CLIENT = { client_id: 'client', client_secret: 'secret' };

/** A server on a loopback port. */
async function serve(listener?: RequestListener) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { server, url, close };
}

/** oidc-provider as an issuer: JWT access tokens for one client, bound to the key of whoever proves one. */
async function startProvider() {
  const { privateKey, kid, alg } = await generateKey('provider-1');
  const { server, url: issuer, close } = await serve();
  const provider = new Provider(issuer, {
    clients: [
      {
        ...CLIENT,
        token_endpoint_auth_method: 'client_secret_post',
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid, alg, use: 'sig' }] },
    enabledJWA: { dPoPSigningAlgValues: [...ALGORITHMS] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      dPoP: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: 'read:pets',
          audience: AUDIENCE,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg } },
        }),
      },
    },
  });
  server.on('request', provider.callback());
  return { issuer, close };
}

/** Requests a token, bound to the key of the client if there is one. */
async function requestToken(issuer: string, keys?: dpop.KeyPair): Promise<string> {
  const url = `${issuer}/token`;
  const response = await fetch(url, {
    method: 'POST',
    headers: { ...(keys && { DPoP: await dpop.generateProof(keys, url, 'POST') }) },
    body: new URLSearchParams({ ...CLIENT, grant_type: 'client_credentials', resource: AUDIENCE, scope: 'read:pets' }),
  });
  const body = (await response.json()) as { access_token?: string; token_type?: string };
  assert.ok(body.access_token, JSON.stringify(body));
  assert.equal(body.token_type, keys ? 'DPoP' : 'Bearer');
  return body.access_token;
}

/** The client on the page about bound tokens. */
interface PageClient {
  readonly requestToken: (url: string, parameters: Readonly<Record<string, string>>) => Promise<string>;
  readonly callApi: (url: string, token: string, method?: string) => Promise<Response>;
}

/** Runs the code on the page, as it is there. */
async function importPageClient(): Promise<PageClient> {
  const [, code = ''] = /^```js\n(.*?)^```$/ms.exec(page('docs/bound-tokens.md')) ?? [];
  const resolved = code.replace("'dpop'", JSON.stringify(import.meta.resolve('dpop')));
  return import(`data:text/javascript,${encodeURIComponent(resolved)}`);
}

const kind = eventKind('HTTP 2.0');
const request = (authorization: string, proof?: string) => {
  const event = kind.event({ authorization, arn: kind.arn });
  return proof === undefined ? event : withMember(event, 'headers.dpop', proof);
};

describe('the zip, tokens of oidc-provider and proofs of dpop', () => {
  let provider: Awaited<ReturnType<typeof startProvider>>;
  let fn: Fn;
  const env = () => ({
    TOKEN_ISSUER: provider.issuer,
    JWKS_URI: `${provider.issuer}/jwks`,
    AUDIENCE,
    TOKEN_BINDING: 'dpop',
    DPOP_URLS: API,
  });
  before(async () => {
    provider = await startProvider();
    fn = await start(env());
  });
  after(async () => {
    await fn.stop();
    await provider.close();
  });
  const decide = async (authorization: string, proof?: string) => {
    const { line } = await fn.call(request(authorization, proof));
    return [line.reason, line.detail];
  };

  for (const alg of ALGORITHMS) {
    it(`a key for ${alg}: the client, the thief, and a thief with a key of his own`, async () => {
      const [keys, thief] = await Promise.all([dpop.generateKeyPair(alg), dpop.generateKeyPair(alg)]);
      const token = await requestToken(provider.issuer, keys);
      const proofBy = (pair: dpop.KeyPair, htm = 'GET') =>
        dpop.generateProof(pair, `${API}${PATH}?page=2`, htm, undefined, token);
      assert.deepEqual(await decide(`DPoP ${token}`, await proofBy(keys)), ['authorized', undefined]);
      assert.match(String(await decide(`Bearer ${token}`)), /^unproven_binding,.*scheme/);
      assert.match(String(await decide(`DPoP ${token}`)), /^unproven_binding,.*no header DPoP/);
      assert.match(String(await decide(`DPoP ${token}`, await proofBy(thief))), /^unproven_binding,.*jkt/);
      assert.match(String(await decide(`DPoP ${token}`, await proofBy(keys, 'PUT'))), /^unproven_binding,.*htm/);
    });
  }

  it('a token that is not bound', async () => {
    const token = await requestToken(provider.issuer);
    assert.deepEqual(await decide(`Bearer ${token}`), ['authorized', undefined]);
    assert.match(String(await decide(`DPoP ${token}`)), /^unproven_binding,.*not bound/);
  });

  it('the client on the page, through a server that does what API Gateway does', async (t) => {
    const api = await serve(async ({ method = '', url = '', headers }, response) => {
      const arn = kind.arn.replace('GET/request', `${method}${url.split('?')[0]}`);
      const authorization = String(headers.authorization);
      const event = withMember(kind.event({ authorization, arn }), 'headers', headers);
      const { line } = await own.call(event);
      response.writeHead(line.outcome === 'allow' ? 200 : 403).end(String(line.detail));
    });
    t.after(api.close);
    const own = await start({ ...env(), DPOP_URLS: api.url });
    t.after(own.stop);
    const client = await importPageClient();
    const token = await client.requestToken(`${provider.issuer}/token`, {
      ...{ ...CLIENT, grant_type: 'client_credentials', resource: AUDIENCE },
    });
    for (const method of ['GET', 'DELETE']) {
      const response = await client.callApi(`${api.url}/pets/1?a=b`, token, method);
      assert.equal(response.status, 200, await response.text());
    }
    const stolen = await fetch(`${api.url}/pets/1`, { headers: { Authorization: `DPoP ${token}` } });
    assert.equal(stolen.status, 403);
  });
});
