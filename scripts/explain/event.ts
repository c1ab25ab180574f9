import { isObject, type JsonObject } from '../../src/json.ts';
import { asList, type Facts, type Sees, type Table } from '../local/facts.ts';

const member = (value: unknown, name: string): JsonObject => {
  const found = isObject(value) ? value[name] : undefined;
  return isObject(found) ? found : {};
};
const first = (event: JsonObject): JsonObject => {
  const [record] = asList(event.Records);
  return isObject(record) ? record : {};
};

const SERVICES: Readonly<Record<string, string>> = { kafka: 'Kafka', kinesis: 'Kinesis' };

const has = (name: string) => (event: JsonObject) => name in event;
const inContext = (name: string) => (event: JsonObject) => name in member(event, 'requestContext');

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
  [
    (event) => /lambda-url/.test(String(member(event, 'requestContext').domainName)),
    'the event of a function URL',
  ],
  [inContext('http'), 'the event of a Lambda integration (HTTP API, payload 2.0)'],
  [has('httpMethod'), 'the event of a Lambda proxy integration (REST API, or HTTP API with payload 1.0)'],
];

/** Whose event it is, where it is no authorizer's. */
function nameOf(event: JsonObject) {
  if (event.type === 'TOKEN' || event.type === 'REQUEST') return undefined;
  const record = first(event);
  const source = record.eventSource ?? record.EventSource ?? event.eventSource;
  if (record.cf) return { name: 'an event of CloudFront (Lambda@Edge)' };
  if (typeof source === 'string') {
    const service = source.replace(/^aws:|^SelfManaged/i, '').toLowerCase();
    return { name: `an event of ${SERVICES[service] ?? service.toUpperCase()}` };
  }
  const kinds = event.type === undefined ? [...OTHERS, ...INTEGRATIONS] : OTHERS;
  const [, name] = kinds.find(([is]) => is(event)) ?? [];
  return name === undefined ? undefined : { name };
}

const arnOf = ({ event }: Facts) => {
  const { methodArn, routeArn, version } = event as JsonObject;
  return version === '2.0' ? routeArn : methodArn;
};
const arnIs =
  (pattern: RegExp): Sees =>
  (facts) =>
    typeof arnOf(facts) === 'string' && pattern.test(String(arnOf(facts)));

/** The function needs one whole event. */
export const UNSUPPORTED_EVENT: Table = {
  text: ({ event }) => typeof event === 'string',
  list: ({ event }) => Array.isArray(event),
  scalar: ({ event }) => !isObject(event) && { what: event },
  emptyObject: ({ event }) => Object.keys(event as JsonObject).length === 0,
  otherService: ({ event }) => nameOf(event as JsonObject),
  nested: ({ event }) => isObject((event as JsonObject).event),
  mixedVersions: ({ event }) =>
    'methodArn' in (event as JsonObject) && (event as JsonObject).version === '2.0',
  type: ({ event }) => {
    const { type, ...others } = event as JsonObject;
    return (
      type !== 'TOKEN' && type !== 'REQUEST' && ('methodArn' in others || 'routeArn' in others) && { type }
    );
  },
  noArn: (facts) => {
    const name = (facts.event as JsonObject).version === '2.0' ? 'routeArn' : 'methodArn';
    return arnOf(facts) === undefined && { name };
  },
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
