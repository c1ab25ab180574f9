import { createVerifier } from 'fast-jwt';
import buildGetJwks from 'get-jwks';
import { audience, authorizer, issuer, jwksUri } from './gateway.mjs';

// as in the README of get-jwks, "fast-jwt"

const { origin, pathname } = new URL(jwksUri);
const getJwks = buildGetJwks({ issuersWhitelist: [origin], jwksPath: pathname });

const verify = createVerifier({
  key: ({ header: { kid, alg } }) => getJwks.getPublicKey({ kid, alg, domain: origin }),
  algorithms: ['RS256'],
  allowedIss: issuer,
  allowedAud: audience,
});

export const handler = authorizer((token) => verify(token));
