import { isObject, type JsonObject } from '../../../src/json.ts';
import { asList, type Facts } from '../facts.ts';
import { type Maybe, say } from '../say.ts';
import { unlistedRoute } from './scopes.ts';

const ARN = 'arn:aws:execute-api:REGION:ACCOUNT:API_ID/STAGE/METHOD/PATH';
const SAMPLE = 'Copy event.json.sample to event.json, and put the token in the place of ACCESS_TOKEN.';

const membersOf = (value: unknown): JsonObject => (isObject(value) ? value : {});
const has = (name: string) => (event: JsonObject) => name in event;
const inContext = (name: string) => (event: JsonObject) => name in membersOf(event.requestContext);

/** What functions get from elsewhere, by what only that has. */
const OTHERS: readonly (readonly [is: (event: JsonObject) => boolean, name: string])[] = [
  [has('triggerSource'), 'an event of a Cognito user pool (trigger)'],
  [inContext('queryString'), 'the event of an AppSync authorizer (this function is for API Gateway)'],
  [has('info'), 'an event of an AppSync resolver'],
  [has('detail-type'), 'an event of EventBridge'],
  [has('key1'), 'the "hello world" event of the Lambda console'],
  [has('access_token'), "the issuer's answer with the token in it"],
  [has('iss'), 'the claims of a token'],
  [has('TOKEN_ISSUER'), 'settings, which belong in .env'],
  [inContext('elb'), 'an event of an Application Load Balancer'],
  [inContext('connectionId'), "the event of a WebSocket API's integration"],
  [(event) => /lambda-url/.test(String(membersOf(event.requestContext).domainName)), 'a function URL event'],
  [inContext('http'), 'the event of a Lambda integration (HTTP API, payload 2.0)'],
  [has('httpMethod'), 'the event of a Lambda proxy integration (REST API, or HTTP API with payload 1.0)'],
];

/** Whose event it is, if it is not an authorizer's. */
function nameOf(event: JsonObject): string | undefined {
  const record = membersOf(asList(event.Records)[0]);
  const source = record.eventSource ?? record.EventSource ?? event.eventSource;
  if (record.cf) return 'an event of CloudFront (Lambda@Edge)';
  const service = typeof source === 'string' ? source.replace(/^aws:/, '') : '';
  if (service) return `an event of ${service.length < 4 ? service.toUpperCase() : service}`;
  return OTHERS.find(([is]) => is(event))?.[1];
}

/** What an ARN is that is not one of a method. */
const ARNS: readonly (readonly [pattern: RegExp, what: string])[] = [
  [/^arn:[^:]*:lambda:/, 'is the ARN of a Lambda function'],
  [/^https?:/, 'is a URL'],
  [/^arn:[^:]*:(?!execute-api:)/, 'is the ARN of another service than execute-api'],
  [/^arn:[^:]*:execute-api:[^/]*(\/[^/]*)?$/, 'ends before the method: it names an API or a stage'],
  [/^/, 'is not an ARN'],
];

/** There must be one whole event. */
export function unsupportedEvent({ event, cause, sentence, file, propose }: Facts): Maybe {
  if (Array.isArray(event)) return say`event.json contains a list, not one event.\nLeave one event, without the brackets around it; or: ${SAMPLE}`;
  if (!isObject(event)) return say`event.json contains ${typeof event === 'string' ? 'a text' : event}, not an event.\n${SAMPLE}`;
  const { type, authorizationToken, version } = event;
  const name = version === '2.0' ? 'routeArn' : 'methodArn';
  const arn = event[name];
  const isAuthorizer = type === 'TOKEN' || type === 'REQUEST';
  if (!isAuthorizer && arn) return say`The type in event.json is "${type}", not "TOKEN" or "REQUEST".\nWrite "type": "TOKEN" if the token is in authorizationToken, as in event.json.sample.`;
  const other = isAuthorizer ? undefined : nameOf(event);
  if (other) return say`event.json contains ${other}, not the event of an authorizer.\nUse event.json.sample: the token in authorizationToken, after "Bearer ".`;
  if (isObject(event.event)) return say`event.json contains the event one level too deep, in a member "event".\nLeave only what is in that member.`;
  if (cause?.problem === 'mixed_versions') return say`The event says version 2.0 and has a methodArn, which belongs to version 1.0: a local emulator may mix them.\nSet one payload format version for the authorizer. Version 2.0 has a routeArn in its place.`;
  const misnamed = Object.keys(event).find((each) => /^method_?arn$/i.test(each) && each !== 'methodArn');
  if (misnamed) return say`event.json has "${misnamed}", and no methodArn.\nRename it: names are compared exactly, methodArn.`;
  if (!type && !authorizationToken) return say`event.json does not contain the event of an authorizer: it has no type and no token, but ${Object.keys(event)}.\n${SAMPLE}`;
  if (!arn) return say`event.json has no ${name}.\nAdd "${name}", the ARN of the method that is called: ${ARN}`;
  if (/^cache_key/.test(cause?.problem ?? '')) return say`${sentence}\nIn event.json they are the values of identitySource; npm start -- --event http writes such an event.`;
  if (cause?.problem === 'unnameable_stage') return say`${sentence}\nCorrect the API's ID and the stage in it, or: ${propose({ POLICY_RESOURCE: 'method' })} in ${file}`;
  return say`The ${name} in event.json ${ARNS.find(([pattern]) => pattern.test(String(arn)))?.[1]}.\nWrite the ARN of the method: ${ARN}`;
}

/** A policy must be able to name the request. */
export function unsupportedResource(facts: Facts): Maybe {
  const { event, cause, sentence, propose } = facts;
  if (cause?.problem === 'indistinguishable') return unlistedRoute(facts);
  const { methodArn, routeArn = methodArn } = membersOf(event);
  const stage = propose({ POLICY_RESOURCE: 'stage' });
  if (cause?.problem === 'pattern_too_long') return say`${sentence}\nShorten the entry or the name of the stage, or set POLICY_RESOURCE=method with a TTL of 0.`;
  if (/\{proxy\*\}|\{.*\+\}/.test(String(routeArn))) return say`The ARN in event.json contains the pattern of a route, not a path that was called.\nWrite a path as a caller does, or: ${stage}`;
  if (String(routeArn).length > 512) return say`The ARN in event.json is longer than the 512 characters that a policy can name.\nShorten it, or: ${stage}`;
  return say`The ARN in event.json contains * or ? or \${, which mean something else in a policy.\nName one method, without them, or: ${stage}`;
}
