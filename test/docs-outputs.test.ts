import assert from 'node:assert/strict';
import { after, it } from 'node:test';
import { page } from './pages.ts';
import { eventKind } from './support/events.ts';
import { startInProcess } from './support/in-process.ts';
import { startWorld } from './support/suite.ts';

const world = await startWorld();
after(world.issuer.close);
const { token, env } = world;

const ARN = 'arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/prod/GET/pets/7';
const [rest, http] = [eventKind('REST REQUEST'), eventKind('HTTP 2.0')];
const expired = token({ claims: { exp: 1 } });

/** The examples of the reference in JSON, in their order. */
const [allow, deny, simple, line] = [...page('docs/reference.md').matchAll(/^```json\n(.*?)^```$/gms)].map(
  ([, text = '']) => JSON.parse(text),
);

const answerTo = async (event: unknown, settings: Readonly<Record<string, string>>) => {
  const { call } = await startInProcess({ ...env, ...settings });
  return await call(event);
};

it('the reference shows an Allow as the function returns it', async () => {
  const authorization = `Bearer ${token({ claims: { email: 'ann@example.com', realm_access: { roles: ['pets-admin'] } } })}`;
  const { result } = await answerTo(rest.event({ authorization, arn: ARN }), {
    CONTEXT_CLAIMS: 'email, groups=/realm_access/roles',
  });
  assert.deepEqual(result, allow);
});

it('the reference shows a Deny as the function returns it', async () => {
  const event = rest.event({ authorization: `Bearer ${expired}`, arn: ARN });
  assert.deepEqual((await answerTo(event, { INVALID_TOKEN: 'deny' })).result, deny);
});

it('the reference shows a simple response as the function returns it', async () => {
  const event = http.event({ authorization: 'Bearer opaque', arn: ARN });
  assert.deepEqual((await answerTo(event, { SIMPLE_RESPONSES: 'true' })).result, simple);
});

it('the reference and the page on call show a line with the fields that the function writes', async () => {
  const reply = await answerTo(rest.event({ authorization: `Bearer ${expired}`, arn: ARN }), {});
  assert.deepEqual(Object.keys(line), Object.keys(reply.line));
  for (const name of ['level', 'outcome', 'reason', 'apiId', 'stage', 'method', 'principalId', 'detail']) {
    assert.equal(line[name], reply.line[name], name);
  }
  assert.ok(page('docs/on-call.md').includes(`| ${line.reason} | ${line.detail} |`));
});
