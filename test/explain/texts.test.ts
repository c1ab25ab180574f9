import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parse } from 'dotenv';
import { adviceRows, REASON_ADVICE } from '../../scripts/explain/advice.ts';
import { SETTINGS_WRONG } from '../../scripts/explain/settings.ts';
import { textOf } from '../../scripts/facts/table.ts';
import { TABLES } from '../../scripts/local/explain.ts';
import { readConfig } from '../../src/config/config.ts';
import { SETTINGS } from '../../src/config/settings.ts';
import { REASONS } from '../../src/decision.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const rows = read('docs/mistakes.md')
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .slice(2)
  .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()));

describe('docs/mistakes.md', () => {
  it('has a text for each mistake that is recognized', () => {
    const tables = { ...TABLES, settings: SETTINGS_WRONG };
    for (const [reason, table] of Object.entries(tables)) {
      for (const name of Object.keys(table)) assert.ok(textOf(reason, name).problem, `${reason} ${name}`);
    }
  });

  it('has no text that nothing prints', () => {
    const code = [
      'local.ts',
      'local/folder.ts',
      'local/command.ts',
      'local/event-file.ts',
      'local/env-file.ts',
      'local/input.ts',
      'local/settings.ts',
    ]
      .map((path) => read(`scripts/${path}`))
      .join('');
    const recognized = new Set(
      Object.entries({ ...TABLES, settings: SETTINGS_WRONG }).flatMap(([reason, table]) =>
        Object.keys(table).flatMap((name) => [`${reason} ${name}`, `any ${name}`]),
      ),
    );
    for (const [, reason = '', name = ''] of rows) {
      const isPrinted = name === 'general' || recognized.has(`${reason} ${name}`) || code.includes(`'${name}'`);
      assert.ok(isPrinted, `${reason} ${name}`);
    }
  });

  it('has four cells in each row, and no row twice', () => {
    for (const row of rows) assert.equal(row.length, 6, row.join('|'));
    const names = rows.map(([, reason, name]) => `${reason} ${name}`);
    assert.equal(new Set(names).size, names.length);
  });
});

describe('REASON_ADVICE', () => {
  it('says what is wrong and what to do for each reason, without a gap to fill', () => {
    assert.deepEqual(Object.keys(REASON_ADVICE), Object.keys(REASONS));
    for (const [reason, { problem, remedy }] of Object.entries(REASON_ADVICE)) {
      assert.match(problem, /^[A-Z].*\.$/, reason);
      assert.match(remedy, /^[A-Z].*\.$/, reason);
      assert.doesNotMatch(problem + remedy, /(?<!\$)\{/, reason);
    }
  });

  it('makes rows of Markdown', () => {
    const markdown = adviceRows();
    assert.equal(markdown.length, Object.keys(REASONS).length);
    for (const row of markdown) assert.match(row, /^\| `\w+` \| .* \| .* \|$/);
  });
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
