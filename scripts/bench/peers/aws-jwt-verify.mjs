import { JwtVerifier } from 'aws-jwt-verify';
import { audience, authorizer, issuer, jwksUri } from './gateway.mjs';

// as in its README, "API Gateway Lambda Authorizer", with the verifier for any issuer

const verifier = JwtVerifier.create({ issuer, audience, jwksUri });

export const handler = authorizer((token) => verifier.verify(token));
