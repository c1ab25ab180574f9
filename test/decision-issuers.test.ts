import { after } from 'node:test';
import { generateKey, startIssuer } from '../scripts/issuer.ts';
import { type Asked, type Case, type Suite, startWorld, trySuites } from './support/suite.ts';
import { SCOPE } from './support/tokens.ts';

const world = await startWorld();
const [secondKey, thirdKey] = await Promise.all([generateKey('key-1', 'ES256'), generateKey('key-3', 'ES256')]);
const second = await startIssuer([secondKey]);
after(() => Promise.all([world.issuer.close(), second.close()]));

const FIRST = world.issuer.issuer;
const SECOND = second.issuer;

const SEVERAL = { ALGORITHMS: 'RS256,ES256', TOKEN_ISSUER_2: SECOND, JWKS_URI_2: second.jwksUri };

/** A token of an issuer. */
const of = (iss: string): Asked => ({ ...(iss === SECOND && { key: secondKey }), claims: { iss } });

/** What each is judged by otherwise is told by properties-issuers. */
const suites: readonly Suite[] = [
  {
    name: 'keys of their own',
    env: SEVERAL,
    cases: [
      ["the first, by the second's key of that kid", { ...of(FIRST), key: secondKey }, 'unsupported_algorithm'],
      [
        "the second, by the first's key of that kid",
        { ...of(SECOND), key: world.key },
        { reason: 'unsupported_algorithm', issuer: SECOND },
      ],
      ['the second, by a key of neither', { ...of(SECOND), key: thirdKey }, 'unknown_key'],
      ['a third', of('https://third.example/'), 'unknown_issuer'],
      [
        'the second with another slash',
        { ...of(SECOND), claims: { iss: SECOND.slice(0, -1) } },
        { issuer: SECOND, context: { scope: SCOPE, iss: SECOND } },
      ],
      ['both', { ...of(SECOND), claims: { iss: [FIRST, SECOND] } }, 'unknown_issuer'],
    ],
  },
];

/** The claim `iss`: one slash at the end is insignificant, and nothing else is. */
const BARE = FIRST.slice(0, -1);
const REFUSED: readonly unknown[] = [
  ...[undefined, null, 0, true, {}, [FIRST], '', '/', 'https://evil.example/', `${FIRST}/`, `${FIRST}x`],
  ...[` ${FIRST}`, `${FIRST} `, FIRST.toUpperCase(), FIRST.replace('http:', 'https:'), `${BARE}?`],
  ...[`${BARE}.evil.example/`, `${BARE}@evil.example/`, `${FIRST},${FIRST}`, BARE.slice(0, -1)],
];
const names = [FIRST, BARE].map((TOKEN_ISSUER): Suite => {
  const accepted = [FIRST, BARE].map((iss): Case => [`accepted: ${iss}`, { claims: { iss } }, 'authorized']);
  const refused = REFUSED.map(
    (iss): Case => [`refused: ${JSON.stringify(iss)}`, { claims: { iss } }, 'unknown_issuer'],
  );
  return { name: `TOKEN_ISSUER=${TOKEN_ISSUER}`, env: { TOKEN_ISSUER }, cases: [...accepted, ...refused] };
});

trySuites(world, [...suites, ...names]);
