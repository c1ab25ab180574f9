import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as lambdas from '@aws-sdk/client-lambda';
import { checkEnvironment } from './environment.ts';
import { type Request, request } from './events.ts';
import { type Row, row } from './row.ts';
import { authorizerOf, checkAuthorizer, checkPermission, checkRoutes } from './rules.ts';
import { type Gateways, readStage } from './stage.ts';
import { tryTokens } from './trial.ts';

/** What to look at. */
export interface Subject {
  /** The function's name or ARN, with a version or alias where the authorizer names one. */
  readonly name: string;
  readonly api?: string | undefined;
  readonly stage?: string | undefined;
  /** The path of the zip that should run. */
  readonly zip: string;
  /** An access token that should be let through, '' for none. */
  readonly token: string;
  /** The routes that are meant to be open. */
  readonly open: readonly string[];
}

function checkCode(zip: string, codeSha256: string | undefined): Row {
  try {
    const isSame = createHash('sha256').update(readFileSync(zip)).digest('base64') === codeSha256;
    const seen = `The function runs ${isSame ? 'this zip' : `another zip than ${zip}`} (CodeSha256 ${codeSha256}).`;
    return row(isSame, 'code', seen);
  } catch {
    return row(false, 'code', `There is no ${zip} to compare with; npm run bundle makes one.`);
  }
}

/** The function's own policy; '' where it has none. */
async function readPolicy(lambda: lambdas.LambdaClient, FunctionName: string): Promise<string> {
  try {
    return (await lambda.send(new lambdas.GetPolicyCommand({ FunctionName }))).Policy ?? '';
  } catch (error) {
    if (error instanceof lambdas.ResourceNotFoundException) return '';
    throw error;
  }
}

/**
 * Looks at a function, and at a stage whose methods should ask it. Nothing is changed.
 *
 * @throws what AWS says: no such function, API or stage, no permission, no credentials
 */
export async function look(
  lambda: lambdas.LambdaClient,
  gateways: Gateways,
  subject: Subject,
): Promise<Row[]> {
  const { name, zip, token, open } = subject;
  const found = await lambda.send(new lambdas.GetFunctionConfigurationCommand({ FunctionName: name }));
  const { FunctionArn = '', Environment, CodeSha256, Timeout = 3 } = found;
  const env = Environment?.Variables ?? {};
  const { rows: problems, config } = checkEnvironment(env, Timeout);
  const rows = [checkCode(zip, CodeSha256), ...problems];

  const [, partition, , region, account] = FunctionArn.split(':');
  const apiArn = `arn:${partition}:execute-api:${region}:${account}:${subject.api ?? 'npm-run-check'}`;
  const stageArn = `${apiArn}/${subject.stage ?? 'npm-run-check'}`;
  const source = config?.tokenSources[0] ?? { kind: 'header', name: 'authorization' };
  const tried = async ([first, ...others]: readonly Request[], otherwise: Request) =>
    config ? tryTokens(lambda, name, [first ?? otherwise, ...others], config, token) : [];
  if (!subject.api || !subject.stage)
    return [...rows, ...(await tried([], request('REST', {}, stageArn, 'GET /', source)))];

  const stage = await readStage(gateways, subject.api, subject.stage);
  const asking = stage.routes.flatMap((route) => {
    const authorizer = authorizerOf(route, FunctionArn);
    return authorizer ? [{ authorizer, key: route.key }] : [];
  });
  const requests = asking.map(({ authorizer, key }) =>
    request(stage.kind, authorizer, stageArn, key, source),
  );
  rows.push(...(await tried(requests, request(stage.kind, {}, stageArn, 'GET /', source))));
  rows.push(...checkRoutes(stage, FunctionArn, open));
  if (stage.caveat) rows.push(stage.caveat);
  const policy = await readPolicy(lambda, name);
  for (const authorizer of new Map(
    asking.map((one) => [JSON.stringify(one.authorizer), one.authorizer]),
  ).values()) {
    const arns = stage.ids(authorizer.uri).map((id) => `${apiArn}/authorizers/${id}`);
    if (config) rows.push(...checkAuthorizer(authorizer, stage.kind, config));
    rows.push(checkPermission(policy, authorizer, arns));
  }
  return rows;
}
