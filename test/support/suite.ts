import { after, before, describe, it } from 'node:test';
import { generateKey, type LocalIssuer, type SigningKey, startIssuer } from '../../scripts/issuer.ts';
import { check, checkOutput, type Expected, type Reason } from './expectations.ts';
import { type Environment, type Fn, type Reply, start } from './harness.ts';
import { startInProcess } from './in-process.ts';
import { AUDIENCE, type Spoilt, tokenFactory } from './tokens.ts';

/** The method ARN of the contract's example, and its stage. */
export const METHOD = 'arn:aws:execute-api:us-east-1:1234567890:apiId/stage/method/resourcePath';
export const STAGE = 'arn:aws:execute-api:us-east-1:1234567890:apiId/stage/*';

/** An issuer, and a factory of tokens that are good in its name. */
export interface World {
  readonly issuer: LocalIssuer;
  /** The issuer's only key, unless a suite publishes others. */
  readonly key: SigningKey;
  /** Somebody else's key, under the kid of the issuer's. */
  readonly foreignKey: SigningKey;
  readonly token: (spoilt?: Spoilt) => string;
  /** The needed settings, and time for an endpoint on a busy machine. */
  readonly env: Environment;
}

let pair: Promise<[SigningKey, SigningKey]> | undefined;

/** Starts an issuer for the tests of a file. All worlds of a process have the same keys: making them takes a while. */
export async function startWorld(): Promise<World> {
  pair ??= Promise.all([generateKey('key-1'), generateKey('key-1')]);
  const [key, foreignKey] = await pair;
  const issuer = await startIssuer([key]);
  const env = { TOKEN_ISSUER: issuer.issuer, JWKS_URI: issuer.jwksUri, AUDIENCE, JWKS_TIMEOUT: '30' };
  return { issuer, key, foreignKey, token: tokenFactory(issuer.issuer, key), env };
}

/** What is spoilt about a good request: its token, the `Authorization` value around it, the method ARN, all of it. */
export interface Asked extends Spoilt {
  /** Instead of one from the factory. */
  readonly token?: string;
  readonly authorization?: (token: string) => unknown;
  readonly arn?: unknown;
  readonly event?: readonly [unknown];
}

/** A TOKEN event, made now: what is good for seconds only is made when it is needed. */
export function eventOf({ token: forge }: World, asked: Asked, defaultArn = METHOD): unknown {
  if (asked.event) return asked.event[0];
  const token = asked.token ?? forge(asked);
  return {
    type: 'TOKEN',
    authorizationToken: asked.authorization ? asked.authorization(token) : `Bearer ${token}`,
    methodArn: 'arn' in asked ? asked.arn : defaultArn,
  };
}

/** What it is about, the request, what should come of it. */
export type Case = readonly [name: string, asked: Asked, expected: Reason | Partial<Expected>];

/** One configuration, and what is asked of it. */
export interface Suite extends Omit<Trial, 'tests'> {
  /** The method ARN of a case that names none. */
  readonly arn?: string;
  readonly cases: readonly Case[];
}

/** A case's expectation in full. */
function complete({ env, issuer }: World, suite: Suite, expected: Case[2]): Expected {
  const resource = suite.env?.POLICY_RESOURCE === 'stage' ? STAGE : (suite.arn ?? METHOD);
  const whole = { reason: 'authorized', resource } as const;
  const allowed = { kid: 'key-1', issuer: suite.env?.TOKEN_ISSUER ?? env.TOKEN_ISSUER ?? issuer.issuer };
  if (typeof expected !== 'string') return { ...whole, ...expected };
  return { ...whole, ...(expected === 'authorized' && allowed), reason: expected };
}

/** Ways to start what is tried, by name. */
type Starters = Readonly<Record<string, (env: Environment) => Promise<Fn>>>;

/** The source in this process. What it shares with the zip is tried on both by the suites that say so. */
const onSource: Starters = { source: startInProcess };
/** And what ships, in a process of its own. */
export const onBoth: Starters = { ...onSource, zip: start };

/** One configuration, and the tests of a function that has it. */
export interface Trial {
  readonly name: string;
  /** Settings besides those that are needed, or in their place. */
  readonly env?: Environment;
  /** What the endpoint answers; the world's key unless told otherwise. */
  readonly answer?: Parameters<LocalIssuer['answer']>[0];
  readonly tests: (call: (event: unknown) => Promise<Reply>, env: Environment) => void;
}

/** Tries a configuration: every reply, and then all that was written. */
export function tryOut(world: World, { name, tests, ...trial }: Trial, starters = onSource): void {
  for (const [target, startTarget] of Object.entries(starters)) {
    describe(`${target}: ${name}`, () => {
      const env = { ...world.env, ...trial.env };
      let fn: Fn;
      before(async () => {
        world.issuer.answer(trial.answer ?? [world.key]);
        fn = await startTarget(env);
      });
      after(() => fn.stop());
      tests((event) => fn.call(event), env);
      it('wrote nothing else, and no part of a token', () => checkOutput(fn));
    });
  }
}

/** Tries suites of TOKEN events. */
export function trySuites(world: World, suites: readonly Suite[], starters = onSource): void {
  for (const suite of suites) {
    const tests: Trial['tests'] = (call, env) => {
      for (const [name, asked, expected] of suite.cases) {
        it(name, async () =>
          check(await call(eventOf(world, asked, suite.arn)), env, complete(world, suite, expected)),
        );
      }
    };
    tryOut(world, { ...suite, tests }, starters);
  }
}
