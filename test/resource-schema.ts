import { loadAwsServiceSpec } from '@aws-cdk/aws-service-spec';
import type { Property, PropertyType, Resource, SpecDatabase } from '@aws-cdk/service-spec-types';

let loading: Promise<SpecDatabase> | undefined;

/** CloudFormation's resource schemas, as AWS publishes them for the CDK. */
export function resourceSchemas(): Promise<SpecDatabase> {
  loading ??= loadAwsServiceSpec();
  return loading;
}

/** The schema of a type of resource; nothing for a type that does not exist. */
export const schemaOf = (db: SpecDatabase, type: string): Resource | undefined =>
  db.lookup('resource', 'cloudFormationType', 'equals', type)[0];

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** CloudFormation takes a text for a number or a boolean: parameters are texts. */
const SCALARS: Readonly<Record<string, RegExp>> = {
  string: /^/,
  number: /^-?\d+(\.\d+)?$/,
  integer: /^-?\d+$/,
  boolean: /^(true|false)$/,
};

function checkMembers(
  db: SpecDatabase,
  path: string,
  value: unknown,
  properties: Readonly<Record<string, Property>>,
): string[] {
  if (!isObject(value)) return [`${path} is no object`];
  const missing = Object.entries(properties)
    .filter(([name, { required }]) => required && !(name in value))
    .map(([name]) => `${path} lacks ${name}`);
  const wrong = Object.entries(value).flatMap(([name, member]) => {
    const property = properties[name];
    return property ? checkValue(db, `${path}.${name}`, member, property.type) : [`${path} has no ${name}`];
  });
  return [...missing, ...wrong];
}

function checkValue(db: SpecDatabase, path: string, value: unknown, type: PropertyType): string[] {
  if (type.type === 'json') return isObject(value) ? [] : [`${path} is no JSON object`];
  if (type.type === 'ref')
    return checkMembers(db, path, value, db.get('typeDefinition', type.reference.$ref).properties);
  if (type.type === 'array') {
    if (!Array.isArray(value)) return [`${path} is no list`];
    return value.flatMap((item, at) => checkValue(db, `${path}[${at}]`, item, type.element));
  }
  if (type.type === 'map') {
    if (!isObject(value)) return [`${path} is no map`];
    return Object.entries(value).flatMap(([key, item]) =>
      checkValue(db, `${path}.${key}`, item, type.element),
    );
  }
  if (type.type === 'union') {
    const problems = type.types.map((one) => checkValue(db, path, value, one));
    return problems.some((list) => list.length === 0) ? [] : problems.flat();
  }
  const pattern = SCALARS[type.type];
  if (!pattern) return [`${path} is of a type that is not checked here: ${type.type}`];
  if (typeof value === 'object' || !pattern.test(String(value))) return [`${path} is no ${type.type}`];
  const allowed = 'allowedValues' in type ? type.allowedValues?.map(String) : undefined;
  return !allowed || allowed.includes(String(value)) ? [] : [`${path} is none of ${allowed.join(', ')}`];
}

/**
 * Checks a resource against its schema.
 *
 * @param properties with every function worked out
 * @returns what is wrong: an unknown type, unknown and missing properties, values of the wrong type
 */
export function checkResource(db: SpecDatabase, type: string, properties: unknown): string[] {
  const schema = schemaOf(db, type);
  return schema ? checkMembers(db, type, properties, schema.properties) : [`there is no type ${type}`];
}
