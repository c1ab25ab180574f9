import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { type Algorithm, KEY_TYPES } from '../../src/algorithms.ts';
import type { Config, IssuerConfig } from '../../src/config/config.ts';
import { shownUri } from '../../src/config/jwks-uri.ts';
import { fetchJwks } from '../../src/keys/jwks.ts';
import { importKeys } from '../../src/keys/key-set.ts';
import { generateKey, signToken } from '../issuer.ts';
import { members, parsed } from '../json.ts';
import type { Request } from './events.ts';
import { attempt, type Row, row } from './row.ts';

const REFUSED = ['unauthorized', 'deny'];

/** Invokes the function with an event, and compares its answer and the reason, if the end of the log shows one. */
export const tryIn =
  (lambda: LambdaClient, FunctionName: string) =>
  (what: string, event: object, outcomes: readonly string[], due: string) =>
    attempt(what, async () => {
      const Payload = JSON.stringify(event);
      const answer = await lambda.send(new InvokeCommand({ FunctionName, LogType: 'Tail', Payload }));
      const { errorMessage, isAuthorized, policyDocument } = parsed(Buffer.from(answer.Payload ?? []).toString());
      const statements = [members(policyDocument).Statement].flat().map(members);
      const isAllow = isAuthorized === true || statements.some(({ Effect }) => Effect === 'Allow');
      const thrown = errorMessage === 'Unauthorized' ? 'unauthorized' : 'error';
      const outcome = answer.FunctionError ? thrown : isAllow ? 'allow' : 'deny';

      const log = Buffer.from(answer.LogResult ?? '', 'base64').toString();
      const lines = log.split('\n').map(parsed);
      const { reason, detail = errorMessage ?? '' } = lines.findLast((one) => one.outcome !== undefined) ?? {};
      const seen = `${outcome}, ${reason ?? "for a reason that the end of the log doesn't show"}`;
      const isRight = outcomes.includes(outcome) && (reason ?? due) === due;
      const values = { seen, due: `${outcomes.join(' or ')}, ${due}`, detail };
      return [row(what, isRight ? 'tried' : 'wrongAnswer', values)];
    });

/**
 * A key that an issuer publishes, with an accepted algorithm that it is for.
 *
 * @throws Error where it can't be read from this machine
 */
async function publishedKey({ jwksUri }: IssuerConfig, { algorithms }: Config) {
  if (jwksUri.startsWith('file:')) throw new Error('it is a file of the function');
  const { keys } = importKeys(await fetchJwks(jwksUri, AbortSignal.timeout(5000)));
  for (const { kid, alg: own, type } of keys) {
    const alg = [...algorithms].find((one) => KEY_TYPES[one] === type && (own ?? one) === one);
    if (alg !== undefined) return { kid, alg };
  }
  throw new Error('it publishes no key for ALGORITHMS');
}

/** The claim iss, and of an issuer with many tenants the claim that names one of those that are accepted. */
function issuerClaims({ issuer, tenants, requiredClaims }: IssuerConfig): Readonly<Record<string, string>> {
  if (!tenants) return { iss: issuer };
  const { claim, before, after } = tenants;
  const accepted = requiredClaims.find((required) => required.claim.name === claim.name)?.values[0];
  const tenant = accepted?.replace('*', 'x') ?? 'npm-run-check';
  return { iss: before + tenant + after, [claim.name]: tenant };
}

/** An access token that the function would accept if the issuer had signed it; a key of this process did. */
async function forge(
  issuer: IssuerConfig,
  config: Config,
  { kid, alg }: { readonly kid: string | undefined; readonly alg: Algorithm },
): Promise<string> {
  const [audience] = issuer.audience;
  const [claim] = issuer.audienceClaims;
  const [typ = 'JWT'] = config.tokenTypes;
  const iat = Math.floor(Date.now() / 1000);
  const claims = { ...issuerClaims(issuer), sub: 'npm-run-check', aud: audience, iat, exp: iat + 300 };
  const own = { [claim?.name ?? 'aud']: audience, scope: config.requiredScopes.join(' ') };
  return signToken({ ...claims, ...own }, { ...(await generateKey('', alg)), kid }, typ);
}

/** Invokes the function with tokens that name an issuer, and that this issuer did not sign. */
async function tryForgeries(tryOne: ReturnType<typeof tryIn>, first: Request, issuer: IssuerConfig, config: Config) {
  let [alg = 'RS256']: readonly Algorithm[] = [...config.algorithms];
  const forged = async () => {
    const key = await publishedKey(issuer, config);
    alg = key.alg;
    return tryOne('forged token', first(await forge(issuer, config, key)), REFUSED, 'invalid_signature');
  };
  const rows = await attempt(`keys at ${shownUri(issuer.jwksUri)}`, forged, 'noKey');
  const unknown = await forge(issuer, config, { kid: `npm-run-check-${Date.now()}`, alg });
  return [...rows, ...(await tryOne('unknown kid', first(unknown), REFUSED, 'unknown_key'))];
}

/**
 * Invokes the function without a token, with forged ones of each issuer, and with the valid one.
 *
 * @param requests what to try: the first with all, the others with the valid token until it is allowed
 * @param valid an access token, '' for none
 */
export async function tryTokens(
  tryOne: ReturnType<typeof tryIn>,
  requests: readonly [Request, ...Request[]],
  config: Config,
  valid: string,
) {
  const [first] = requests;
  const rows = [...(await tryOne('no token', first(''), REFUSED, 'missing_token'))];
  for (const issuer of config.issuers) rows.push(...(await tryForgeries(tryOne, first, issuer, config)));
  // the check can't prove that it holds the key of a bound token
  const isBound = config.tokenBinding.endsWith('-only');
  const [outcomes, due] = isBound ? [REFUSED, 'unproven_binding'] : [['allow'], 'authorized'];
  let found: readonly Row[] = [];
  for (const request of valid === '' ? [] : requests.slice(0, 10))
    if (found.every(({ cure }) => cure)) found = await tryOne('valid token', request(valid), outcomes, due);
  return [...rows, ...found];
}
