import { isObject, type JsonObject } from '../../src/json.ts';
import { asList, type Sees, type Table } from '../facts/facts.ts';

/** The members of a value, if it has any. */
const membersOf = (value: unknown): JsonObject => (isObject(value) ? value : {});

const KINDS = new Set<unknown>(['TOKEN', 'REQUEST']);

const has = (name: string) => (event: JsonObject) => name in event;
const inContext = (name: string) => (event: JsonObject) => name in membersOf(event.requestContext);

/** Events that functions get from elsewhere, by what only they have. */
const OTHERS: readonly (readonly [is: (event: JsonObject) => boolean, name: string])[] = [
  [has('triggerSource'), 'an event of a Cognito user pool (trigger)'],
  [inContext('queryString'), 'the event of an AppSync authorizer (this function is for API Gateway)'],
  [has('info'), 'an event of an AppSync resolver'],
  [has('detail-type'), 'an event of EventBridge'],
  [has('awslogs'), 'an event of CloudWatch Logs'],
  [has('ResponseURL'), 'a request of a CloudFormation custom resource'],
  [has('key1'), 'the "hello world" event of the Lambda console'],
  [has('access_token'), "the issuer's answer with the token in it"],
  [has('iss'), 'the claims of a token'],
  [has('TOKEN_ISSUER'), 'settings, which belong into .env'],
  [inContext('elb'), 'an event of an Application Load Balancer'],
];

/** Events of API Gateway and the like that have no `type`. */
const INTEGRATIONS: typeof OTHERS = [
  [inContext('connectionId'), "the event of a WebSocket API's integration"],
  [(event) => /lambda-url/.test(String(membersOf(event.requestContext).domainName)), 'a function URL event'],
  [inContext('http'), 'the event of a Lambda integration (HTTP API, payload 2.0)'],
  [has('httpMethod'), 'the event of a Lambda proxy integration (REST API, or HTTP API with payload 1.0)'],
];

/** Whose event it is, where it is no authorizer's. */
function nameOf(event: JsonObject) {
  if (KINDS.has(event.type)) return undefined;
  const record = membersOf(asList(event.Records)[0]);
  const source = record.eventSource ?? record.EventSource ?? event.eventSource;
  if (record.cf) return { name: 'an event of CloudFront (Lambda@Edge)' };
  if (typeof source === 'string') return { name: `an event of ${source.replace(/^aws:/, '').toUpperCase()}` };
  const kinds = event.type === undefined ? [...OTHERS, ...INTEGRATIONS] : OTHERS;
  const [, name] = kinds.find(([is]) => is(event)) ?? [];
  return name && { name };
}

const arnName = ({ version }: JsonObject) => (version === '2.0' ? 'routeArn' : 'methodArn');
const event =
  (sees: (event: JsonObject) => ReturnType<Sees>): Sees =>
  (facts) =>
    sees(facts.event as JsonObject);
const arnIs = (pattern: RegExp) => event((members) => pattern.test(String(members[arnName(members)] ?? '')));

/** The function needs one whole event. */
export const UNSUPPORTED_EVENT: Table = {
  text: (facts) => typeof facts.event === 'string',
  list: (facts) => Array.isArray(facts.event),
  scalar: (facts) => !isObject(facts.event) && { what: facts.event },
  emptyObject: event((members) => Object.keys(members).length === 0),
  otherService: event(nameOf),
  nested: event((members) => isObject(members.event)),
  mixedVersions: event((members) => 'methodArn' in members && members.version === '2.0'),
  type: event(
    ({ type, methodArn, routeArn }) => !KINDS.has(type) && Boolean(methodArn ?? routeArn) && { type },
  ),
  noArn: event((members) => !(arnName(members) in members) && { name: arnName(members) }),
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
