import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { stringify } from 'smol-toml';
import type { Environment } from '../../src/config/config.ts';
import { settingNames } from '../../src/config/settings.ts';
import { parseEnv } from '../local/files.ts';
import { notesOf } from '../local/mistakes/names.ts';
import { complaints, type Given, readTemplate, type Template, variablesOf } from '../template.ts';
import { checkSettings } from './function.ts';
import { type Row, row } from './row.ts';

const USAGE = `npm run -s parameters -- ApiKind=REST ApiId=ID [NAME=VALUE]... [--env FILE] [--template FILE] [--samconfig STACK]

Reads the settings that npm start tried, checks them, and prints every parameter of the template: JSON for
aws cloudformation deploy --parameter-overrides file://…, or a samconfig.toml for sam deploy.`;

const TEXT = { type: 'string' } as const;
const OPTIONS = { env: TEXT, template: TEXT, samconfig: TEXT };

/** `JWKS_URI_2` is the parameter `JwksUri2`. */
export const parameterOf = (setting: string) =>
  setting.toLowerCase().replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());

/** Settings that the template has no place for, or that it sets otherwise. */
function misplaced(template: Template, settings: Environment, file: string): Row[] {
  const variables = variablesOf(template);
  return settingNames().flatMap((name) => {
    const [wanted = '', fixed = ''] = [settings[name]?.trim(), variables?.[name]];
    if (!variables || typeof fixed === 'object' || fixed === wanted) return [];
    const line = `${name}: ${JSON.stringify(wanted)}`;
    return [row(name, wanted === '' ? 'untried' : 'misplaced', { file, name, line })];
  });
}

/**
 * Makes the parameters of a deployment.
 *
 * @param args NAME=VALUE, as on the command line
 * @param settings of `.env`
 * @returns a value for each parameter of the template, and a row for each mistake
 */
function readParameters(args: readonly string[], settings: Environment, template: Template, file: string) {
  const mistakes = misplaced(template, settings, file);
  const fromSettings = new Map(settingNames().map((name) => [parameterOf(name), name]));
  const pairs = args.map((arg) => /^([^=]*)=?(.*)$/s.exec(arg)?.slice(1) ?? []);
  for (const [name = ''] of pairs) {
    const setting = fromSettings.get(name);
    if (setting) mistakes.push(row(name, 'setting', { name, setting }));
    else if (!template.Parameters[name]) mistakes.push(row(name, 'unknownParameter', { name, file }));
  }
  const named: Record<string, string | undefined> = Object.fromEntries(pairs);
  const all = Object.entries(template.Parameters).map(([name, { Default, Description = '' }]) => {
    const value = settings[fromSettings.get(name) ?? '']?.trim() || (named[name] ?? Default);
    if (value === undefined && !fromSettings.has(name))
      mistakes.push(row(name, 'missingParameter', { name, Description: Description.trim() }));
    return [name, String(value ?? '')] as const;
  });
  const given = Object.fromEntries(all);
  const values = [...fromSettings.keys()].map((name) => given[name] ?? '');
  const size = Buffer.byteLength([...Object.keys(variablesOf(template) ?? {}), ...values].join(''));
  if (size > 4096) mistakes.push(row('variables', 'largeVariables', { size }));
  const { rows } = checkSettings(settings, Number(given.Timeout ?? Infinity));
  return { given, mistakes: [...rows.filter(({ cure }) => cure), ...mistakes] };
}

/** SAM unquotes a value in double quotes. */
const override = ([name, value]: readonly [string, string]) => `${name}="${value.replaceAll('"', '\\"')}"`;

function samconfig(stack_name: string, template_file: string, given: Given): string {
  const parameter_overrides = Object.entries(given).map(override).join(' ');
  const fixed = { resolve_s3: true, capabilities: 'CAPABILITY_IAM' };
  const parameters = { stack_name, template_file, ...fixed, parameter_overrides };
  return stringify({ version: 0.1, default: { deploy: { parameters } } });
}

/** The command. @returns its exit code: 0; 1, a mistake; 2, the command line is wrong */
export function main(args: readonly string[], print: (text: string) => void, complain: (text: string) => void): number {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const at = (path: string | undefined, preset: string) =>
    path === undefined ? resolve(root, preset) : resolve(process.env.INIT_CWD ?? '.', path);
  try {
    const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
    const file = values.template ?? 'scripts/deploy/template.yaml';
    const template = readTemplate(readFileSync(at(values.template, file), 'utf8'));
    const envFile = values.env ?? '.env';
    const text = readFileSync(at(values.env, '.env'), 'utf8');
    const settings = parseEnv(text, envFile);
    const { given, mistakes } = readParameters(positionals, settings, template, file);
    const sentences = [
      ...notesOf(text, settings, envFile, {}).map(({ said }) => `${said.problem} ${said.remedy}`),
      ...mistakes.map(({ says, cure }) => `${says} ${cure}`),
    ];
    if (sentences.length === 0) sentences.push(...complaints(template, given));
    for (const sentence of sentences) complain(`- ${sentence}`);
    if (sentences.length > 0) return 1;
    const pairs = Object.entries(given).map(([name, value]) => `${name}=${value}`);
    print(values.samconfig ? samconfig(values.samconfig, file, given) : JSON.stringify(pairs, null, 2));
    return 0;
  } catch (error) {
    complain(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    return 2;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = main(process.argv.slice(2), console.log, console.error);
}
