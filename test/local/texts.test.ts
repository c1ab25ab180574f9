import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parse } from 'dotenv';
import { ADVICE } from '../../scripts/local/advice.ts';
import { readConfig } from '../../src/config/config.ts';
import { SETTINGS } from '../../src/config/settings.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

it('says in whole sentences what to do for each reason', () => {
  for (const cure of Object.values(ADVICE)) assert.match(cure, /^[A-Z].*\.$/);
});

describe('.env.sample', () => {
  const sample = read('.env.sample');
  const names = Object.values(SETTINGS).map(({ name }) => name);

  it('holds every setting, each after a paragraph about it', () => {
    const paragraphs = sample.trim().split('\n\n').slice(1);
    const named = paragraphs.map((paragraph) => {
      const [, text = '', name] = /^((?:# .*\n){1,3})#?([A-Z_]+)=.*$/.exec(paragraph) ?? [];
      assert.match(text.trim(), /^# [A-Z].*([.]|base64,)$/s, paragraph);
      return name;
    });
    assert.deepEqual([...named].sort(), [...names].sort());
  });

  it('sets what is needed, and shows the defaults of the rest', () => {
    const set = parse(sample);
    assert.deepEqual(Object.keys(set), ['TOKEN_ISSUER', 'JWKS_URI', 'AUDIENCE']);
    const all = parse(sample.replace(/^#(?=[A-Z_]+=)/gm, ''));
    assert.deepEqual(readConfig(all), readConfig(set));
    for (const { name, defaultText: preset } of Object.values(SETTINGS) as {
      name: string;
      defaultText?: string;
    }[]) {
      if (!(name in set)) assert.equal(all[name], preset ?? '', name);
    }
  });
});
