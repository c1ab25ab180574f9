import type { Arena } from '../arena.ts';

/**
 * Whoever does not verify is fast: only contestants that allow good tokens and nothing else are compared.
 *
 * @throws Error about the first that does not
 */
export async function checkCorrect({ entrants, issuer, decide }: Arena): Promise<void> {
  const [first, second] = issuer.keys;
  const good = issuer.token(first);
  const signature = good.slice(good.lastIndexOf('.'));
  const cases: readonly (readonly [what: string, token: string, isAllowed: boolean])[] = [
    ['a good token', good, true],
    ['a token of the second key', issuer.token(second), true],
    ['the signature of another token', issuer.token(first).replace(/\.[^.]+$/, signature), false],
    ['the kid of another key', issuer.token({ ...second, kid: first.kid }), false],
    ['an expired token', issuer.token(first, { exp: 1_000_000_000 }), false],
    ['a token for another audience', issuer.token(first, { aud: 'https://other.example/' }), false],
    ['a token of another issuer', issuer.token(first, { iss: 'https://other.example/' }), false],
    ['an invented kid', issuer.invented(), false],
  ];
  for (const entrant of entrants.filter(({ verifies }) => verifies)) {
    const [decided] = await decide(entrant, { batches: [cases.map(([, token]) => token)] });
    const wrong = cases.find(([, , isAllowed], index) => decided?.allowed[index] !== isAllowed);
    if (wrong) throw new Error(`${entrant.name} decides wrongly about ${wrong[0]}`);
  }
}
