import { createPublicKey, verify } from 'node:crypto';
import { get } from 'node:https';
import { audience, authorizer, issuer, jwksUri } from './gateway.mjs';

// The least that a correct authorizer does, written by hand for one issuer and RS256: no library, no log, no check
// of its settings. It asks for the keys when the first request needs them, as most authorizers do.

const COOLDOWN = 30_000;
const CLOCK_TOLERANCE = 5;

let keys = new Map();
let fetching;
let quietUntil = 0;

const fetchKeys = () =>
  new Promise((resolve, reject) => {
    const request = get(jwksUri, { agent: false, timeout: 3000 }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        try {
          const jwks = JSON.parse(Buffer.concat(chunks).toString()).keys;
          resolve(new Map(jwks.map((jwk) => [jwk.kid, createPublicKey({ key: jwk, format: 'jwk' })])));
        } catch (error) {
          reject(error);
        }
      });
    });
    request.on('timeout', () => request.destroy());
    request.on('error', reject);
  });

export function refresh() {
  fetching ??= fetchKeys()
    .then((fetched) => {
      keys = fetched;
    })
    .finally(() => {
      fetching = undefined;
    });
  return fetching;
}

async function findKey(kid) {
  if (keys.size === 0) await refresh();
  if (!keys.has(kid) && Date.now() >= quietUntil) {
    quietUntil = Date.now() + COOLDOWN;
    await refresh();
  }
  const key = keys.get(kid);
  if (!key) throw new Error('no such key');
  return key;
}

const parse = (part) => JSON.parse(Buffer.from(part, 'base64url').toString());

export const handler = authorizer(async (token) => {
  const [header, payload, signature] = token.split('.');
  const { alg, kid } = parse(header);
  if (alg !== 'RS256') throw new Error('another algorithm');
  const key = await findKey(kid);
  const signed = Buffer.from(`${header}.${payload}`);
  if (!verify('RSA-SHA256', signed, key, Buffer.from(signature, 'base64url'))) throw new Error('not genuine');
  const claims = parse(payload);
  const now = Date.now() / 1000;
  if (claims.iss !== issuer || ![claims.aud].flat().includes(audience)) throw new Error('not meant for us');
  if (!(claims.exp > now - CLOCK_TOLERANCE) || claims.nbf > now + CLOCK_TOLERANCE) {
    throw new Error('expired, or not valid yet');
  }
  return claims;
});
