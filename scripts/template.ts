import { parse, type ScalarTag, type YAMLMap, type YAMLSeq } from 'yaml';
import type { JsonObject } from '../src/json.ts';

/** The parts of a CloudFormation template that say what may be deployed. */
export interface Template {
  readonly Parameters: Readonly<Record<string, Parameter>>;
  readonly Rules: Readonly<Record<string, Rule>>;
  readonly Resources: Readonly<Record<string, { readonly Type: string; readonly Properties: JsonObject }>>;
}
interface Parameter {
  readonly Default?: string | number;
  readonly Description?: string;
  readonly AllowedPattern?: string;
  readonly ConstraintDescription?: string;
  readonly AllowedValues?: readonly (string | number)[];
  readonly MinValue?: number;
  readonly MaxValue?: number;
}
interface Rule {
  readonly RuleCondition?: unknown;
  readonly Assertions: readonly { readonly Assert: unknown; readonly AssertDescription: string }[];
}
export type Given = Readonly<Record<string, string>>;

const TAGS = 'Ref Condition GetAtt Sub If Join Split Equals Not And Or Contains ImportValue'.split(' ');

/** CloudFormation's short forms, such as `!Ref`, as the long ones. */
export const customTags = TAGS.flatMap((name) => {
  const [tag, key] = [`!${name}`, name === 'Ref' || name === 'Condition' ? name : `Fn::${name}`];
  const long = (part: unknown) => ({ [key]: (part as YAMLMap | YAMLSeq).toJSON() });
  return [
    { tag, resolve: (text: string) => ({ [key]: text }) },
    { tag, collection: 'seq', resolve: long },
    { tag, collection: 'map', resolve: long },
  ];
}) as ScalarTag[]; // the library's type has room for one of the three

/** Reads a template. @throws Error where it isn't YAML */
export const readTemplate = (text: string): Template => ({
  Rules: {},
  ...parse(text, { customTags, strict: true }),
});

/** The variables of the function; undefined where the template makes no function. */
export function variablesOf({ Resources }: Template): JsonObject | undefined {
  const environment = Resources.Function?.Properties.Environment as { Variables: JsonObject } | undefined;
  return environment?.Variables;
}

/** What a part of a rule amounts to; CloudFormation permits these functions there. */
function evaluate(part: unknown, given: Given): unknown {
  const inner = (each: unknown) => evaluate(each, given);
  if (Array.isArray(part)) return part.map(inner);
  if (typeof part !== 'object' || part === null) return part;
  const [[name = '', argument] = []] = Object.entries(part);
  if (name === 'Ref') return given[String(argument)];
  const values = inner(argument) as unknown[];
  if (name === 'Fn::Equals') return values[0] === values[1];
  if (name === 'Fn::Contains') return [values[0]].flat().includes(values[1]);
  if (name === 'Fn::Not') return values[0] === false;
  if (name === 'Fn::And') return values.every((value) => value === true);
  if (name === 'Fn::Or') return values.includes(true);
  throw new Error(`${name} can't be used in a rule`);
}

function mistakeIn(name: string, parameter: Parameter, value: string): string[] {
  const { AllowedPattern = '', AllowedValues, ConstraintDescription, MinValue, MaxValue } = parameter;
  const [least, most] = [MinValue ?? -Infinity, MaxValue ?? Infinity];
  const isNumber = MinValue === undefined || (Number(value) >= least && Number(value) <= most);
  const isListed = AllowedValues?.map(String).includes(value) ?? true;
  if (isNumber && isListed && new RegExp(AllowedPattern).test(value)) return [];
  const should = AllowedValues?.join(', ') ?? ConstraintDescription ?? `a number from ${least} to ${most}`;
  return [`${name} is ${JSON.stringify(value)}; it should be ${should}.`];
}

/**
 * What CloudFormation would say before it makes anything.
 *
 * @param given a value for each parameter
 * @returns a sentence for each mistake; none where all is well
 */
export function complaints(template: Template, given: Given): string[] {
  const { Parameters, Rules } = template;
  const mistakes = Object.entries(Parameters).flatMap(([name, parameter]) =>
    mistakeIn(name, parameter, given[name] ?? ''),
  );
  const broken = Object.values(Rules)
    .filter(({ RuleCondition = true }) => evaluate(RuleCondition, given) === true)
    .flatMap(({ Assertions }) => Assertions)
    .filter(({ Assert }) => evaluate(Assert, given) !== true)
    .map(({ AssertDescription }) => AssertDescription.trim());
  return [...mistakes, ...broken];
}
