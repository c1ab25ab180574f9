import { isObject, type JsonObject } from '../../src/json.ts';
import { asList } from './facts.ts';

/** The members of a value, if it has any. */
const membersOf = (value: unknown): JsonObject => (isObject(value) ? value : {});

/** The types of authorizer events. */
export const KINDS = new Set<unknown>(['TOKEN', 'REQUEST']);

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

const serviceOf = (source: string) => {
  const service = source.replace(/^aws:/, '');
  return service.length < 4 ? service.toUpperCase() : service;
};

/** Whose event it is, where it is no authorizer's. */
export function nameOf(event: JsonObject) {
  if (KINDS.has(event.type)) return undefined;
  const record = membersOf(asList(event.Records)[0]);
  const source = record.eventSource ?? record.EventSource ?? event.eventSource;
  if (record.cf) return { name: 'an event of CloudFront (Lambda@Edge)' };
  if (typeof source === 'string') return { name: `an event of ${serviceOf(source)}` };
  const kinds = event.type === undefined ? [...OTHERS, ...INTEGRATIONS] : OTHERS;
  const [, name] = kinds.find(([is]) => is(event)) ?? [];
  return name && { name };
}
