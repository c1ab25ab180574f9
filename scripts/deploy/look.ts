import * as lambdas from '@aws-sdk/client-lambda';
import type { Config } from '../../src/config/config.ts';
import { checkAuthorizer } from './authorizer.ts';
import { checkDomains } from './domains.ts';
import { request } from './events.ts';
import { checkFunction } from './function.ts';
import type { Authorizer } from './openapi.ts';
import { checkPermission } from './permission.ts';
import { authorizerOf, checkOtherStage, checkRoutes } from './routes.ts';
import { attempt, type Row, row } from './row.ts';
import { type Gateways, readStage, type Stage } from './stage.ts';
import { tryIn, tryTokens } from './trial.ts';

type Clients = Gateways & { readonly lambda: lambdas.LambdaClient };

export interface Subject {
  /** The function's name or ARN, with the version or alias that the authorizer names. */
  readonly name: string;
  readonly api?: string | undefined;
  readonly stage?: string | undefined;
  /** The path of the zip that should run, and an access token that should be accepted, '' for none. */
  readonly zip: string;
  readonly token: string;
  /** The routes that are meant to be open, and other findings that are meant. */
  readonly 'allow-open': readonly string[];
  readonly accept: readonly string[];
}

/** The function's own policy; '' if it has none. */
async function readPolicy(lambda: lambdas.LambdaClient, FunctionName: string): Promise<string> {
  try {
    return (await lambda.send(new lambdas.GetPolicyCommand({ FunctionName }))).Policy ?? '';
  } catch (error) {
    if (error instanceof lambdas.ResourceNotFoundException) return '';
    throw error;
  }
}

/** What a deployed authorizer has in common with the current one if that was not changed. */
const fingerprint = ({ uri, type, ttl, sources, validation }: Authorizer) =>
  JSON.stringify([uri, type, ttl, sources, validation]);

function withAccepted(rows: readonly Row[], accepted: readonly string[]): Row[] {
  const isMeant = ({ isAcceptable = false, what }: Row) => isAcceptable && accepted.includes(what);
  const strays = accepted.filter((name) => !rows.some((one) => isMeant(one) && one.what === name));
  const left = rows.map((one) => (isMeant(one) ? { what: one.what, says: `${one.says} (accepted)` } : one));
  return [...left, ...strays.map((name) => row(name, 'strayAccept'))];
}

/** Looks at a function, and at a stage whose methods should use it. Changes nothing; what can't be seen is a row. */
export async function look(clients: Clients, subject: Subject): Promise<Row[]> {
  const { lambda } = clients;
  const { name, token, api = 'npm-run-check', stage: stageName = 'npm-run-check' } = subject;
  const { 'allow-open': open, accept } = subject;
  const rows: Row[] = [];
  const add = async (...args: Parameters<typeof attempt>) => rows.push(...(await attempt(...args)));
  const seen: { arn?: string | undefined; config?: Config | undefined; stage?: Stage } = {};
  await add('function', async () => {
    const found = await lambda.send(new lambdas.GetFunctionConfigurationCommand({ FunctionName: name }));
    const { rows: ofFunction, config } = checkFunction(found, subject.zip);
    Object.assign(seen, { arn: found.FunctionArn, config });
    return ofFunction;
  });
  await add('stage', async () => {
    if (!subject.api) return [row('stage', 'noStage')];
    seen.stage = await readStage(clients, api, stageName);
    return seen.stage.caveats;
  });

  const { config, stage } = seen;
  const uris = stage?.routes.map(({ access }) => (typeof access === 'object' ? access.uri : '')) ?? [];
  const inUris = uris.flatMap((uri) => /\/functions\/([^/]+)\//.exec(uri)?.[1] ?? []);
  const arn = seen.arn ?? inUris.find((one) => one.endsWith(`:${name}`)) ?? name;
  const [, partition, , region, account] = arn.split(':');
  const apiArn = `arn:${partition}:execute-api:${region}:${account}:${api}`;
  const users = (stage?.routes ?? []).flatMap((route) => {
    const authorizer = authorizerOf(route, arn);
    return authorizer ? [{ authorizer, key: route.key }] : [];
  });
  if (config) {
    const source = config.tokenSources[0] ?? { kind: 'header', name: 'authorization' };
    const none = { authorizer: {}, key: 'GET /' };
    const [first = none, ...others] = users;
    const toRequest = ({ authorizer, key }: typeof none) =>
      request(stage?.kind ?? 'REST', authorizer, `${apiArn}/${stageName}`, key, source);
    const requests = [toRequest(first), ...others.map(toRequest)] as const;
    await add('function', () => tryTokens(tryIn(lambda, name), requests, config, token));
  }
  if (!stage) return withAccepted(rows, accept);

  rows.push(...checkRoutes(stage, arn, open, config?.routes));
  for (const other of stage.stages.flatMap((one) => (one && one !== stageName ? [one] : []))) {
    const what = `stage ${other}`;
    const read = async () => [checkOtherStage(what, await readStage(clients, api, other), open)];
    await add(what, read, 'unseenStage');
  }
  const authorizers = new Map(users.map(({ authorizer }) => [JSON.stringify(authorizer), authorizer]));
  for (const authorizer of authorizers.values()) {
    if (config) rows.push(...checkAuthorizer(authorizer, stage.kind, config, token));
    const current = stage.authorizers.filter(({ uri }) => uri === authorizer.uri);
    const isDeployed = current.some((one) => fingerprint(one) === fingerprint(authorizer));
    if (!isDeployed && stage.kind !== 'WEBSOCKET') rows.push(row('authorizer', 'undeployed', subject));
    const arns = current.map(({ id }) => `${apiArn}/authorizers/${id}`);
    if (authorizer.credentials) rows.push(row('permission', 'role', authorizer));
    else await add('permission', async () => checkPermission(await readPolicy(lambda, name), arns));
  }
  const urls = config?.dpopUrls ?? [];
  const endpoint = `${api}.execute-api.${region}.amazonaws.com${partition === 'aws-cn' ? '.cn' : ''}`;
  if (urls.length > 0)
    await add('DPOP_URLS', () => checkDomains(clients.other, urls, { api, stage: stageName, endpoint }));
  return withAccepted(rows, accept);
}
