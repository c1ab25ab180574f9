import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readConfig } from '../../src/config/config.ts';
import { NEEDED, problemsWith } from '../support/settings.ts';

const DPOP = { TOKEN_BINDING: 'dpop', DPOP_URLS: 'https://api.example.com/v1' };

describe('DPOP_URLS', () => {
  const read: Readonly<Record<string, readonly string[]>> = {
    'https://api.example.com': ['https://api.example.com'],
    'https://api.example.com/': ['https://api.example.com'],
    'HTTPS://API.example.com:443/V1/': ['https://api.example.com/V1'],
    'https://api.example.com:8443/%76%2f//': ['https://api.example.com:8443/v%2F/'],
    'http://localhost:3000, http://127.0.0.1:80/a,http://[::1]:8080': [
      'http://localhost:3000',
      'http://127.0.0.1/a',
      'http://[::1]:8080',
    ],
  };
  for (const [DPOP_URLS, urls] of Object.entries(read)) {
    it(DPOP_URLS, () => assert.deepEqual(readConfig({ ...NEEDED, ...DPOP, DPOP_URLS }).dpopUrls, urls));
  }
});

describe('TOKEN_BINDING with DPoP', () => {
  const NEEDED_WITH = 'with TOKEN_BINDING dpop or dpop-only\\)$';
  /** Settings, and the only problem with them. */
  const rows: readonly (readonly [env: Readonly<Record<string, string | undefined>>, problem: RegExp])[] = [
    ...['dpop', 'dpop-only'].flatMap((TOKEN_BINDING) => [
      [
        { TOKEN_BINDING, DPOP_URLS: undefined },
        new RegExp(`^DPOP_URLS is not set; set it to the https: URLs .* \\(it is needed ${NEEDED_WITH}`),
      ] as const,
      ...['header:X-Token', 'cookie:t', 'header:Authorization,cookie:t', 'query:t'].map((TOKEN_SOURCE) => {
        const problem = /^TOKEN_SOURCE is .*; set it to header:Authorization alone \(.*TOKEN_BINDING/;
        return [{ TOKEN_BINDING, TOKEN_SOURCE }, problem] as const;
      }),
    ]),
    ...[undefined, 'refuse', 'mtls', 'mtls-only', 'ignore'].map((TOKEN_BINDING) => {
      return [{ TOKEN_BINDING }, new RegExp(`^DPOP_URLS is .*; remove it \\(it is for use ${NEEDED_WITH}`)] as const;
    }),
    [{ TOKEN_BINDING: 'DPOP' }, /^TOKEN_BINDING is "DPOP"/],
  ];
  for (const [env, expected] of rows) {
    it(JSON.stringify(env), () => {
      const [problem = '', ...others] = problemsWith({ ...DPOP, ...env });
      assert.deepEqual(others, []);
      assert.match(problem, expected);
    });
  }

  it('accepts the default, written out', () => {
    for (const TOKEN_BINDING of ['dpop', 'dpop-only'])
      assert.deepEqual(problemsWith({ ...DPOP, TOKEN_BINDING, TOKEN_SOURCE: 'header:authorization' }), []);
  });
});
