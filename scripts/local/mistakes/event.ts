import { isObject } from '../../../src/json.ts';
import type { Facts } from '../facts.ts';
import { type Maybe, plain, say, type Words, wordsFor } from '../say.ts';
import { unlistedRoute } from './scopes.ts';

const ARN = 'arn:aws:execute-api:REGION:ACCOUNT:API_ID/STAGE/METHOD/PATH';
const SAMPLE = 'Copy event.json.sample to event.json, and put the token in the place of ACCESS_TOKEN.';

/** What functions get from elsewhere, by what only that has in it. */
const OTHERS: Words = [
  [/"triggerSource":/, 'a Cognito user pool'],
  [/"queryString":/, 'AppSync (this function is for API Gateway)'],
  [/"eventSource":"aws:/i, 'S3, SQS, SNS or the like'],
  [/"(httpMethod|http|elb)":/, 'a Lambda integration or a load balancer'],
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
  const other = isAuthorizer ? undefined : wordsFor(OTHERS, JSON.stringify(event));
  if (other) return say`event.json contains an event of ${plain(other)}, not the event of an authorizer.\nUse event.json.sample: the token in authorizationToken, after "Bearer ".`;
  if (cause?.problem === 'mixed_versions') return say`The event says version 2.0 and has a methodArn, which belongs to version 1.0: a local emulator may mix them.\nSet one payload format version for the authorizer. Version 2.0 has a routeArn in its place.`;
  const misnamed = Object.keys(event).find((each) => /^method_?arn$/i.test(each) && each !== 'methodArn');
  if (misnamed) return say`event.json has "${misnamed}", and no methodArn.\nRename it: names are compared exactly, methodArn.`;
  if (!type && !authorizationToken) return say`event.json does not contain the event of an authorizer: it has no type and no token, but ${Object.keys(event)}.\n${SAMPLE}`;
  if (!arn) return say`event.json has no ${name}.\nAdd "${name}", the ARN of the method that is called: ${ARN}`;
  if (/^cache_key/.test(cause?.problem ?? '')) return say`${sentence}\nIn event.json they are the values of identitySource; npm start -- --event http writes such an event.`;
  if (cause?.problem === 'unnameable_stage') return say`${sentence}\nCorrect the API's ID and the stage in it, or: ${propose({ POLICY_RESOURCE: 'method' })} in ${file}`;
  return say`The ${name} in event.json is not the ARN of a method: ${arn}.\nWrite the ARN of the method: ${ARN}`;
}

/** A policy must be able to name the request. */
export function unsupportedResource(facts: Facts): Maybe {
  const { cause, sentence, propose } = facts;
  if (cause?.problem === 'indistinguishable') return unlistedRoute(facts);
  if (cause?.problem === 'pattern_too_long') return say`${sentence}\nShorten the entry or the name of the stage, or set POLICY_RESOURCE=method with a TTL of 0.`;
  return say`In event.json: ${sentence}\nIf that is a pattern, write a path as a caller does. If such paths are right: ${propose({ POLICY_RESOURCE: 'stage' })}`;
}
