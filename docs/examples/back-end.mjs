// A back end that answers with who called. REST APIs and payload 1.0 have the context in one place, payload 2.0 in another.
export const handler = async (event) => {
  const { lambda, ...context } = event.requestContext.authorizer;
  const { principalId, scope } = lambda ?? context;
  return { statusCode: 200, body: JSON.stringify({ caller: principalId, scope }) };
};
