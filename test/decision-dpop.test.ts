import { createHash, type KeyObject } from 'node:crypto';
import { after, it } from 'node:test';
import { generateKey, type SigningKey } from '../scripts/issuer.ts';
import { type EventKind, eventKinds, withMember } from './support/events.ts';
import { check, type Reason } from './support/expectations.ts';
import { startWorld, tryOut } from './support/suite.ts';
import { hmac, type Spoilt, seconds, signers, tokenFactory } from './support/tokens.ts';

const world = await startWorld();
after(world.issuer.close);

const [es256, es384, es512, ed25519, rsa, other] = await Promise.all([
  generateKey('es256', 'ES256'),
  generateKey('es384', 'ES384'),
  generateKey('es512', 'ES512'),
  generateKey('ed25519', 'EdDSA'),
  generateKey('rsa', 'RS256'),
  generateKey('other', 'ES256'),
]);
const URL = 'https://api.example.com/v1';

const sha256 = (text: string) => createHash('sha256').update(text).digest('base64url');

/** The public key of a pair, with nothing that a JWK Set says of it. */
const publicJwk = (key: KeyObject): Readonly<Record<string, unknown>> => ({ ...key.export({ format: 'jwk' }) });

/** RFC 7638: the thumbprint of a key. Written down once more, so that the source is not judged by itself. */
function jktOf({ publicKey }: SigningKey): string {
  const { kty, e, n, crv, x, y } = publicJwk(publicKey);
  const members = kty === 'RSA' ? { e, kty, n } : kty === 'EC' ? { crv, kty, x, y } : { crv, kty, x };
  return sha256(JSON.stringify(members));
}

/** What to spoil about a good proof. A member that is `undefined` is taken away. */
type SpoiltProof = Spoilt & { readonly jwk?: unknown };

/** What a proof is for. */
interface Proved {
  readonly key: SigningKey;
  readonly token: string;
  readonly htu: string;
}

let made = 0;
const NO_TOKEN = {
  iss: undefined,
  sub: undefined,
  aud: undefined,
  exp: undefined,
  scope: undefined,
  secret: undefined,
};

/** Makes a proof as RFC 9449, 4.2 describes it, good but for what is spoilt: a token with members of its own. */
function makeProof({ key, token, htu }: Proved, spoilt: SpoiltProof = {}): string {
  const jwk = 'jwk' in spoilt ? spoilt.jwk : publicJwk(key.publicKey);
  const claims = { ...NO_TOKEN, jti: `proof-number-${made++}`, htm: 'GET', htu, ath: sha256(token), ...spoilt.claims };
  const header = { alg: key.alg, typ: 'dpop+jwt', kid: undefined, jwk, ...spoilt.header };
  return tokenFactory(URL, key)({ ...spoilt, header, claims });
}

/** A request of the rightful client, but for what is spoilt. */
interface Asked {
  readonly key?: SigningKey;
  readonly scheme?: string;
  /** `undefined` takes the claim away. */
  readonly cnf?: unknown;
  readonly proof?: SpoiltProof;
  readonly proved?: Partial<Proved>;
  /** The headers, for the proof that was made; without: one header DPoP. */
  readonly headers?: (proof: string) => Readonly<Record<string, unknown>>;
  readonly multiValueHeaders?: (proof: string) => Readonly<Record<string, unknown>>;
  /** Instead of the kind's own path in the ARN. */
  readonly path?: string;
}

const PATH = '/request';
const isMulti = (kind: EventKind) => kind.name !== 'HTTP 2.0' && kind.name !== 'REST TOKEN';

function eventWith(kind: EventKind, asked: Asked): unknown {
  const { key = es256, scheme = 'DPoP', path = PATH } = asked;
  const cnf = 'cnf' in asked ? asked.cnf : { jkt: jktOf(key) };
  const access = world.token({ claims: { cnf } });
  const proof = makeProof({ key, token: access, htu: URL + PATH, ...asked.proved }, asked.proof);
  const authorization = `${scheme} ${access}`;
  const arn = kind.arn.replace(PATH, path);
  const event = kind.event({ authorization, arn });
  if (kind.name === 'REST TOKEN') return event;
  const single = asked.headers?.(proof) ?? { DPoP: proof };
  const multiple = asked.multiValueHeaders?.(proof) ?? (asked.headers ? {} : { DPoP: [proof] });
  const headers = withMember(event, 'headers', { ...Object(event.headers), ...single });
  if (!isMulti(kind)) return headers;
  return withMember(headers, 'multiValueHeaders', { ...Object(event.multiValueHeaders), ...multiple });
}

type Row = readonly [name: string, asked: Asked, detail?: RegExp | undefined];
const header = (name: string, value: unknown, detail?: RegExp): Row => [
  `header ${name}: ${JSON.stringify(value) ?? 'absent'}`,
  { proof: { header: { [name]: value } } },
  detail,
];
const claim = (name: string, value: unknown, detail?: RegExp): Row => [
  `claim ${name}: ${JSON.stringify(value) ?? 'absent'}`,
  { proof: { claims: { [name]: value } } },
  detail,
];
/** A claim whose value depends on when it is made. */
const later = (name: string, ahead: number, detail?: RegExp): Row => [
  `claim ${name}: ${ahead} s from now`,
  {
    get proof() {
      return { claims: { [name]: seconds() + ahead } };
    },
  },
  detail,
];
const jwk = (what: string, change: Readonly<Record<string, unknown>>, detail?: RegExp): Row => [
  `jwk ${what}`,
  { proof: { jwk: { ...publicJwk(es256.publicKey), ...change } } },
  detail,
];
const htu = (value: unknown, detail?: RegExp, path?: string): Row => [
  `htu ${JSON.stringify(value)}${path === undefined ? '' : ` for ${path}`}`,
  { proof: { claims: { htu: value } }, ...(path !== undefined && { path }) },
  detail,
];
const keys = { ES256: es256, ES384: es384, ES512: es512, EdDSA: ed25519, RS256: rsa };
const rsaAlg = (alg: string): Row => [`alg ${alg}`, { key: rsa, proof: { header: { alg } } }];

const GOOD: readonly Row[] = [
  ['everything', {}],
  ...Object.entries(keys).map(([alg, key]): Row => [`a key for ${alg}`, { key }]),
  ...['RS384', 'RS512', 'PS256', 'PS384', 'PS512'].map(rsaAlg),
  ['Ed25519 by its own name', { key: ed25519, proof: { header: { alg: 'Ed25519' } } }],
  ...['dpop', 'DPOP', 'dPoP'].map((scheme): Row => [`scheme ${scheme}`, { scheme }]),
  ...['dpop', 'DPOP'].map((name): Row => [`header ${name}`, { headers: (proof) => ({ [name]: proof }) }]),
  ...['DPoP+JWT', 'application/dpop+jwt', 'APPLICATION/dpop+jwt'].map((typ) => header('typ', typ)),
  header('kid', 'k'),
  header('x5c', ['AAAA']),
  jwk('with use sig', { use: 'sig' }),
  jwk('with alg', { alg: 'ES256' }),
  jwk('with a null member', { use: null, d: null }),
  jwk('with key_ops verify', { key_ops: ['verify'] }),
  jwk('with an unknown member', { constructor: 1 }),
  later('iat', -55),
  later('iat', 25),
  later('exp', 5),
  later('exp', -1),
  later('nbf', 1),
  claim('nonce', 'server-nonce-of-somebody'),
  claim('__proto__x', { a: 1 }),
  ...[
    ...['HTTPS://API.example.com/v1/request', 'https://api.example.com:443/v1/request'],
    ...['https://api.example.com/v1/request?a=b', 'https://api.example.com/v1/request#a'],
    ...['https://api.example.com/v1/request?a#/b?c', 'https://api.example.com/%76%31/%72equest'],
    ...['https://root.example/request', 'https://other.example:8443/a%2Fb/request', 'http://localhost:3000/request'],
  ].map((value) => htu(value)),
  htu(`${URL}/a%20b%C3%A9`, undefined, '/a bé'),
  htu(`${URL}/a%20b`, undefined, '/a%20b'),
  htu(`${URL}/a%2fb`, undefined, '/a%2Fb'),
  htu(`${URL}/%7euser`, undefined, '/~user'),
  htu(`${URL}/a//b/../c`, undefined, '/a//b/../c'),
  htu(`${URL}/a|b`, undefined, '/a|b'),
  htu(`${URL}/`, undefined, '/'),
  htu(URL, undefined, '/'),
  htu('https://root.example', undefined, '/'),
  htu('https://root.example/', undefined, '/'),
  htu('https://root.example/?a', undefined, '/'),
  htu(URL, undefined, ''),
];

const BAD: readonly Row[] = [
  // RFC 9449, 7.1: the token
  ['cnf null', { cnf: null }, /^The claim cnf is not the thumbprint/],
  ['cnf a text', { cnf: jktOf(es256) }, /cnf is not/],
  ['cnf an array', { cnf: [{ jkt: jktOf(es256) }] }, /cnf is not/],
  ['cnf empty', { cnf: {} }, /cnf is not/],
  ['cnf a certificate', { cnf: { 'x5t#S256': jktOf(es256) } }, /cnf is not/],
  ['cnf with another member', { cnf: { jkt: jktOf(es256), 'x5t#S256': 'x' } }, /cnf is not/],
  ['cnf with a null member', { cnf: { jkt: jktOf(es256), kid: null } }, /cnf is not/],
  ['jkt an array', { cnf: { jkt: [jktOf(es256)] } }, /cnf is not/],
  ['jkt empty', { cnf: { jkt: '' } }, /not the key/],
  ['jkt padded', { cnf: { jkt: `${jktOf(es256)}=` } }, /not the key/],
  ["jkt another key's", { cnf: { jkt: jktOf(other) } }, /not the key that the token is bound to/],
  ['the scheme Bearer', { scheme: 'Bearer' }, /^The token is bound by DPoP, but the scheme/],
  // 4.3, 1: the header
  ['no header', { headers: () => ({}) }, /has no header DPoP/],
  ['an empty header', { headers: () => ({ DPoP: '' }) }, /not a signed JWT/],
  ['null', { headers: () => ({ DPoP: null }) }, /not a signed JWT/],
  ['two proofs', { headers: (proof) => ({ DPoP: `${proof}, ${proof}` }) }, /more than one DPoP proof/],
  ['a comma at its end', { headers: (proof) => ({ DPoP: `${proof},` }) }, /more than one/],
  ['two headers, the same', { headers: (proof) => ({ DPoP: proof, dpop: proof }) }, /more than one/],
  ['two headers that differ', { headers: (proof) => ({ DPoP: proof, dpop: `${proof}A` }) }, /more than one/],
  ['a list', { headers: (proof) => ({ DPoP: [proof, proof] }) }, /more than one/],
  ['a space before it', { headers: (proof) => ({ DPoP: ` ${proof}` }) }, /not a signed JWT/],
  ['a line end after it', { headers: (proof) => ({ DPoP: `${proof}\n` }) }, /not a signed JWT/],
  ['the scheme before it', { headers: (proof) => ({ DPoP: `DPoP ${proof}` }) }, /not a signed JWT/],
  ['too long', { proof: { claims: { filler: 'x'.repeat(4000) } } }, /longer than 4096 characters/],
  // 4.3, 2: its form
  ['two parts', { proof: { compact: (first, payload) => [first, payload].join('.') } }, /not a signed JWT/],
  ['padding', { proof: { compact: (...parts) => `${parts.join('.')}==` } }, /not a signed JWT/],
  ['a header that is an array', { proof: { headerText: (json) => `[${json}]` } }, /not a signed JWT/],
  ['a payload that is null', { proof: { claimsText: () => 'null' } }, /not a signed JWT/],
  ['a payload not in UTF-8', { proof: { claimsText: () => Buffer.from([0x22, 0xff, 0x22]) } }, /not a signed/],
  // 4.3, 4 and 5
  ...[undefined, null, '', 'JWT', 'at+jwt', 'dpop', ['dpop+jwt'], 'dpop+jwt '].map((typ) =>
    header('typ', typ, /typ is not dpop\+jwt/),
  ),
  ...[undefined, null, 'none', 'None', 'HS256', 'ES256K', 'constructor', '__proto__', ['ES256']].map((alg) =>
    header('alg', alg, /alg is not RS256/),
  ),
  ['HS256, signed so', { proof: { header: { alg: 'HS256' }, sign: hmac('secret') } }, /alg is not RS256/],
  [
    'alg of another curve',
    { proof: { header: { alg: 'ES384' }, sign: signers.get('ES384') as never } },
    /not a key for its alg/,
  ],
  ['alg of another type', { proof: { header: { alg: 'RS256' } } }, /not a key for its alg/],
  header('crit', ['exp'], /crit or b64/),
  header('crit', [], /crit or b64/),
  header('crit', null, /crit or b64/),
  header('b64', true, /crit or b64/),
  // 4.3, 7: the key
  ...[undefined, null, 'key', 1, [], {}].map(
    (value): Row => [
      `jwk ${JSON.stringify(value) ?? 'absent'}`,
      { proof: { jwk: value } },
      /jwk (can't be used|is not the key)/,
    ],
  ),
  jwk('kty constructor', { kty: 'constructor' }, /jwk (can't be used|is not the key)/),
  jwk('with use enc', { use: 'enc' }, /jwk can't be used: .*use/),
  jwk('with another alg', { alg: 'ES384' }, /not a key for its alg/),
  jwk('with d', { d: 'AAAA' }, /jwk can't be used: .*private/),
  ["another's, signed by it", { proof: { key: other, jwk: publicJwk(other.publicKey) } }, /not the key that the token/],
  // 4.3, 8
  ...[undefined, null, 'POST', 'get', 'GET ', '', ['GET']].map((htm) => claim('htm', htm, /htm is not the method/)),
  // 4.3, 9
  ...[
    undefined,
    null,
    ...['', 1],
    [`${URL}${PATH}`],
    PATH,
    URL,
    ...[`${URL}${PATH}/`, `${URL}//request`, `${URL}/./request`, `${URL}/a/../request`, `${URL}/Request`],
    ...['https://api.example.com/request', 'https://api.example.com/v1%2Frequest'],
    ...['https://api.example.com/V1/request', 'https://api.example.com//v1/request'],
    ...['https:/api.example.com/v1/request', 'https://api.example.com:8443/v1/request'],
    ...['https://api.example.com:80/v1/request', 'http://api.example.com/v1/request'],
    ...['http://api.example.com:443/v1/request', 'wss://api.example.com/v1/request'],
    ...['https://user@api.example.com/v1/request', 'https://api.example.com.evil.example/v1/request'],
    ...['https://evil.example/v1/request', 'https://evil.example/https://api.example.com/v1/request'],
    ...['https://evil.example\\@api.example.com/v1/request', `https://evil.example/?${URL}${PATH}`, ` ${URL}${PATH}`],
    ...[`${URL}${PATH} `, 'https://other.example:8443/a%252Fb/request', 'https://other.example:8443/a/b/request'],
  ].map((value) => htu(value, /htu is not the path of the request after a URL of DPOP_URLS \(https:/)),
  htu(`${URL}/a b`, /htu/, '/a b'),
  htu(`${URL}/a%2520b`, /htu/, '/a%20b'),
  htu(`${URL}/a/b`, /htu/, '/a%2Fb'),
  htu(`${URL}/a%3Ab`, /htu/, '/a:b'),
  htu('https://api.example.com', /htu/, '/'),
  // 4.3, 11
  later('iat', -65, /iat is 6\d s behind this function's clock, and 60 s/),
  later('iat', 35, /iat is 3\d s ahead of this function's clock, and 30 s/),
  later('iat', -86_400, /iat is 8640\d s behind/),
  claim('iat', 0, /iat is \d+ s behind/),
  ...[undefined, null, '1', true, []].map((iat) => claim('iat', iat, /iat is not a finite number/)),
  ['iat 1e999', { proof: { claimsText: (json) => json.replace(/"iat":\d+/, '"iat":1e999') } }, /iat is not a finite/],
  later('exp', -10, /exp is in the past/),
  later('nbf', 10, /nbf is in the future/),
  ...['exp', 'nbf'].flatMap((name) =>
    [null, '9999999999', {}].map((value) => claim(name, value, /not a finite number/)),
  ),
  // 4.3, 12
  ...[undefined, null, '', 'x', ['x']].map((ath) => claim('ath', ath, /ath is not the hash/)),
  ['ath of another token', { proved: { token: 'another' } }, /ath is not the hash/],
  // 4.3, 3
  ...[undefined, null, '', 1, ['x']].map((jti) => claim('jti', jti, /jti is missing or empty/)),
  // 4.3, 6
  ['signed by another key', { proof: { key: other } }, /signature does not match its jwk/],
  ['a signature of zeros', { proof: { sign: () => Buffer.alloc(64) } }, /signature does not match/],
  ['a signature in DER', { proof: { sign: () => Buffer.alloc(71, 0x30) } }, /signature does not match/],
  [
    'claims changed',
    {
      proof: {
        compact: (first, payload, signature) => {
          const json = `{"x":1,${Buffer.from(payload, 'base64url').toString().slice(1)}`;
          return [first, Buffer.from(json).toString('base64url'), signature].join('.');
        },
      },
    },
    /signature does not match/,
  ],
];

/** What REST and HTTP 1.0 alone have: one header DPoP, and more of it in multiValueHeaders. */
const MULTIPLE: Readonly<Record<string, (proof: string) => Readonly<Record<string, unknown>>>> = {
  'in multiValueHeaders, twice': (proof) => ({ DPoP: [proof, proof] }),
  'another in multiValueHeaders': (proof) => ({ DPoP: [`${proof}A`] }),
  'another by another name': (proof) => ({ DPoP: [proof], dpop: [proof] }),
};

const urls = `${URL}/ , https://ROOT.example:443, https://other.example:8443/%61%2fb/,http://localhost:3000`;

for (const TOKEN_BINDING of ['dpop', 'dpop-only']) {
  const isOnly = TOKEN_BINDING === 'dpop-only';
  tryOut(world, {
    name: `TOKEN_BINDING=${TOKEN_BINDING}`,
    env: { TOKEN_BINDING, DPOP_URLS: urls, POLICY_RESOURCE: 'stage', INVALID_TOKEN: 'deny' },
    tests: (call, env) => {
      for (const kind of eventKinds) {
        const tell = (name: string, asked: Asked, reason: Reason, detail?: RegExp) =>
          it(`${kind.name}: ${name}`, async () => {
            const reply = await call(eventWith(kind, asked));
            check(reply, env, { kind, resource: kind.stage, reason, ...(detail && { detail }) });
          });
        const unbound = { cnf: undefined, scheme: 'Bearer' };
        if (isOnly) tell('not bound, by Bearer', unbound, 'unproven_binding', /not bound to a key/);
        else tell('not bound, by Bearer', unbound, 'authorized');
        tell('not bound, by DPoP', { cnf: undefined }, 'unproven_binding', /not bound/);
        if (kind.name === 'REST TOKEN' || kind.name === 'WebSocket') {
          tell('bound', {}, 'unproven_binding', /this kind of event carries no proof/);
          tell('bound, by Bearer', { scheme: 'Bearer' }, 'unproven_binding', /the scheme of the request is not/);
          continue;
        }
        // what is in a proof is nothing of the kind's: all of it is tried once
        const isWhole = !isOnly && kind.name === 'HTTP 2.0';
        for (const [name, asked] of isWhole ? GOOD : GOOD.slice(0, 1)) tell(name, asked, 'authorized');
        for (const [name, asked, detail] of isWhole ? BAD : BAD.slice(-1))
          tell(name, asked, 'unproven_binding', detail);
        if (!isMulti(kind)) continue;
        for (const [name, multiValueHeaders] of Object.entries(MULTIPLE))
          tell(name, { multiValueHeaders }, 'unproven_binding', /more than one/);
        const alone = { headers: () => ({}), multiValueHeaders: (p: string) => ({ DPoP: [p] }) };
        tell('in multiValueHeaders alone', alone, 'authorized');
      }
    },
  });
}

for (const TOKEN_BINDING of [undefined, 'refuse', 'mtls', 'mtls-only', 'ignore']) {
  tryOut(world, {
    name: `TOKEN_BINDING=${TOKEN_BINDING ?? '(not set)'}`,
    env: { TOKEN_BINDING },
    tests: (call, env) => {
      const refused = { reason: 'missing_token', detail: /has the scheme DPoP\. TOKEN_BINDING=dpop/ } as const;
      const due = TOKEN_BINDING === 'ignore' ? ({ reason: 'authorized' } as const) : refused;
      for (const kind of eventKinds) {
        it(`${kind.name}: the scheme DPoP`, async () =>
          check(await call(eventWith(kind, { scheme: 'dpop' })), env, { kind, resource: kind.arn, ...due }));
      }
    },
  });
}
