import type { Resource, Template } from '../scripts/deploy/template.ts';

/** The parts of a template that only CloudFormation looks at. */
export interface Whole extends Template {
  readonly Rules: Readonly<
    Record<
      string,
      {
        readonly RuleCondition: unknown;
        readonly Assertions: readonly { readonly Assert: unknown; readonly AssertDescription: string }[];
      }
    >
  >;
}

/** What CloudFormation makes of a template and parameters. */
export interface Rendered {
  readonly resources: Readonly<Record<string, Resource>>;
  readonly outputs: Readonly<Record<string, unknown>>;
  /** The rules that the parameters break: with any, CloudFormation does nothing at all. */
  readonly broken: readonly string[];
}

const FUNCTION = 'arn:aws:lambda:eu-central-1:123456789012:function:stack-Function-X';
const NOTHING = Symbol('AWS::NoValue');

const PSEUDO: Readonly<Record<string, unknown>> = {
  'AWS::Region': 'eu-central-1',
  'AWS::AccountId': '123456789012',
  'AWS::Partition': 'aws',
  'AWS::StackName': 'stack',
  'AWS::NoValue': NOTHING,
};

/** What `Ref` and `Fn::GetAtt` of a resource give. */
const RESOURCES: Readonly<Record<string, string>> = {
  Function: 'stack-Function-X',
  'Function.Arn': FUNCTION,
  Alias: `${FUNCTION}:live`,
  'Version.Version': '7',
  LogGroup: 'stack-LogGroup-X',
  'Role.Arn': 'arn:aws:iam::123456789012:role/stack-Role-X',
  Authorizer: 'abc123',
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Works out a template as CloudFormation does.
 *
 * @param given values of parameters; the others have their default, or a value that any of them can have
 */
export function render(template: Whole, given: Readonly<Record<string, string>> = {}): Rendered {
  const parameter = (name: string) =>
    given[name] ?? String(template.Parameters[name]?.Default ?? `${name}-value`);

  function lookUp(name: string): unknown {
    if (name in PSEUDO) return PSEUDO[name];
    if (name in template.Parameters) return parameter(name);
    const value = RESOURCES[name];
    const [resource = ''] = name.split('.');
    if (value === undefined || !isMade(resource)) throw new Error(`nothing is called ${name}`);
    return value;
  }

  function isMade(name: string): boolean {
    const { Condition } = template.Resources[name] ?? {};
    return Condition === undefined || isTrue({ Condition });
  }

  const isTrue = (part: unknown): boolean => evaluate(part) === true;

  const FUNCTIONS: Readonly<Record<string, (argument: never) => unknown>> = {
    Ref: (name: string) => lookUp(name),
    Condition: (name: string) => {
      if (!(name in template.Conditions)) throw new Error(`no condition is called ${name}`);
      return isTrue(template.Conditions[name]);
    },
    'Fn::GetAtt': ([name, attribute]: [string, string]) => lookUp(`${name}.${attribute}`),
    'Fn::If': ([condition, yes, no]: [string, unknown, unknown]) =>
      evaluate(isTrue({ Condition: condition }) ? yes : no),
    'Fn::Join': ([separator, parts]: [string, unknown]) => (evaluate(parts) as string[]).join(separator),
    'Fn::Split': ([separator, text]: [string, unknown]) => (evaluate(text) as string).split(separator),
    'Fn::Equals': ([one, other]: [unknown, unknown]) => evaluate(one) === evaluate(other),
    'Fn::Not': ([part]: [unknown]) => !isTrue(part),
    'Fn::And': (parts: unknown[]) => parts.every(isTrue),
    'Fn::Contains': ([list, value]: [unknown, unknown]) =>
      (evaluate(list) as unknown[]).includes(evaluate(value)),
    'Fn::Sub': (argument: string | [string, Record<string, unknown>]) => {
      const [text, own] = typeof argument === 'string' ? [argument, {}] : argument;
      return text.replace(/\$\{([^!}]+)\}/g, (_, name: string) =>
        String(name in own ? evaluate(own[name]) : lookUp(name)),
      );
    },
  };

  function evaluate(part: unknown): unknown {
    if (Array.isArray(part)) return part.map(evaluate).filter((value) => value !== NOTHING);
    if (!isObject(part)) return part;
    const [[name = '', argument] = []] = Object.entries(part);
    const apply = Object.keys(part).length === 1 ? FUNCTIONS[name] : undefined;
    if (apply) return apply(argument as never);
    const members = Object.entries(part).map(([key, value]) => [key, evaluate(value)] as const);
    return Object.fromEntries(members.filter(([, value]) => value !== NOTHING));
  }

  const outputs = Object.entries(template.Outputs as Record<string, { Condition?: string; Value: unknown }>);
  return {
    resources: Object.fromEntries(
      Object.entries(template.Resources)
        .filter(([name]) => isMade(name))
        .map(([name, resource]) => [
          name,
          { ...resource, Properties: evaluate(resource.Properties) as Record<string, unknown> },
        ]),
    ),
    outputs: Object.fromEntries(
      outputs
        .filter(([, { Condition }]) => Condition === undefined || isTrue({ Condition }))
        .map(([name, { Value }]) => [name, evaluate(Value)]),
    ),
    broken: Object.entries(template.Rules)
      .filter(([, { RuleCondition, Assertions }]) => {
        return isTrue(RuleCondition) && !Assertions.every(({ Assert }) => isTrue(Assert));
      })
      .map(([name]) => name),
  };
}
