import { sign } from 'node:crypto';
import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import jwt from 'jsonwebtoken';
import type { Config, Environment } from '../../src/config.ts';
import { generateKey } from '../issuer.ts';
import { items, setting } from './environment.ts';
import type { Request } from './events.ts';
import { members, parsed, type Row, row } from './row.ts';

/** What is expected of the function: what it answers, and for which reason. */
const REFUSAL = ['unauthorized', 'deny'];

/** Invokes the function and compares. The reason is told where the end of the log shows it. */
async function attempt(
  lambda: LambdaClient,
  FunctionName: string,
  event: object,
  what: string,
  due: readonly [outcomes: readonly string[], reason: string],
): Promise<Row> {
  const Payload = JSON.stringify(event);
  const answer = await lambda.send(new InvokeCommand({ FunctionName, LogType: 'Tail', Payload }));
  const { errorMessage, isAuthorized, policyDocument } = parsed(Buffer.from(answer.Payload ?? []).toString());
  const statements = [members(policyDocument).Statement].flat().map(members);
  const isAllow = isAuthorized === true || statements.some(({ Effect }) => Effect === 'Allow');
  const thrown = errorMessage === 'Unauthorized' ? 'unauthorized' : 'error';
  const outcome = answer.FunctionError ? thrown : isAllow ? 'allow' : 'deny';

  const log = Buffer.from(answer.LogResult ?? '', 'base64')
    .toString()
    .split('\n')
    .map(parsed);
  const { reason, detail = errorMessage } = log.findLast((line) => line.outcome !== undefined) ?? {};
  const [outcomes, expected] = due;
  const isRight = outcomes.includes(outcome) && (reason ?? expected) === expected;
  const seen = `${outcome}, ${reason ?? 'for a reason that the end of the log does not show'}`;
  const wrong = `; it should be ${outcomes.join(' or ')}, ${expected}. ${detail ?? ''}`;
  return row(isRight, what, `${seen}${isRight ? '.' : wrong}`);
}

/** What `kty`, or `crv` where a key has one, has to be for an algorithm (RFC 7518, 3.1; RFC 8037). */
const typeOf = (alg: string) =>
  ({ ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' })[alg] ?? (alg.startsWith('Ed') ? 'Ed25519' : 'RSA');

/** A key that an issuer publishes, with an accepted algorithm that it is for. */
async function publishedKey(uri: string, algorithms: readonly string[]) {
  if (uri.startsWith('file:')) throw new TypeError('a file of the function');
  const response = await fetch(uri, { signal: AbortSignal.timeout(5000) });
  const { keys } = members(await response.json());
  for (const { kid, kty, crv = kty, alg: own, use = 'sig' } of [keys].flat().map(members)) {
    const alg = algorithms.find((one) => typeOf(one) === crv && (own ?? one) === one);
    if (alg !== undefined && use === 'sig') return { kid, alg };
  }
  throw new Error('it publishes no key that is for ALGORITHMS');
}

/** A token as the function would take it, but for its signature, which is by a key of this check's own. */
async function forge(iss: string, kid: unknown, alg: string, typ: string, env: Environment): Promise<string> {
  const aud = items(setting(env, 'AUDIENCE'));
  const [claim = 'aud'] = items(setting(env, 'AUDIENCE_CLAIM'));
  const scope = setting(env, 'REQUIRED_SCOPES').replace(/[\s,]+/g, ' ');
  const iat = Math.floor(Date.now() / 1000);
  const claims = { iss, sub: 'npm-run-check', [claim]: aud[0], aud, scope, iat, exp: iat + 300 };
  const header = { alg, typ, ...(typeof kid === 'string' && { kid }) };
  const { privateKey } = await generateKey('npm-run-check', alg as Parameters<typeof generateKey>[1]);
  if (!alg.startsWith('Ed')) return jwt.sign(claims, privateKey, { algorithm: alg as jwt.Algorithm, header });
  const parts = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  return [...parts, sign(null, Buffer.from(parts.join('.')), privateKey).toString('base64url')].join('.');
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
  env: Environment,
  config: Config | undefined,
  good: string,
): Promise<Row[]> {
  const [first] = requests;
  const rows = [await attempt(lambda, name, first(''), 'no token', [REFUSAL, 'missing_token'])];
  for (const { issuer, jwksUri } of config?.issuers ?? []) {
    const algorithms: string[] = [...(config?.algorithms ?? [])];
    const [typ = 'JWT'] = config?.tokenTypes ?? [];
    let [alg = 'RS256'] = algorithms;
    const refused = async (what: string, kid: unknown, reason: string) => {
      const token = await forge(issuer, kid, alg, typ, env);
      rows.push(await attempt(lambda, name, first(token), what, [REFUSAL, reason]));
    };
    try {
      const key = await publishedKey(jwksUri, algorithms);
      alg = key.alg;
      await refused('forged token', key.kid, 'invalid_signature');
    } catch (error) {
      const isElsewhere = error instanceof TypeError; // as fetch() and publishedKey() have it
      const why = `${jwksUri.split('?')[0]}: ${error instanceof Error ? error.message : error}`;
      rows.push(
        row(
          isElsewhere,
          'keys',
          `${why}${isElsewhere ? ', so from here only an unknown kid is tried' : ''}.`,
        ),
      );
    }
    await refused('unknown kid', `npm-run-check-${Date.now()}`, 'unknown_key');
  }
  if (good === '') return rows;
  let found: Row | undefined;
  for (const request of requests.slice(0, 10))
    if (!found?.ok)
      found = await attempt(lambda, name, request(good), 'good token', [['allow'], 'authorized']);
  return found ? [...rows, found] : rows;
}
