import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readConfig } from '../src/config/config.ts';
import { settingNames } from '../src/config/settings.ts';
import { SENTENCES } from '../src/sentences.ts';
import { exists, linksOf, PAGES, page, problemOf, prose, read, words } from './pages.ts';

const withoutUrls = (text: string) => text.replace(/https:\S+/g, '');
const lines = (text: string) => text.trimEnd().split('\n').length;
const wordCount = (text: string) => text.split(/\s+/).filter(Boolean).length;

/** Of pages that are looked up rather than read, and of the first. */
const MOST_LINES = new Map([
  ['README.md', 220],
  ['docs/reference.md', 350],
  ['docs/issuers.md', 450],
  ['docs/deploy.md', 310],
]);

/** German in English words, or words of ours for what readers call otherwise. What to write instead is behind each. */
const UNWANTED: readonly (readonly [unwanted: RegExp, instead: string])[] = [
  [/\bblanks?\b/i, 'space'],
  [/\b(?:who(?:so)?|what|where|when)ever\b/i, 'anyone who, anything that, if'],
  [/\bbesides\b/i, 'in addition to, next to'],
  [/\b(?:at|in) hand\b/i, 'current, cached'],
  [/(?<!\b(?:there|that|this) )\b(?:is|are|was|were) no (?!longer\b|more\b)/i, "isn't a, aren't"],
  [/\bstands?\b(?! for\b|-)/i, 'is, appears, is written'],
  [/\bthe very\b/i, 'that exact'],
  [/\bhence\b/i, 'so'],
  [/\bspelt\b/i, 'spelled'],
  [/\b(?:becomes?|came) of\b/i, 'how … is handled'],
  [/\b(?:gets?|lets?|letting|getting) in\b/i, 'is accepted, permits'],
  [/\b(?:is|are) due\b/i, 'is expected, must be'],
  [/\basks? (?:of|the (?:function|authorizer))\b/i, 'invokes, requires'],
  [/\bgood tokens?\b/i, 'a valid token'],
  [/\btakes? theirs\b/i, 'use the built-in one'],
  [/\bis told\b/i, 'is reported'],
];

const unwantedIn = (text: string) =>
  UNWANTED.flatMap(([unwanted, instead]) => {
    const found = unwanted.exec(text);
    return found ? [`"${found[0]}" at "${text.slice(found.index, found.index + 40)}": ${instead}`] : [];
  });

describe('every page of the documentation', () => {
  it('links to what is there', () => {
    const problems = [...PAGES].flatMap(([path, text]) => linksOf(text).flatMap((link) => problemOf(link, path) ?? []));
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
      for (const [, name = '', value = ''] of prose(text).matchAll(/`([A-Z]+_[A-Z0-9_]+|AUDIENCE)=([^`…]*)`/g)) {
        if (!names.has(name) && /^(?:NODE|AWS|DD|NEW_RELIC)_/.test(name)) continue;
        assert.ok(names.has(name), `${path} names ${name}`);
        assert.doesNotThrow(() => readConfig({ ...required, [name]: value.replace('\\|', '|') }), `${path}: ${name}`);
      }
    }
  });

  it('is no longer than one reads', () => {
    for (const [path, text] of PAGES) {
      const most = MOST_LINES.get(path) ?? 250;
      assert.ok(lines(text) <= most, `${path} has ${lines(text)} lines`);
    }
    assert.ok(wordCount(page('README.md')) <= 1700, `README.md has ${wordCount(page('README.md'))} words`);
    const docs = [...PAGES].filter(([path]) => path === 'README.md' || path.startsWith('docs/'));
    const all = docs.reduce((sum, [, text]) => sum + wordCount(text), 0);
    assert.ok(all <= 23_700, `All pages together have ${all} words`);
  });

  it('is in plain English, and so are the texts of the settings', () => {
    for (const [path, text] of PAGES) {
      assert.deepEqual(unwantedIn(words(text)), [], path);
    }
    for (const path of ['.env.sample', 'scripts/deploy/template.yaml', 'scripts/deploy/extras.yaml']) {
      assert.deepEqual(unwantedIn(read(path)), [], path);
    }
    for (const [, rows] of Object.entries(SENTENCES)) {
      for (const say of Object.values(rows)) assert.deepEqual(unwantedIn(String(say)), []);
    }
  });
});
