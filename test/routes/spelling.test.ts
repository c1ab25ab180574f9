import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isPlain, otherSpellings, plainPath } from '../../src/routes/spelling.ts';
import { matchesResource } from './iam.ts';
import { plainOf, plainWorld, spellingsOf } from './model.ts';

describe('plainPath', () => {
  const PLAIN: Readonly<Record<string, string | undefined>> = {
    '': '',
    '/': '/',
    '//': '/',
    '/pets/': '/pets',
    '/pets//': '/pets',
    '//pets///7/': '/pets/7',
    '/%70ets': '/pets',
    '/%7': '/%7',
    '/%70%65%54%73/%31%2D%2d%5F%7e': '/peTs/1--_~',
    '/\n/': '/\n',
    '/.': undefined,
    '/./pets': undefined,
    '/pets/..': undefined,
    '/a/../pets': undefined,
    '/a/%2e%2E/pets': undefined,
    '/%2e': undefined,
    '/a/.%2e': undefined,
    '//..': undefined,
    '/...': '/...',
    '/.well-known/a.b': '/.well-known/a.b',
    '/a%2Fb': '/a%2Fb',
    '/a@b%40%7C%20%C3%A9%c3%a9%60%5B': '/a@b%40%7C%20%C3%A9%c3%a9%60%5B',
    '/%2561/%252e%252e': '/%2561/%252e%252e',
    '/%%61': '/%a',
  };
  for (const [path, plain] of Object.entries(PLAIN)) {
    it(`is ${plain ?? 'none'} for ${JSON.stringify(path)}`, () => {
      assert.equal(plainPath(path), plain);
      assert.equal(isPlain(path), path === plain);
    });
  }

  it('is what the rule says once more, for every spelling of a small world', () => {
    for (const request of plainWorld.filter((_, at) => at % 29 === 0))
      for (const other of [request, ...spellingsOf(request)]) {
        const plain = plainOf(other);
        const [method = '', path = ''] = [other.split('/')[0], other.slice(other.indexOf('/'))];
        if (method !== '$connect') assert.equal(plainPath(path), plain?.slice(method.length), other);
      }
  });
});

describe('otherSpellings', () => {
  it('match no request in its plain spelling', () => {
    const every = Array.from({ length: 128 }, (_, code) => String.fromCharCode(code)).join('');
    const encoded = Array.from({ length: 256 }, (_, code) => `%${code.toString(16).padStart(2, '0')}`);
    const requests = [...encoded, ...encoded.map((text) => text.toUpperCase())].map((text) => `GET/x/${text}`);
    const patterns = otherSpellings(every);
    for (const request of [...plainWorld, ...requests]) {
      const isDenied = patterns.some((pattern) => matchesResource(pattern, request));
      const isPlainOne = plainOf(request) === request && !request.includes('%60');
      assert.equal(isDenied, !isPlainOne, request);
    }
  });

  it('are few: one for a to o, two for each other letter, digits once', () => {
    const base = otherSpellings('').length;
    assert.equal(otherSpellings('abcdeno').length, base + 1);
    assert.equal(otherSpellings('p5').length, base + 2);
    assert.equal(otherSpellings('z').length, base + 2);
    assert.equal(otherSpellings('/*%@.').length, base);
  });
});
