import type { Config } from '../../src/config/config.ts';
import type { Authorizer } from './openapi.ts';
import { type Finding, type Row, row } from './row.ts';
import type { Stage } from './stage.ts';

/** The shape of an access token, with every kind of character that one can have. */
const SAMPLE = 'eyJhbGciOiJSUzI1NiJ9.eyJfIjoiLSJ9.a-Z_09';

/** API Gateway knows headers and query parameters only. */
const HEADERS: Readonly<Record<string, string>> = { cookie: 'Cookie', subprotocol: 'Sec-WebSocket-Protocol' };

const identityOf = ({ kind, label }: Config['tokenSources'][number]) =>
  HEADERS[kind] ? `header:${HEADERS[kind]}` : label;

/** Header names are compared in any case. */
const comparable = (place: string) => (place.startsWith('header:') ? place.toLowerCase() : place);

function validationFinding({ type, validation }: Authorizer, token: string) {
  if (type !== 'TOKEN') return undefined;
  if (!validation) return 'noValidation';
  const [, ignoresCase, pattern = ''] = /^(\(\?i\))?(.*)$/s.exec(validation) ?? [];
  try {
    const isMatch = new RegExp(pattern, ignoresCase && 'i').test(`Bearer ${token || SAMPLE}`);
    return isMatch ? 'validation' : 'wrongValidation';
  } catch {
    return 'unreadValidation';
  }
}

const isProven = ({ tokenBinding }: Config) => /mtls|dpop/.test(tokenBinding);

/** A TOKEN authorizer passes one header to the function; a REST API without a TTL requires no identity source. */
function identityFinding({ type, sources, ttl }: Authorizer, kind: Stage['kind'], config: Config) {
  const places = sources.filter((source) => /^(header|query):/.test(source)).map(comparable);
  const [first = '', ...others] = config.tokenSources.map(identityOf).map(comparable);
  const isToken = others.length === 0 && places.every((place) => place === first);
  const isPassed = isToken || `${first}${others}` === 'header:authorization';
  if (type === 'TOKEN') return isPassed && !isProven(config) ? 'identity' : 'onlyToken';
  if (ttl > 0) return isToken && places.length === 1 ? 'identity' : 'wrongKey';
  return kind === 'REST' || isToken ? 'identity' : 'wrongIdentity';
}

function payloadFinding({ payload, isSimple }: Authorizer, { simpleResponses }: Config) {
  const isSame = payload === '1.0' ? !isSimple : isSimple === simpleResponses;
  return isSame ? 'payload' : 'wrongPayload';
}

/**
 * Whether an authorizer fits the settings of the function.
 *
 * @param token an access token that should be accepted, '' for none
 */
export function checkAuthorizer(one: Authorizer, kind: Stage['kind'], config: Config, token = ''): Row[] {
  const findings: readonly (Finding | false | undefined)[] = [
    identityFinding(one, kind, config),
    one.ttl === 0 || config.policyResource === 'stage' ? 'ttl' : 'wrongTtl',
    validationFinding(one, token),
    isProven(config) && one.ttl > 0 && 'cachedProof',
    isProven(config) && kind === 'WEBSOCKET' && 'noProof',
    kind === 'HTTP' && payloadFinding(one, config),
  ];
  const labels = config.tokenSources.map(({ label }) => label);
  const [shown, mode] = [one.sources.join(', ') || 'nothing', one.isSimple ? 'simple responses' : 'policies'];
  const values = { ...one, ...config, labels, wanted: config.tokenSources.map(identityOf), shown, mode };
  return findings.flatMap((finding) => (finding ? [row('authorizer', finding, values)] : []));
}
