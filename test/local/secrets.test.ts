import assert from 'node:assert/strict';
import { it } from 'node:test';
import { run, useSite } from './world.ts';

const site = useSite();

it('shows no password and no query of a JWKS_URI, right or wrong', async () => {
  const host = site.origin.replace('http://', '');
  const uris = [
    `https://user:S3CRET/S3CRET@${host}/j`,
    `ftp://${host}/j#S3CRET`,
    `http://${host}/j?key=S3CRET`,
    `${host}/j?key=S3CRET`,
    `"http://${host}/j?key=S3CRET"`,
    `http://keycloak:8080/j?key=S3CRET`,
    `http://${host}/j?key=S3CRET, http://${host}/k?key=S3CRET`,
    'data:application/json,{"S3CRET":1}',
    '{"S3CRET":1}',
    `https://TENANT.example/j?key=S3CRET`,
  ];
  for (const JWKS_URI of uris) {
    const { output, isPermitted } = await run(site, { env: { JWKS_URI: JWKS_URI.replace(/^"(.*)"$/, "'$1',") } });
    assert.equal(isPermitted, false, JWKS_URI);
    assert.doesNotMatch(output, /S3CRET/, JWKS_URI);
    assert.match(output, /What is wrong: .*\nWhat to do: ./, JWKS_URI);
  }
});

it('shows no password of DPOP_URLS', async () => {
  for (const DPOP_URLS of ['https://user:S3CRET@a.example/', 'user:S3CRET@a.example', 'http://a.example/?S3CRET; b']) {
    const { output } = await run(site, { env: { DPOP_URLS, TOKEN_BINDING: 'dpop' } });
    assert.match(output, /What is wrong: DPOP_URLS.*\nWhat to do: ./);
    assert.doesNotMatch(output, /S3CRET/);
  }
});

it('explains any event, and breaks down at none', async () => {
  for (const event of [
    null,
    7,
    [],
    {},
    'x',
    { type: 'REQUEST' },
    { type: 'TOKEN', methodArn: 7 },
    { type: 'REQUEST', version: '2.0', routeArn: 'x' },
    { type: 'REQUEST', headers: 7, methodArn: 'x' },
  ]) {
    const { output } = await run(site, { event: () => event });
    assert.match(output, /What is wrong: .*\nWhat to do: ./, JSON.stringify(event));
  }
});
