import { createRemoteJWKSet, jwtVerify } from 'jose';
import { audience, authorizer, issuer, jwksUri } from './gateway.mjs';

// as in its documentation of createRemoteJWKSet

const keys = createRemoteJWKSet(new URL(jwksUri));

export const handler = authorizer(async (token) => {
  const { payload } = await jwtVerify(token, keys, { issuer, audience, algorithms: ['RS256'] });
  return payload;
});
