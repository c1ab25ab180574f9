// biome-ignore-all assist/source/organizeImports: what has node:https in it comes first. With that, Node begins to read
// its root certificates, on a thread of its own, and is done or nearly so by the time the keys are asked for: in the
// order of the alphabet a cold start takes some 3 ms of 80 longer (Node 24).
import { fetchJwks } from './jwks-endpoint.ts';
import { createAuthorizer, type Handler } from './authorizer.ts';
import { readConfig } from './config.ts';
import { importKeys } from './key-set.ts';
import { KeySource } from './key-source.ts';
import { createLog } from './log.ts';
import { parseToken, verifySignature } from './token.ts';

/** RFC 7515, A.2: an example of a key and of a token that it signed. The private key is public: never an issuer's. */
const EXAMPLE_KEY = {
  kty: 'RSA',
  n: 'ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ',
  e: 'AQAB',
};
const EXAMPLE_TOKEN =
  'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw';

let isRehearsed = false;

/**
 * Verifies a signature while there is nothing to do but to wait for the keys: what the first token needs is compiled
 * and initialized then, which takes some 2 ms, a hundred times as long as the verification.
 *
 * @throws Refusal where the example is found wrong: nothing else could be judged either, and the process ends
 */
function rehearse(): void {
  if (isRehearsed) return;
  isRehearsed = true;
  const { keys } = importKeys([EXAMPLE_KEY]);
  verifySignature(parseToken(EXAMPLE_TOKEN), keys, 'RS256');
}

const config = readConfig(process.env);
const now = Date.now;
const log = createLog(now);
const fetchKeys = (jwksUri: string, timeout: number) => fetchJwks(jwksUri, timeout, rehearse);
const keySources = config.issuers.map((issuer) => new KeySource({ issuer, config, fetchKeys, now, log }));
for (const source of keySources) source.fetchEarly();

/** The Lambda function: `index.handler`. */
export const handler: Handler = createAuthorizer({ config, keySources, now, log });
