import * as v1 from '@aws-sdk/client-api-gateway';
import * as v2 from '@aws-sdk/client-apigatewayv2';
import { parsed } from '../json.ts';
import { type Authorizer, type Route, readAuthorizer, readDocument } from './openapi.ts';
import { type Row, row } from './row.ts';

export interface Stage {
  readonly kind: 'REST' | 'HTTP' | 'WEBSOCKET';
  readonly routes: readonly Route[];
  /** The API's current authorizers, deployed or not. */
  readonly authorizers: readonly (Authorizer & { readonly id: string | undefined })[];
  /** Whether API Gateway answers preflights itself. */
  readonly hasCors: boolean;
  readonly stages: readonly (string | undefined)[];
  /** What can't be seen of this stage. */
  readonly caveats: readonly Row[];
}

export interface Gateways {
  readonly rest: v1.APIGatewayClient;
  readonly other: v2.ApiGatewayV2Client;
}

/** JSON text with the values of the stage's variables, which the URI of an authorizer may name. */
function filled(json: string | Uint8Array = '', variables: Readonly<Record<string, string>> = {}) {
  const text = Buffer.from(json).toString();
  return parsed(text.replace(/\$\{stageVariables\.(\w+)\}/g, (whole, name) => variables[name] ?? whole));
}

const DEFAULT_TTL = 300; // CreateAuthorizer: "if this field is not set, the default value is 300"

/** REST APIs: GetExport "exports a deployed version". */
async function readRestStage({ rest }: Gateways, restApiId: string, stageName: string): Promise<Stage> {
  const parameters = { extensions: 'authorizers' };
  const [stage, { item: all = [] }, exported, { items = [] }] = await Promise.all([
    rest.send(new v1.GetStageCommand({ restApiId, stageName })),
    rest.send(new v1.GetStagesCommand({ restApiId })),
    rest.send(new v1.GetExportCommand({ restApiId, stageName, exportType: 'oas30', parameters })),
    rest.send(new v1.GetAuthorizersCommand({ restApiId, limit: 500 })),
  ]);
  const { variables, canarySettings: { percentTraffic: share } = {} } = stage;
  const read = (one: v1.Authorizer) => {
    const header = one.identitySource?.replace(/^method\.request\.header\./, '');
    return { id: one.id, ...readAuthorizer(filled(JSON.stringify(one), variables), DEFAULT_TTL, header) };
  };
  return {
    kind: 'REST',
    routes: readDocument(filled(exported.body, variables), DEFAULT_TTL),
    authorizers: items.map(read),
    stages: all.map((one) => one.stageName),
    hasCors: false,
    caveats: share ? [row('canary', 'canary', { share })] : [],
  };
}

/** HTTP APIs: ExportApi exports a stage. WebSocket APIs can't be exported, and only $connect is authorized. */
async function readOtherStage({ other }: Gateways, ApiId: string, StageName: string): Promise<Stage> {
  const all = { ApiId, MaxResults: '500' };
  const [api, { StageVariables: variables }, { Items: stages = [] }, { Items: items = [] }] = await Promise.all([
    other.send(new v2.GetApiCommand({ ApiId })),
    other.send(new v2.GetStageCommand({ ApiId, StageName })),
    other.send(new v2.GetStagesCommand(all)),
    other.send(new v2.GetAuthorizersCommand(all)),
  ]);
  const authorizers = items.map((one) => {
    // the members of an export, but for the first letter
    const json = JSON.stringify(one).replace(/"[A-Z](?=\w+":)/g, (start) => start.toLowerCase());
    return { id: one.AuthorizerId, ...readAuthorizer(filled(json, variables), 0) };
  });
  const names = stages.map((one) => one.StageName);
  const common = { authorizers, stages: names, hasCors: api.CorsConfiguration !== undefined };
  if (api.ProtocolType === 'HTTP') {
    const format = { Specification: 'OAS30', OutputType: 'JSON', IncludeExtensions: true };
    const exported = await other.send(new v2.ExportApiCommand({ ApiId, StageName, ...format }));
    const routes = readDocument(filled(exported.body, variables), 0);
    return { kind: 'HTTP', routes, ...common, caveats: [] };
  }
  const { Items: routes = [] } = await other.send(new v2.GetRoutesCommand(all));
  const { AuthorizationType: type = 'NONE', AuthorizerId } =
    routes.find(({ RouteKey }) => RouteKey === '$connect') ?? {};
  const found = authorizers.find(({ id }) => type === 'CUSTOM' && id === AuthorizerId);
  // WebSocket APIs cache nothing, whatever the TTL
  const access = found ? { ...found, ttl: 0 } : type === 'NONE' ? 'OPEN' : 'IAM';
  const caveats = [row('stage', 'current')];
  return { kind: 'WEBSOCKET', routes: [{ key: '$connect', access }], ...common, caveats };
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
    return readOtherStage(gateways, api, stage);
  }
  return readRestStage(gateways, api, stage);
}
