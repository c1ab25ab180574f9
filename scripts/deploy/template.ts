import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse, type ScalarTag, type YAMLSeq } from 'yaml';

/** The template's path, as the `aws` command is given it. */
export const TEMPLATE = fileURLToPath(new URL('template.yaml', import.meta.url));

/** A parameter, as far as it is looked at here. */
export interface Parameter {
  readonly Type: string;
  readonly Default?: string | number;
  readonly Description: string;
  readonly AllowedPattern?: string;
  readonly AllowedValues?: readonly (string | number)[];
}

/** The template with every function in its long form. */
export interface Template {
  readonly Parameters: Readonly<Record<string, Parameter>>;
  readonly Conditions: Readonly<Record<string, unknown>>;
  readonly Resources: Readonly<Record<string, Resource>> & {
    readonly Function: Resource & {
      readonly Properties: {
        readonly Environment: { readonly Variables: Readonly<Record<string, { readonly Ref: string }>> };
      };
    };
  };
  readonly Outputs: Readonly<Record<string, unknown>>;
}

/** A resource, before its functions are worked out. */
export interface Resource {
  readonly Type: string;
  readonly Condition?: string;
  readonly Properties: Readonly<Record<string, unknown>>;
}

const FUNCTIONS = ['Sub', 'If', 'Join', 'Split', 'Equals', 'Not', 'And', 'Contains'];

/** The short forms: `!Ref`, `!GetAtt`, `!Condition` of a text, the rest of a list; `!Sub` of either. */
const TAGS = [
  { tag: '!Ref', resolve: (name: string) => ({ Ref: name }) },
  { tag: '!Condition', resolve: (name: string) => ({ Condition: name }) },
  { tag: '!GetAtt', resolve: (name: string) => ({ 'Fn::GetAtt': name.split('.') }) },
  { tag: '!Sub', resolve: (text: string) => ({ 'Fn::Sub': text }) },
  ...FUNCTIONS.map((name) => ({
    tag: `!${name}`,
    collection: 'seq' as const,
    resolve: (list: unknown) => ({ [`Fn::${name}`]: (list as YAMLSeq).toJSON() }), // a seq, as it says above
  })),
] as ScalarTag[]; // the library's type has no room for a list of both kinds

/** Reads a template in YAML. */
export const parseTemplate = (text: string): Template => parse(text, { customTags: TAGS, strict: true });

/** Reads this project's template. */
export const readTemplate = (): Template => parseTemplate(readFileSync(TEMPLATE, 'utf8'));

/** The parameters that a part of the template refers to. */
export function references(part: unknown): string[] {
  if (typeof part !== 'object' || part === null) return [];
  if ('Ref' in part && typeof part.Ref === 'string') return [part.Ref];
  return Object.values(part).flatMap(references);
}

/** Which parameter each environment variable of the function comes from. */
export const variablesOf = ({ Resources }: Template): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(Resources.Function.Properties.Environment.Variables).map(([variable, { Ref }]) => [
      variable,
      Ref,
    ]),
  );
