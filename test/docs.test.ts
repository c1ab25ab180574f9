import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readConfig } from '../src/config/config.ts';
import { settingNames } from '../src/config/settings.ts';
import { exists, linksOf, PAGES, page, problemOf, prose, read, words } from './pages.ts';

const withoutUrls = (text: string) => text.replace(/https:\S+/g, '');
const lines = (text: string) => text.trimEnd().split('\n').length;

/** Of pages that are looked up rather than read, and of the first. */
const MOST_LINES = new Map([
  ['README.md', 300],
  ['docs/reference.md', 310],
  ['docs/mistakes.md', 400],
]);

describe('every page of the documentation', () => {
  it('links to what is there', () => {
    const problems = [...PAGES].flatMap(([path, text]) =>
      linksOf(text).flatMap((link) => problemOf(link, path) ?? []),
    );
    assert.deepEqual(problems, []);
  });

  it('defines every reference it uses, and uses every one it defines', () => {
    for (const [path, text] of PAGES) {
      const defined = [...text.matchAll(/^\[([^\]]+)\]: /gm)].map(([, name]) => name);
      const used = [...words(text).matchAll(/\]\[([^\]]+)\]/g)].map(([, name]) => name);
      assert.deepEqual([...new Set(used)].sort(), defined.sort(), path);
    }
  });

  it('names files that are there', () => {
    for (const [path, text] of PAGES) {
      for (const [, name = ''] of withoutUrls(text).matchAll(
        /\b((?:src|scripts|test|docs|\.github|\.ci)\/[\w./-]*[\w/])/g,
      )) {
        assert.ok(exists(name), `${path} names ${name}`);
      }
    }
  });

  it('names commands that are there', () => {
    const { scripts } = JSON.parse(read('package.json'));
    for (const [path, text] of PAGES) {
      if (path === 'docs/changelog.md') continue; // of commands that are gone, too
      for (const [, name = ''] of text.matchAll(/npm run (?:-s )?([\w-]+)/g)) {
        assert.ok(name in scripts, `${path} names npm run ${name}`);
      }
    }
  });

  it('names settings that are there, with values that the function takes', () => {
    const names = new Set(settingNames());
    const required = { TOKEN_ISSUER: 'https://i.example/', JWKS_URI: 'https://i.example/k', AUDIENCE: 'a' };
    for (const [path, text] of PAGES) {
      if (path === 'docs/changelog.md') continue; // of settings that are gone, too
      for (const [, block = ''] of text.matchAll(/^```ini\n(.*?)^```$/gms)) {
        const pairs = block
          .trim()
          .split('\n')
          .map((line) => /^([^=]+)=(.*)$/.exec(line)?.slice(1) ?? [line, '']);
        for (const [name = ''] of pairs) assert.ok(names.has(name), `${path} sets ${name}`);
        assert.doesNotThrow(() => readConfig({ ...required, ...Object.fromEntries(pairs) }), path);
      }
      for (const [, name = '', value = ''] of prose(text).matchAll(
        /`([A-Z]+_[A-Z0-9_]+|AUDIENCE)=([^`…]*)`/g,
      )) {
        if (!names.has(name) && /^(NODE|AWS)_/.test(name)) continue;
        assert.ok(names.has(name), `${path} names ${name}`);
        assert.doesNotThrow(
          () => readConfig({ ...required, [name]: value.replace('\\|', '|') }),
          `${path}: ${name}`,
        );
      }
    }
  });

  it('is no longer than one reads', () => {
    for (const [path, text] of PAGES) {
      const most = MOST_LINES.get(path) ?? 250;
      assert.ok(lines(text) <= most, `${path} has ${lines(text)} lines`);
    }
    const count = page('README.md').split(/\s+/).length;
    assert.ok(count <= 2000, `README.md has ${count} words`);
  });
});
