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

  const wrong = [
    'api.example.com',
    'https:/api.example.com',
    'https:api.example.com',
    'https://',
    'http://api.example.com',
    'ftp://api.example.com',
    'wss://api.example.com',
    'file:///opt',
    'https://api.example.com?a',
    'https://api.example.com/?',
    'https://api.example.com/#',
    'https://user@api.example.com',
    'https://user:password@api.example.com',
    'https://api.example.com/a b',
    'https:\\\\api.example.com',
    'https://api.example.com\\v1',
    'https://{host}/v1',
    'https://api.example.com/{stage}',
    '"https://api.example.com"',
    'https://api.example.com,,https://b.example',
    'https://api.example.com,',
  ];
  for (const DPOP_URLS of wrong) {
    it(`is a mistake: ${DPOP_URLS}`, () => {
      const [problem = '', ...others] = problemsWith({ ...DPOP, DPOP_URLS });
      assert.deepEqual(others, []);
      assert.match(problem, /^DPOP_URLS is "/);
    });
  }
});

describe('TOKEN_BINDING with DPoP', () => {
  for (const TOKEN_BINDING of ['dpop', 'dpop-only']) {
    it(`${TOKEN_BINDING} needs DPOP_URLS`, () => {
      const [problem = '', ...others] = problemsWith({ TOKEN_BINDING });
      assert.deepEqual(others, []);
      assert.match(
        problem,
        /^DPOP_URLS is not set; set it to the https: URLs .* \(it is needed with TOKEN_BINDING dpop or dpop-only\)$/,
      );
    });

    for (const TOKEN_SOURCE of ['header:X-Token', 'cookie:t', 'header:Authorization,cookie:t', 'query:t']) {
      it(`${TOKEN_BINDING} accepts no TOKEN_SOURCE=${TOKEN_SOURCE}`, () => {
        const [problem = '', ...others] = problemsWith({ ...DPOP, TOKEN_BINDING, TOKEN_SOURCE });
        assert.deepEqual(others, []);
        assert.match(problem, /^TOKEN_SOURCE is .*; set it to header:Authorization alone \(.*TOKEN_BINDING/);
      });
    }

    it(`${TOKEN_BINDING} accepts the default, written out`, () =>
      assert.deepEqual(problemsWith({ ...DPOP, TOKEN_BINDING, TOKEN_SOURCE: 'header:authorization' }), []));
  }

  for (const TOKEN_BINDING of [undefined, 'refuse', 'mtls', 'mtls-only', 'ignore']) {
    it(`DPOP_URLS is a mistake beside ${TOKEN_BINDING ?? 'the default'}`, () => {
      const [problem = '', ...others] = problemsWith({ ...DPOP, TOKEN_BINDING });
      assert.deepEqual(others, []);
      assert.match(problem, /^DPOP_URLS is .*; remove it \(it is for use with TOKEN_BINDING dpop or dpop-only\)$/);
    });
  }

  it('a mistake in TOKEN_BINDING is told alone', () =>
    assert.equal(problemsWith({ ...DPOP, TOKEN_BINDING: 'DPOP' }).length, 1));
});
