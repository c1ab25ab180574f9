import * as v1 from '@aws-sdk/client-api-gateway';
import * as v2 from '@aws-sdk/client-apigatewayv2';
import { type Access, type Authorizer, type Route, readAuthorizer } from './openapi.ts';

// An API as it stands, deployed or not: for what API Gateway does not tell of a stage.

/** What a type of authorization lets through that names no authorizer of the API's own. */
const ACCESS: Readonly<Record<string, Access>> = { NONE: 'OPEN', AWS_IAM: 'IAM' };

const accessOf = (type: string | undefined, authorizer: Authorizer | undefined): Access =>
  type === 'CUSTOM' ? (authorizer ?? 'unknown') : (ACCESS[type ?? 'NONE'] ?? 'another authorizer');

/** The methods of a REST API. */
export async function standingMethods(
  client: v1.APIGatewayClient,
  restApiId: string,
  authorizers: readonly v1.Authorizer[],
): Promise<Route[]> {
  const routes: Route[] = [];
  for await (const page of v1.paginateGetResources(
    { client, pageSize: 500 },
    { restApiId, embed: ['methods'] },
  )) {
    for (const { path, resourceMethods = {} } of page.items ?? []) {
      for (const [method, { authorizationType, authorizerId }] of Object.entries(resourceMethods)) {
        const found = authorizers.find(({ id }) => id === authorizerId);
        const header = found?.identitySource?.replace(/^method\.request\.header\./, '');
        const authorizer = found && readAuthorizer({ ...found }, 300, header);
        routes.push({ key: `${method} ${path}`, access: accessOf(authorizationType, authorizer) });
      }
    }
  }
  return routes;
}

/** The routes of an HTTP or WebSocket API. */
export async function standingRoutes(
  client: v2.ApiGatewayV2Client,
  ApiId: string,
  authorizers: readonly v2.Authorizer[],
): Promise<Route[]> {
  const { Items = [] } = await client.send(new v2.GetRoutesCommand({ ApiId, MaxResults: '500' }));
  return Items.map(({ RouteKey = '', AuthorizationType, AuthorizerId }) => {
    const found = authorizers.find((one) => one.AuthorizerId === AuthorizerId);
    const members = found && {
      authorizerUri: found.AuthorizerUri,
      identitySource: found.IdentitySource,
      authorizerResultTtlInSeconds: found.AuthorizerResultTtlInSeconds,
      authorizerPayloadFormatVersion: found.AuthorizerPayloadFormatVersion,
      enableSimpleResponses: found.EnableSimpleResponses,
      authorizerCredentials: found.AuthorizerCredentialsArn || undefined,
    };
    return { key: RouteKey, access: accessOf(AuthorizationType, members && readAuthorizer(members, 0)) };
  });
}
