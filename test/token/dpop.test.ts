import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkProof } from '../../src/token/dpop.ts';
import { refusalOf } from '../support/settings.ts';

/** RFC 9449, figures 12 and 13: the token and the proof of a request, and the thumbprint in figure 10. */
const TOKEN = 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU';
const PROOF = [
  'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0Rsc',
  'EJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In',
  '19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN',
  '0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9',
  '.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA',
].join('');
const JKT = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I';
const IAT = 1_562_262_618;

const CONFIG = { dpopUrls: ['https://resource.example.org'], clockTolerance: 0 };
const REQUEST = { token: TOKEN, method: 'GET', path: '/protectedresource', proofs: () => [PROOF] };
const judge = (request: Partial<typeof REQUEST>, now = IAT, jkt = JKT) =>
  refusalOf(() => checkProof({ ...REQUEST, ...request }, jkt, now, CONFIG)).message;

describe("the RFC's own proof", () => {
  it('is verified at its own time', () => assert.equal(judge({}), undefined));

  for (const difference of [60, -30, 0.5]) {
    it(`is verified ${difference} s later`, () => assert.equal(judge({}, IAT + difference), undefined));
  }
  for (const difference of [60.001, 61, -30.001, -31]) {
    it(`is refused ${difference} s later`, () => {
      const said = new RegExp(`iat is ${Math.round(Math.abs(difference))} s ${difference > 0 ? 'behind' : 'ahead of'}`);
      assert.match(String(judge({}, IAT + difference)), said);
    });
  }

  it('is refused for anything else', () => {
    assert.match(String(judge({ method: 'POST' })), /htm/);
    assert.match(String(judge({ path: '/other' })), /htu/);
    assert.match(String(judge({ token: `${TOKEN}x` })), /ath/);
    assert.match(String(judge({}, IAT, JKT.replace('0', '1'))), /jkt/);
    assert.match(String(judge({ proofs: () => [PROOF.replace('.2oW9', '.2oW8')] })), /signature/);
  });
});
