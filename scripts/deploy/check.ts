import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { APIGatewayClient } from '@aws-sdk/client-api-gateway';
import { ApiGatewayV2Client } from '@aws-sdk/client-apigatewayv2';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { ZIP } from '../bundle/bundle.ts';
import { look } from './look.ts';
import type { Row } from './row.ts';

const USAGE = `npm run check -- --function NAME [--api ID --stage NAME] [--token-file FILE] [--zip FILE]
  [--allow-open 'GET /health']... [--region R] [--profile P]

Looks at what is deployed, and changes nothing: is the function this zip, can it read its settings, does it refuse what
it should, and does every method of the stage ask it? It ends with 0 only if all of that holds.`;

const OPTIONS = {
  function: { type: 'string' },
  api: { type: 'string' },
  stage: { type: 'string' },
  'token-file': { type: 'string' },
  zip: { type: 'string', default: fileURLToPath(new URL(`../../${ZIP}`, import.meta.url)) },
  'allow-open': { type: 'string', multiple: true, default: [] as string[] },
  region: { type: 'string' },
  profile: { type: 'string' },
} as const;

const shown = ({ ok, what, says }: Row) =>
  `${ok ? 'ok    ' : 'NOT ok'}  ${what.padEnd(14)}  ${says.replace(/\s+/g, ' ').trim()}`;

/**
 * The command.
 *
 * @returns its exit code: 0, all of it holds; 1, something does not, or could not be seen; 2, the command line is wrong
 */
export async function main(args: readonly string[], print: (line: string) => void): Promise<number> {
  const readOptions = () => parseArgs({ args: [...args], options: OPTIONS }).values;
  let options: ReturnType<typeof readOptions>;
  try {
    options = readOptions();
    if (!options.function) throw new Error('--function is missing.');
    if (!options.api !== !options.stage) throw new Error('--api and --stage go together.');
  } catch (error) {
    print(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    return 2;
  }
  const { function: name, region, profile, 'token-file': file = '', 'allow-open': open, ...rest } = options;
  // the SDK does not read the variable that the AWS CLI reads, which comes before a profile's region there
  const place = region ?? process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION;
  const where = { ...(place && { region: place }), ...(profile && { profile }) };
  const gateways = { rest: new APIGatewayClient(where), other: new ApiGatewayV2Client(where) };
  try {
    const token = file && readFileSync(file, 'utf8').trim();
    const rows = await look(new LambdaClient(where), gateways, { ...rest, name, token, open });
    for (const row of rows) print(shown(row));
    if (!rest.api)
      print('Which methods ask it, and which are open, was not looked at: name --api and --stage.');
    return rows.every(({ ok }) => ok) ? 0 : 1;
  } catch (error) {
    print(`It could not be seen: ${error instanceof Error ? `${error.name}: ${error.message}` : error}`);
    return 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = await main(process.argv.slice(2), console.log);
}
