import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { config } from 'dotenv';
import { parse } from 'yaml';
import type { JsonObject } from '../src/json.ts';
import { operationsOf, schemesOf } from './deploy/openapi.ts';
import { members } from './json.ts';
import { explainRequest, readMap, sizeReport } from './route-policy.ts';

const USAGE = `Usage: npm run routes -- openapi.yaml
       npm run routes -- --try 'GET /pets/1' --scopes 'read:pets'
       npm run routes
The last two read ROUTE_SCOPES from the environment or from .env.`;

/** Alternatives; of each all schemes, with their scopes, are needed. An empty one is a call without credentials. */
type Security = readonly Readonly<Record<string, readonly string[]>>[];

/** Whether a scheme is an access token's; of the others no authorizer for tokens can say anything. */
const isToken = ({ type, scheme }: JsonObject) =>
  type === 'oauth2' || type === 'openIdConnect' || (type === 'http' && /^bearer$/i.test(String(scheme)));

/**
 * The entries of ROUTE_SCOPES for an OpenAPI document.
 *
 * @param remark takes a sentence about what no entry tells
 */
function entriesOf(document: JsonObject, remark: (sentence: string) => void): ReadonlySet<string> {
  const schemes = schemesOf(document);
  for (const [path, item] of Object.entries(members(document.paths)))
    if ('$ref' in members(item)) remark(`${path} is a $ref, which is not followed: it has no entry.`);
  const entries = operationsOf(document).flatMap(({ key, operation }) => {
    if (key.startsWith('TRACE ')) {
      remark(`${key} has no entry: API Gateway has no such method.`);
      return [];
    }
    const security = (operation.security ?? document.security ?? []) as Security;
    const alternatives = security.length > 0 ? security : [{}];
    if (alternatives.some((needed) => Object.keys(needed).length === 0))
      remark(`${key} is open to all in the document; its entry permits every accepted token, but no call without one.`);
    const own = alternatives.flatMap((needed) => {
      const names = Object.keys(needed);
      const tokens = names.filter((name) => isToken(members(schemes[name])));
      const others = names.filter((name) => !tokens.includes(name));
      for (const name of others) remark(`${key}: the scheme ${name} isn't an access token, so it is ignored.`);
      if (tokens.length === 0 && others.length > 0) return [];
      return [[...new Set([key, ...tokens.flatMap((name) => needed[name] ?? [])])].join(' ')];
    });
    if (own.length === 0) remark(`${key} has no entry: it accepts no access token.`);
    return own;
  });
  return new Set(entries);
}

/** Says what is wrong with a map, and how large its policies are. Ends the script if no map can be made of it. */
function report(text: string): void {
  const { map, remarks } = readMap(text);
  for (const line of [...remarks, ...(map ? sizeReport(map) : [])]) console.error(line);
  if (!map) process.exit(1);
}

function convert(file: string): void {
  const document = members(attempt(1, () => parse(readFileSync(file, 'utf8'))));
  const text = [...entriesOf(document, (sentence) => console.error(`- ${sentence}`))].join(', ');
  if (text === '') fail('- The document has no operation.', 1);
  report(text);
  console.log(`ROUTE_SCOPES=${text}`);
}

function fail(message: string, code: number): never {
  console.error(message);
  process.exit(code);
}

/** Does what may fail because of what was typed. @param code of the end of the script if it does */
function attempt<T>(code: number, action: () => T): T {
  try {
    return action();
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : error}\n\n${USAGE}`, code);
  }
}

const OPTIONS = { try: { type: 'string' }, scopes: { type: 'string', default: '' } } as const;
const { values, positionals } = attempt(2, () => parseArgs({ options: OPTIONS, allowPositionals: true }));
const [file] = positionals;
config({ quiet: true });
const setting = process.env.ROUTE_SCOPES?.trim();
if (file !== undefined) convert(file);
else if (!setting) fail(USAGE, 2);
else if (values.try === undefined) report(setting);
else {
  const scopes = new Set(values.scopes.split(' ').filter((scope) => scope !== ''));
  for (const line of explainRequest(setting, values.try, scopes)) console.log(line);
}
