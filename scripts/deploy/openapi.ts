import { type JsonObject, textIn } from '../../src/json.ts';
import { members } from '../json.ts';

/** A Lambda authorizer, as a stage has it. */
export type Authorizer = ReturnType<typeof readAuthorizer>;

export type Access = Authorizer | 'OPEN' | 'IAM' | 'another authorizer';

/** A method or route: `GET /pets`, `ANY /pets/{id}`, `$default`, `$connect`. */
export interface Route {
  readonly key: string;
  readonly access: Access;
}

const list = (value: unknown) => [value ?? []].flat().flatMap((one) => String(one).split(/\s*,\s*/));

/** An identity source in the words of `TOKEN_SOURCE`. */
const inWords = (source: string) =>
  source.replace(/^(?:method\.request|route\.request|\$request)\.(header|query)(?:string)?\./, '$1:');

/**
 * Reads an authorizer as x-amazon-apigateway-authorizer and GetAuthorizers write it, in members of equal names.
 *
 * @param defaultTtl seconds, if it names none
 * @param header the token source of a TOKEN authorizer
 */
export function readAuthorizer(authorizer: JsonObject, defaultTtl: number, header?: unknown) {
  const type = String(authorizer.type).toLowerCase() === 'token' ? ('TOKEN' as const) : ('REQUEST' as const);
  const sources = type === 'TOKEN' ? [`header:${header}`] : list(authorizer.identitySource).map(inWords);
  return {
    uri: textIn(authorizer.authorizerUri) ?? '',
    type,
    /** Seconds; 0 if nothing is cached. */
    ttl: Number(authorizer.authorizerResultTtlInSeconds ?? defaultTtl),
    /** In the words of `TOKEN_SOURCE`, such as `header:Authorization`; others as API Gateway writes them. */
    sources,
    payload: textIn(authorizer.authorizerPayloadFormatVersion),
    isSimple: authorizer.enableSimpleResponses === true,
    /** The role with which API Gateway invokes the function; without one the function's own policy must permit it. */
    credentials: textIn(authorizer.authorizerCredentials ?? authorizer.authorizerCredentialsArn),
    validation: textIn(authorizer.identityValidationExpression),
  };
}

/** A security scheme (Developer Guide, x-amazon-apigateway-authorizer and -authtype). */
function readScheme(scheme: JsonObject, defaultTtl: number): Access {
  const authorizer = members(scheme['x-amazon-apigateway-authorizer']);
  if (authorizer.type === 'token' || authorizer.type === 'request')
    return readAuthorizer(authorizer, defaultTtl, scheme.name);
  if (authorizer.type !== undefined) return 'another authorizer';
  const isIam = String(scheme['x-amazon-apigateway-authtype']).toLowerCase() === 'awssigv4';
  return isIam ? 'IAM' : 'OPEN'; // the rest are API keys, which authorize nobody
}

const METHODS = /^(get|put|post|delete|options|head|patch|trace|x-amazon-apigateway-any-method)$/;

export const operationsOf = ({ paths }: JsonObject) =>
  Object.entries(members(paths)).flatMap(([path, item]) =>
    Object.entries(members(item)).flatMap(([verb, operation]) => {
      const method = verb.startsWith('x-') ? 'ANY' : verb.toUpperCase();
      const key = path === '/$default' ? '$default' : `${method} ${path}`;
      return METHODS.test(verb) ? [{ key, operation: members(operation) }] : [];
    }),
  );

export const schemesOf = ({ components }: JsonObject) => members(members(components).securitySchemes);

/**
 * The methods or routes of an OpenAPI document that API Gateway exported.
 *
 * @param defaultTtl seconds, for an authorizer that names none
 */
export function readDocument(document: JsonObject, defaultTtl: number): Route[] {
  const schemes = schemesOf(document);
  return operationsOf(document).map(({ key, operation }) => {
    const { security, 'x-amazon-apigateway-auth': auth } = operation;
    const names = Array.isArray(security) ? security.flatMap((one) => Object.keys(members(one))) : [];
    const required = names.map((name) => readScheme(members(schemes[name]), defaultTtl));
    if (String(members(auth).type).toUpperCase() === 'AWS_IAM') required.push('IAM');
    return { key, access: required.find((access) => access !== 'OPEN') ?? 'OPEN' };
  });
}
