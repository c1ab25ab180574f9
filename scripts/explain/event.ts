import { isObject, type JsonObject } from '../../src/json.ts';
import type { Sees, Table } from '../facts/facts.ts';
import { KINDS, nameOf } from '../facts/other-events.ts';

const arnName = ({ version }: JsonObject) => (version === '2.0' ? 'routeArn' : 'methodArn');
const event =
  (sees: (event: JsonObject) => ReturnType<Sees>): Sees =>
  (facts) =>
    sees(Object(facts.event));
const arnIs = (pattern: RegExp) => event((members) => pattern.test(String(members[arnName(members)] ?? '')));

/** The function needs one whole event. */
export const UNSUPPORTED_EVENT: Table = {
  text: (facts) => typeof facts.event === 'string',
  list: (facts) => Array.isArray(facts.event),
  scalar: (facts) => !isObject(facts.event) && { what: facts.event },
  emptyObject: event((members) => Object.keys(members).length === 0),
  type: event(({ type, methodArn, routeArn }) => !KINDS.has(type) && Boolean(methodArn ?? routeArn) && { type }),
  otherService: event(nameOf),
  nested: event((members) => isObject(members.event)),
  mixedVersions: event((members) => 'methodArn' in members && members.version === '2.0'),
  misnamedArn: event((members) => {
    const name = Object.keys(members).find((each) => /^method_?arn$/i.test(each) && each !== 'methodArn');
    return name && { name };
  }),
  unlike: event(
    ({ type, authorizationToken, ...others }) => !type && !authorizationToken && { names: Object.keys(others) },
  ),
  noArn: event((members) => !members[arnName(members)] && { name: arnName(members) }),
  lambdaArn: arnIs(/^arn:[^:]*:lambda:/),
  url: arnIs(/^https?:/),
  otherArn: arnIs(/^arn:[^:]*:(?!execute-api:)/),
  stageArn: arnIs(/^arn:[^:]*:execute-api:[^/]*(\/[^/]*)?$/),
  otherwise: ({ detail }) => detail !== '',
};

export const UNSUPPORTED_RESOURCE: Table = {
  pattern: arnIs(/\{proxy\*\}|\{.*\+\}/),
  tooLong: arnIs(/^.{513,}$/s),
  otherwise: arnIs(/./),
};
