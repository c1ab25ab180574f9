import jwt from 'jsonwebtoken';
import jwksClient from 'jwks-rsa';
import { audience, authorizer, issuer, jwksUri } from './gateway.mjs';

// the two libraries of this function, used the usual way: jwks-rsa caches and limits, jsonwebtoken gets PEM

const client = jwksClient({ cache: true, rateLimit: true, jwksRequestsPerMinute: 10, jwksUri });

export const handler = authorizer(async (token) => {
  const { kid } = jwt.decode(token, { complete: true }).header;
  const key = await client.getSigningKey(kid);
  return jwt.verify(token, key.getPublicKey(), { audience, issuer, algorithms: ['RS256'] });
});
