import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { config } from 'dotenv';
import { parse } from 'yaml';
import { readRoutes } from '../src/routes/map.ts';
import { explainRequest, sizeReport } from './route-policy.ts';

/** The parts of an OpenAPI 3 document that say who may call what; all else is left alone. */
interface OpenApi {
  readonly paths?: Readonly<Record<string, Readonly<Record<string, unknown>> | null>>;
  readonly security?: Security;
  readonly components?: { readonly securitySchemes?: Readonly<Record<string, Scheme>> };
}
/**
 * Alternatives; of each all schemes, with their scopes, are needed. An empty one is a call without
 * credentials.
 */
type Security = readonly Readonly<Record<string, readonly string[]>>[];
interface Scheme {
  readonly type?: string;
  readonly scheme?: string;
}

/** The method of API Gateway with OpenAPI's name, or with API Gateway's own for all of them. */
function methodOf(name: string): string | undefined {
  if (name === 'x-amazon-apigateway-any-method') return 'ANY';
  return /^(get|head|post|put|patch|delete|options)$/.test(name) ? name.toUpperCase() : undefined;
}

/** Whether a scheme is an access token's; of the others no authorizer for tokens can say anything. */
const isToken = ({ type, scheme }: Scheme = {}) =>
  type === 'oauth2' || type === 'openIdConnect' || (type === 'http' && scheme?.toLowerCase() === 'bearer');

/**
 * The entries of ROUTE_SCOPES for an OpenAPI document.
 *
 * @param remark takes a sentence about what no entry tells
 */
function entriesOf(document: OpenApi, remark: (sentence: string) => void): string[] {
  const schemes = document.components?.securitySchemes ?? {};
  const entries = new Set<string>();
  for (const [path, item] of Object.entries(document.paths ?? {})) {
    if (item && '$ref' in item) remark(`${path} is a $ref, which is not followed: it has no entry.`);
    if (item && 'trace' in item) remark(`TRACE ${path} has no entry: API Gateway has no such method.`);
    for (const [name, operation] of Object.entries(item ?? {})) {
      const method = methodOf(name);
      if (method === undefined) continue;
      const route = `${method} ${path}`;
      const { security = document.security ?? [] } = (operation ?? {}) as { security?: Security };
      const alternatives = security.length > 0 ? security : [{}];
      if (alternatives.some((needed) => Object.keys(needed).length === 0))
        remark(
          `${route} is open to all in the document; its entry takes every token that is accepted, and no call without.`,
        );
      for (const needed of alternatives) {
        const [tokens, others] = [true, false].map((isWanted) =>
          Object.keys(needed).filter((scheme) => isToken(schemes[scheme]) === isWanted),
        );
        for (const scheme of others ?? []) remark(`${route}: the scheme ${scheme} is no access token, and is ignored.`);
        if (tokens?.length === 0 && others?.length !== 0) continue;
        const scopes = new Set((tokens ?? []).flatMap((scheme) => needed[scheme] ?? []));
        entries.add([route, ...scopes].join(' '));
      }
      if (![...entries].some((entry) => `${entry} `.startsWith(`${route} `)))
        remark(`${route} has no entry: nothing that it takes is an access token.`);
    }
  }
  return [...entries];
}

/** Prints the setting ROUTE_SCOPES for an OpenAPI document. */
function convert(file: string): void {
  const document: OpenApi = parse(readFileSync(file, 'utf8')) ?? {};
  const text = entriesOf(document, (sentence) => console.error(`- ${sentence}`)).join(', ');
  report(text === '' ? undefined : text);
  console.log(`ROUTE_SCOPES=${text}`);
}

/** Says what is wrong with a map, and how large its policies are. Ends the script if no map can be made of it. */
function report(text: string | undefined): void {
  const read = text === undefined ? { mistakes: ['The document has no operation.'] } : readRoutes(text, 'method');
  if ('mistakes' in read) {
    for (const mistake of read.mistakes) console.error(`- ${mistake}`);
    process.exit(1);
  }
  const ofStage = readRoutes(text ?? '', 'stage');
  const lines =
    'mistakes' in ofStage
      ? ofStage.mistakes.map((mistake) => `- With POLICY_RESOURCE=stage: ${mistake}.`)
      : sizeReport(ofStage.map);
  for (const line of lines) console.error(line);
}

const USAGE = `Usage: npm run routes -- openapi.yaml
       npm run routes -- --try 'GET /pets/1' --scopes 'read:pets'
       npm run routes
The last two read ROUTE_SCOPES from the environment or from .env.`;

function fail(message: string): never {
  console.error(message);
  process.exit(2);
}

const { values, positionals } = parseArgs({
  options: { try: { type: 'string' }, scopes: { type: 'string', default: '' } },
  allowPositionals: true,
});
const [file] = positionals;
config({ quiet: true });
const setting = process.env.ROUTE_SCOPES?.trim();
if (file !== undefined) convert(file);
else if (!setting) fail(USAGE);
else if (values.try === undefined) report(setting);
else {
  const scopes = new Set(values.scopes.split(' ').filter((scope) => scope !== ''));
  for (const line of explainRequest(setting, values.try, scopes)) console.log(line);
}
