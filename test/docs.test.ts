import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { readSample, withBlocks } from '../scripts/docs.ts';
import { readConfig } from '../src/config/config.ts';
import { SETTINGS, type Setting, settingNames } from '../src/config/settings.ts';
import { REASONS } from '../src/reasons.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const markdownIn = (folder: string) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.md'))
    .map((name) => normalize(`${folder}/${name}`));

const PAGES = new Map(['.', 'docs', '.github'].flatMap(markdownIn).map((path) => [path, read(path)]));
const SAMPLE = readSample(read('.env.sample'));
const ROWS: readonly Setting<unknown>[] = Object.values(SETTINGS);

const page = (path: string): string => PAGES.get(path) ?? assert.fail(`There is no page ${path}.`);
/** What a page says beside its examples, and beside code in a line. */
const prose = (text: string) => text.replace(/^```.*?^```$/gms, '');
const words = (text: string) => prose(text).replace(/`[^`\n]*`/g, '');
const withoutUrls = (text: string) => text.replace(/https:\S+/g, '');
const lines = (text: string) => text.trimEnd().split('\n').length;

/** The anchors of a page, as GitHub makes them: one that comes again gets a number. */
function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of prose(text).matchAll(/^#{1,6} +(.+?) *$/gm)) {
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** The targets of links, inline and by reference. */
const linksOf = (text: string) =>
  [...words(text).matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: +(\S+)$/gm)].map(([, inline, listed]) =>
    String(inline ?? listed),
  );

/** What is wrong with a link, if anything. */
function problemOf(link: string, from: string): string | undefined {
  if (/^https:\/\//.test(link)) return undefined;
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? from : normalize(join(dirname(from), path));
  if (!existsSync(join(ROOT, target))) return `${from} links to ${link}, which is not there`;
  if (anchor === undefined || anchorsOf(page(target)).has(anchor)) return undefined;
  return `${from} links to ${link}, and ${target} has no such heading`;
}

describe('every page', () => {
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
        assert.ok(existsSync(join(ROOT, name)), `${path} names ${name}`);
      }
    }
  });

  it('names commands that are there', () => {
    const { scripts } = JSON.parse(read('package.json'));
    for (const [path, text] of PAGES) {
      for (const [, name = ''] of text.matchAll(/npm run (?:-s )?([\w-]+)/g)) {
        assert.ok(name in scripts, `${path} names npm run ${name}`);
      }
    }
  });

  it('names settings that are there, with values that the function takes', () => {
    const names = new Set(settingNames());
    const required = { TOKEN_ISSUER: 'https://i.example/', JWKS_URI: 'https://i.example/k', AUDIENCE: 'a' };
    for (const [path, text] of PAGES) {
      if (path === normalize('docs/changelog.md')) continue; // of settings that are gone, too
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
      const most = path === normalize('docs/reference.md') ? 310 : path === 'README.md' ? 300 : 250;
      assert.ok(lines(text) <= most, `${path} has ${lines(text)} lines`);
    }
    const count = page('README.md').split(/\s+/).length;
    assert.ok(count <= 2000, `README.md has ${count} words`);
  });
});

describe('what is written in one place', () => {
  it('the tables of the reference: npm run docs writes them anew', () => {
    const text = page(normalize('docs/reference.md'));
    assert.equal(withBlocks(text, read('.env.sample')), text);
  });

  it('each setting has a comment and its default in .env.sample', () => {
    assert.deepEqual([...SAMPLE.keys()].sort(), ROWS.map(({ name }) => name).sort());
    for (const row of ROWS) {
      const { comment = '', value, isCommentedOut } = SAMPLE.get(row.name) ?? {};
      assert.notEqual(comment, '', row.name);
      if (isCommentedOut) assert.equal(value, row.default ?? '', row.name);
    }
  });

  it('each setting is a parameter of the template, with the same default', () => {
    const tag = (name: string) => ({ tag: name, identify: () => false, resolve: (value: unknown) => value });
    const customTags = [
      '!Ref',
      '!Sub',
      '!If',
      '!Equals',
      '!Not',
      '!And',
      '!Or',
      '!GetAtt',
      '!Join',
      '!Split',
    ].flatMap((name) => [
      { ...tag(name), resolve: (value: string) => value },
      { ...tag(name), collection: 'seq' as const },
      { ...tag(name), collection: 'map' as const },
    ]);
    const { Parameters } = parse(read('scripts/deploy/template.yaml'), { customTags, logLevel: 'silent' });
    for (const row of ROWS) {
      const name = row.name
        .toLowerCase()
        .replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());
      assert.ok(name in Parameters, `The template has no parameter ${name}`);
      const isRequired = row.default === undefined && !('none' in row);
      if (!isRequired) assert.equal(String(Parameters[name].Default), row.default ?? '', name);
    }
  });

  it('each reason has one row on the page for whoever is on call, and one in the reference', () => {
    const rowsOf = (path: string, heading: string) => {
      const [, section = ''] = page(normalize(path)).split(`\n## ${heading}\n`);
      const [table = ''] = section.split('\n## ');
      return [...table.matchAll(/^\| `(\w+)` \|/gm)].flatMap(([, name = '']) =>
        name === 'reason' ? [] : name,
      );
    };
    const reasons = Object.keys(REASONS);
    assert.deepEqual(rowsOf('docs/on-call.md', 'Reasons'), reasons);
    const unchecked = ['authorized', 'keys_unavailable', 'internal_error'];
    const checked = reasons.filter((reason) => !unchecked.includes(reason));
    assert.deepEqual(rowsOf('docs/reference.md', 'What is checked'), checked);
  });
});
