import * as v2 from '@aws-sdk/client-apigatewayv2';
import { type Row, row } from './row.ts';

const plain = (url: string) => url.replace(/\/$/, '');

/**
 * Compares `DPOP_URLS` with the URLs by which API Gateway serves a stage: that of the API itself, and each domain name
 * with a mapping to the stage.
 *
 * @param urls `DPOP_URLS`
 * @param endpoint the host of the API, such as `a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com`
 */
export async function checkDomains(
  client: v2.ApiGatewayV2Client,
  urls: readonly string[],
  { api, stage, endpoint }: Readonly<Record<'api' | 'stage' | 'endpoint', string>>,
): Promise<Row[]> {
  const { Items = [] } = await client.send(new v2.GetDomainNamesCommand({ MaxResults: '500' }));
  const names = Items.map(async ({ DomainName = '' }) => {
    const { Items: mappings = [] } = await client.send(new v2.GetApiMappingsCommand({ DomainName, MaxResults: '500' }));
    const ours = mappings.filter(({ ApiId, Stage }) => ApiId === api && Stage === stage);
    return ours.map(({ ApiMappingKey = '' }) => plain(`https://${DomainName}/${ApiMappingKey}`));
  });
  const own = plain(`https://${endpoint}/${stage.replace('$default', '')}`);
  const mapped = (await Promise.all(names)).flat();
  const served = [own, ...mapped];
  const rows = urls.filter((url) => !served.includes(url)).map((url) => row(url, 'strangeUrl', { served }));
  rows.push(...mapped.filter((url) => !urls.includes(url)).map((url) => row(url, 'missingUrl')));
  return rows.length > 0 ? rows : [row('DPOP_URLS', 'dpopUrls')];
}
