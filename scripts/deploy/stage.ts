import * as v1 from '@aws-sdk/client-api-gateway';
import * as v2 from '@aws-sdk/client-apigatewayv2';
import { type Access, type Route, readDocument } from './openapi.ts';
import { parsed, type Row, row } from './row.ts';
import { standingMethods, standingRoutes } from './standing.ts';

/** What a deployed stage does. */
export interface Stage {
  readonly kind: 'REST' | 'HTTP' | 'WEBSOCKET';
  readonly routes: readonly Route[];
  /** The API's authorizers as they are now: the IDs that belong to a URI. */
  readonly ids: (uri: string) => readonly string[];
  /** What can't be told of this stage, and whether that is as it should be. */
  readonly caveat?: Row;
}

/** API Gateway's two services. */
export interface Gateways {
  readonly rest: v1.APIGatewayClient;
  readonly other: v2.ApiGatewayV2Client;
}

const json = (body: Uint8Array | undefined) => parsed(Buffer.from(body ?? []).toString());

/** What a method's type of authorization in a deployment's summary says (MethodSnapshot). */
const ACCESS: Readonly<Record<string, Access>> = { NONE: 'OPEN', AWS_IAM: 'IAM', CUSTOM: 'unknown' };

/** Of two witnesses of a deployment, the summary knows the type and the export the very authorizer. They must agree. */
function confirm({ key, access }: Route, type: string): Route {
  const told = ACCESS[type] ?? 'another authorizer';
  if (typeof access === 'object') return { key, access: type === 'CUSTOM' ? access : 'unknown' };
  return { key, access: access === told || access === 'OPEN' ? told : 'unknown' };
}

const AS_IT_STANDS = row(
  true,
  'stage',
  'API Gateway does not tell what is deployed in this stage: this is the API as it stands.',
);

/** REST APIs: GetExport "exports a deployed version", GetDeployment "a summary at the time it was created". */
async function readRestStage({ rest }: Gateways, restApiId: string, stageName: string): Promise<Stage> {
  const { deploymentId, canarySettings } = await rest.send(new v1.GetStageCommand({ restApiId, stageName }));
  const parameters = { extensions: 'authorizers' };
  const [{ apiSummary = {} }, exported, { items = [] }] = await Promise.all([
    rest.send(new v1.GetDeploymentCommand({ restApiId, deploymentId, embed: ['apisummary'] })),
    rest.send(new v1.GetExportCommand({ restApiId, stageName, exportType: 'oas30', parameters })),
    rest.send(new v1.GetAuthorizersCommand({ restApiId, limit: 500 })),
  ]);
  // CreateAuthorizer: "if this field is not set, the default value is 300"
  const deployed = readDocument(json(exported.body), 300);
  const summaryOf = ({ key }: Route) => {
    const [method = '', path = ''] = key.split(' ');
    return apiSummary[path]?.[method];
  };
  // a method that is in both, and that neither says anything of
  const isUntold = (route: Route) => {
    const summary = summaryOf(route);
    return route.access === 'OPEN' && summary !== undefined && !summary.authorizationType;
  };
  const isTold = !deployed.some(isUntold);
  const standing = isTold ? [] : await standingMethods(rest, restApiId, items);
  const routes = deployed.map((route) => {
    if (isUntold(route)) return standing.find(({ key }) => key === route.key) ?? route;
    const type = summaryOf(route)?.authorizationType;
    return type ? confirm(route, type) : route;
  });
  const share = canarySettings?.percentTraffic;
  const caveat = share
    ? row(false, 'stage', `A canary serves ${share} %; its deployment was not looked at.`)
    : AS_IT_STANDS;
  return {
    kind: 'REST',
    routes,
    ids: (uri) => items.flatMap(({ authorizerUri, id }) => (authorizerUri === uri && id ? [id] : [])),
    ...((share || !isTold) && { caveat }),
  };
}

async function readV2Authorizers({ other }: Gateways, ApiId: string) {
  const { Items = [] } = await other.send(new v2.GetAuthorizersCommand({ ApiId, MaxResults: '500' }));
  const ids = (uri: string) =>
    Items.flatMap(({ AuthorizerUri, AuthorizerId }) =>
      AuthorizerUri === uri && AuthorizerId ? [AuthorizerId] : [],
    );
  return { Items, ids };
}

/** HTTP APIs: ExportApi with a stage's name exports what is deployed there. */
async function readHttpStage(gateways: Gateways, ApiId: string, StageName: string): Promise<Stage> {
  const { other } = gateways;
  await other.send(new v2.GetStageCommand({ ApiId, StageName }));
  const { Items, ids } = await readV2Authorizers(gateways, ApiId);
  const specification = { ApiId, StageName, Specification: 'OAS30', OutputType: 'JSON' };
  try {
    const exported = await other.send(new v2.ExportApiCommand({ ...specification, IncludeExtensions: true }));
    return { kind: 'HTTP', routes: readDocument(json(exported.body), 0), ids };
  } catch (error) {
    // the stage is there, and so it is the export that is not
    if (!(error instanceof v2.NotFoundException)) throw error;
    return { kind: 'HTTP', routes: await standingRoutes(other, ApiId, Items), ids, caveat: AS_IT_STANDS };
  }
}

/** WebSocket APIs: only $connect is authorized; an export exists for HTTP APIs alone. */
async function readWebSocketStage(gateways: Gateways, ApiId: string, StageName: string): Promise<Stage> {
  const { other } = gateways;
  await other.send(new v2.GetStageCommand({ ApiId, StageName }));
  const { Items, ids } = await readV2Authorizers(gateways, ApiId);
  const routes = await standingRoutes(other, ApiId, Items);
  const connect = routes.find(({ key }) => key === '$connect') ?? { key: '$connect', access: 'OPEN' };
  return { kind: 'WEBSOCKET', routes: [connect], ids, caveat: AS_IT_STANDS };
}

/**
 * Reads what is deployed in a stage.
 *
 * @throws what AWS says: no such API, no such stage, no permission
 */
export async function readStage(gateways: Gateways, api: string, stage: string): Promise<Stage> {
  try {
    await gateways.rest.send(new v1.GetRestApiCommand({ restApiId: api }));
  } catch (error) {
    if (!(error instanceof v1.NotFoundException)) throw error;
    const { ProtocolType } = await gateways.other.send(new v2.GetApiCommand({ ApiId: api }));
    return (ProtocolType === 'HTTP' ? readHttpStage : readWebSocketStage)(gateways, api, stage);
  }
  return readRestStage(gateways, api, stage);
}
