/**
 * What every peer has around its library, so that only the libraries differ: the bearer token out of the event,
 * `Unauthorized` for whatever `verify` throws, and the same Allow policy.
 */
export const authorizer =
  (verify) =>
  async ({ authorizationToken, methodArn }) => {
    let claims;
    try {
      claims = await verify(/^Bearer +(\S+)$/i.exec(authorizationToken)[1]);
    } catch {
      throw new Error('Unauthorized');
    }
    return allow(methodArn, claims);
  };

export const allow = (methodArn, { sub, scope = '' }) => ({
  principalId: sub,
  policyDocument: {
    Version: '2012-10-17',
    Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: methodArn }],
  },
  context: { scope },
});

/** The same settings as the function's. */
export const { TOKEN_ISSUER: issuer, JWKS_URI: jwksUri, AUDIENCE: audience } = process.env;
