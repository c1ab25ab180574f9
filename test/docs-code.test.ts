import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BLOCKS, readComments, withBlocks } from '../scripts/docs.ts';
import { readTemplate, type Template } from '../scripts/template.ts';
import { SETTINGS, type Setting } from '../src/config/settings.ts';
import { REASONS } from '../src/decision.ts';
import { PAGES, page, read } from './pages.ts';

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
