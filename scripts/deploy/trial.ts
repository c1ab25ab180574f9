import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { type Algorithm, KEY_TYPES, toAlgorithm } from '../../src/algorithms.ts';
import type { Config, IssuerConfig } from '../../src/config/config.ts';
import { shownUri } from '../../src/config/jwks-uri.ts';
import { fetchJwks } from '../../src/keys/jwks.ts';
import { importKeys } from '../../src/keys/key-set.ts';
import { generateKey, signToken } from '../issuer.ts';
import type { Request } from './events.ts';
import { members, parsed, type Row, row } from './row.ts';

/** Invokes the function with an event, and compares what it answers and for which reason. */
type Attempt = (what: string, event: object, outcomes: readonly string[], due: string) => Promise<Row>;

const REFUSED = ['unauthorized', 'deny'];

/** Attempts in Lambda. The reason is told where the end of the log shows it. */
const attemptIn =
  (lambda: LambdaClient, FunctionName: string): Attempt =>
  async (what, event, outcomes, due) => {
    const Payload = JSON.stringify(event);
    const answer = await lambda.send(new InvokeCommand({ FunctionName, LogType: 'Tail', Payload }));
    const { errorMessage, isAuthorized, policyDocument } = parsed(
      Buffer.from(answer.Payload ?? []).toString(),
    );
    const statements = [members(policyDocument).Statement].flat().map(members);
    const isAllow = isAuthorized === true || statements.some(({ Effect }) => Effect === 'Allow');
    const thrown = errorMessage === 'Unauthorized' ? 'unauthorized' : 'error';
    const outcome = answer.FunctionError ? thrown : isAllow ? 'allow' : 'deny';

    const log = Buffer.from(answer.LogResult ?? '', 'base64')
      .toString()
      .split('\n')
      .map(parsed);
    const { reason, detail = errorMessage } = log.findLast((line) => line.outcome !== undefined) ?? {};
    const isRight = outcomes.includes(outcome) && (reason ?? due) === due;
    const seen = `${outcome}, ${reason ?? 'for a reason that the end of the log does not show'}`;
    const wrong = `; it should be ${outcomes.join(' or ')}, ${due}. ${detail ?? ''}`;
    return row(isRight, what, `${seen}${isRight ? '.' : wrong}`);
  };

/** A key that an issuer publishes, with an accepted algorithm that it is for. */
async function publishedKey(uri: string, algorithms: readonly Algorithm[]) {
  if (uri.startsWith('file:')) throw new Error('it is a file of the function');
  const { keys } = importKeys(await fetchJwks(uri, AbortSignal.timeout(5000)));
  for (const { kid, alg: own, type } of keys) {
    const alg = algorithms.find((one) => KEY_TYPES[one] === type && (toAlgorithm(own) ?? one) === one);
    if (alg !== undefined) return { kid, alg };
  }
  throw new Error('it publishes no key that is for ALGORITHMS');
}

/** A token as the function would take it, but for its signature, which is by a key of this check's own. */
async function forge(
  issuer: IssuerConfig,
  kid: string | undefined,
  alg: Algorithm,
  config: Config,
): Promise<string> {
  const [audience] = issuer.audience;
  const [claim] = issuer.audienceClaims;
  const [typ = 'JWT'] = config.tokenTypes;
  const iat = Math.floor(Date.now() / 1000);
  const claims = { iss: issuer.issuer, sub: 'npm-run-check', aud: audience, iat, exp: iat + 300 };
  const own = { [claim?.name ?? 'aud']: audience, scope: config.requiredScopes.join(' ') };
  return signToken({ ...claims, ...own }, { ...(await generateKey('', alg)), kid }, typ);
}

/** Invokes the function with tokens that name an issuer, and that this issuer did not sign. */
async function tryForgeries(
  attempt: Attempt,
  first: Request,
  issuer: IssuerConfig,
  config: Config,
): Promise<Row[]> {
  const algorithms = [...config.algorithms];
  let [alg = 'RS256'] = algorithms;
  const rows: Row[] = [];
  try {
    const key = await publishedKey(issuer.jwksUri, algorithms);
    alg = key.alg;
    const token = await forge(issuer, key.kid, alg, config);
    rows.push(await attempt('forged token', first(token), REFUSED, 'invalid_signature'));
  } catch (error) {
    if (!(error instanceof Error) || '$metadata' in error) throw error; // that one is AWS's
    const why = `${shownUri(issuer.jwksUri)}: ${error.message}`;
    rows.push(
      row(true, 'keys', `From here only an unknown kid can be tried, for no key can be read. ${why}.`),
    );
  }
  const unknown = await forge(issuer, `npm-run-check-${Date.now()}`, alg, config);
  return [...rows, await attempt('unknown kid', first(unknown), REFUSED, 'unknown_key')];
}

/**
 * Invokes the function without a token, with forged ones of each issuer, and with the good one.
 *
 * @param requests what to try: the first with all, the others with the good token until it is allowed
 * @param good an access token, '' for none
 */
export async function tryTokens(
  lambda: LambdaClient,
  name: string,
  requests: readonly [Request, ...Request[]],
  config: Config,
  good: string,
): Promise<Row[]> {
  const attempt = attemptIn(lambda, name);
  const rows = [await attempt('no token', requests[0](''), REFUSED, 'missing_token')];
  for (const issuer of config.issuers)
    rows.push(...(await tryForgeries(attempt, requests[0], issuer, config)));
  let found: Row | undefined;
  for (const request of good === '' ? [] : requests.slice(0, 10))
    if (!found?.ok) found = await attempt('good token', request(good), ['allow'], 'authorized');
  return found ? [...rows, found] : rows;
}
