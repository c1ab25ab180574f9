import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { BLOCKS, readComments, withBlocks } from '../scripts/docs.ts';
import { readTemplate, type Template } from '../scripts/template.ts';
import { SETTINGS, type Setting } from '../src/config/settings.ts';
import { REASONS } from '../src/decision.ts';
import { PAGES, page, read } from './pages.ts';
import { eventKind } from './support/events.ts';
import { startInProcess } from './support/in-process.ts';
import { startWorld } from './support/suite.ts';

const SAMPLE = read('.env.sample');
const ROWS: readonly Setting<unknown>[] = Object.values(SETTINGS);

/** Of both templates. */
const PARAMETERS = Object.assign(
  {},
  ...['template', 'extras'].map((name) => readTemplate(read(`scripts/deploy/${name}.yaml`)).Parameters),
) as Template['Parameters'];

describe('the documentation and the code', () => {
  it('npm run docs would write each page as it is', () => {
    for (const [path, blocks] of Object.entries(BLOCKS)) {
      assert.equal(withBlocks(page(path), blocks), page(path), path);
    }
  });

  it('each setting has a comment and its default in .env.sample', () => {
    assert.deepEqual([...readComments(SAMPLE).keys()].sort(), ROWS.map(({ name }) => name).sort());
    const defaults = new Map(ROWS.map(({ name, defaultText = '' }) => [name, defaultText]));
    for (const [, name = '', value] of SAMPLE.matchAll(/^#([A-Z]\w+)=(.*)$/gm)) assert.equal(value, defaults.get(name));
  });

  it('each parameter that a page sets is one of the template', () => {
    for (const [path, text] of PAGES) {
      for (const [, name = ''] of text.matchAll(/`([A-Z][a-z]\w+)=[^`]*`/g)) {
        assert.ok(name in PARAMETERS, `${path} names the parameter ${name}`);
      }
    }
  });

  it('each reason has one row on the page for whoever is on call, and one in the reference', () => {
    const rowsOf = (path: string, heading: string) => {
      const [, section = ''] = page(path).split(`\n## ${heading}\n`);
      const [table = ''] = section.split('\n## ');
      return [...table.matchAll(/^\| `(\w+)` \|/gm)].flatMap(([, name = '']) => (name === 'reason' ? [] : name));
    };
    const reasons = Object.keys(REASONS);
    assert.deepEqual(rowsOf('docs/on-call.md', 'Reasons'), reasons);
    const unchecked = ['authorized', 'keys_unavailable', 'internal_error'];
    const checked = reasons.filter((reason) => !unchecked.includes(reason));
    assert.deepEqual(rowsOf('docs/reference.md', 'What is checked'), checked);
  });
});

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
  assert.ok(page('docs/on-call.md').includes(`| ${line.reason} | ${line.detail} |`), line.detail);
});
