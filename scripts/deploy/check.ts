import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { APIGatewayClient } from '@aws-sdk/client-api-gateway';
import { ApiGatewayV2Client } from '@aws-sdk/client-apigatewayv2';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { look, type Subject } from './look.ts';
import type { Row } from './row.ts';

const USAGE = `npm run check -- --function NAME --api ID --stage NAME [--token-file FILE] [--zip FILE]
  [--allow-open 'GET /health']... [--accept WHAT]... [--region R] [--profile P]

Looks at what is deployed, and changes nothing: does the function run this zip, are its settings valid, does it refuse
invalid tokens, and does every method of the stage use it? It ends with 0 only if all of that is so.`;

const TEXT = { type: 'string' } as const;
const LIST = { type: 'string', multiple: true, default: [] as string[] } as const;
const SUBJECT = { function: TEXT, api: TEXT, stage: TEXT, zip: TEXT, 'allow-open': LIST, accept: LIST };
const OPTIONS = { ...SUBJECT, 'token-file': TEXT, region: TEXT, profile: TEXT };

const oneLine = (text: string) => text.replace(/\s+/g, ' ').trim();
const shown = ({ what, says, cure }: Row) =>
  `${cure ? 'NOT ok' : 'ok    '}  ${what.padEnd(14)}  ${oneLine(says)}${cure ? `\n${''.padEnd(24)}-> ${oneLine(cure)}` : ''}`;

/**
 * The command.
 *
 * @returns its exit code: 0, all is right; 1, something is wrong or could not be seen; 2, the command line is wrong
 */
export async function main(args: readonly string[], print: (line: string) => void): Promise<number> {
  // npm runs scripts in the project's folder, and says from where it was called
  const inFolder = (path: string) => resolve(process.env.INIT_CWD ?? '.', path);
  let subject: Subject;
  let where: { region?: string; profile?: string };
  try {
    const { values } = parseArgs({ args: [...args], options: OPTIONS });
    const { function: name, 'token-file': file, region, profile, zip, ...rest } = values;
    if (!name) throw new Error('--function is missing.');
    if (!rest.api !== !rest.stage) throw new Error('--api and --stage go together.');
    const token = file ? readFileSync(inFolder(file), 'utf8').trim() : '';
    subject = { ...rest, name, token, zip: zip ? inFolder(zip) : 'custom-authorizer.zip' };
    // the AWS CLI reads the last variable before the profile's region; the SDK doesn't
    const place = region ?? process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION;
    where = { ...(place && { region: place }), ...(profile && { profile }) };
  } catch (error) {
    print(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    return 2;
  }
  // the versions of the SDK are fixed, so that its warning about later ones is of no use
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  const gateways = { rest: new APIGatewayClient(where), other: new ApiGatewayV2Client(where) };
  const clients = { lambda: new LambdaClient(where), ...gateways };
  const rows = await look(clients, subject);
  for (const row of rows) print(shown(row));
  return rows.some(({ cure }) => cure) ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = await main(process.argv.slice(2), console.log);
}
