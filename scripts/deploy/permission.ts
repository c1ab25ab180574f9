import wildcard from 'wildcard-match';
import { members, parsed } from '../json.ts';
import { type Finding, type Row, row } from './row.ts';

const SERVICE = 'apigateway.amazonaws.com';
/** The conditions that are judged; a statement with others is not counted. */
const KNOWN = /^(String|Arn)(Equals|Like) aws:source(arn|account)$/;

/** IAM's `*` crosses every separator, and `?` is one character. */
const covers = (patterns: unknown, value: string): boolean =>
  [patterns].flat().some((pattern) => wildcard(String(pattern), { separator: false })(value));

/** A statement about invocations by API Gateway, or by everybody. */
function readStatement(statement: unknown) {
  const { Effect, Principal, Action, Condition } = members(statement);
  const { Service, AWS } = members(Principal);
  const conditions = Object.entries(members(Condition)).flatMap(([operator, keys]) =>
    Object.entries(members(keys)).map(([key, value]) => [`${operator} ${key.toLowerCase()}`, value] as const),
  );
  const valuesOf = (key: string) => conditions.find(([name]) => name.endsWith(key))?.[1] ?? [];
  return {
    isDeny: Effect === 'Deny',
    isEverybody: [Principal, AWS].flat().includes('*'),
    isRelevant:
      [Principal, AWS, Service].flat().some((one) => one === '*' || one === SERVICE) &&
      covers(Action, 'lambda:InvokeFunction'),
    isKnown: conditions.every(([name]) => KNOWN.test(name)),
    sources: [valuesOf(':sourcearn')].flat().map(String),
    accounts: [valuesOf(':sourceaccount')].flat().map(String),
  };
}
type Statement = ReturnType<typeof readStatement>;

const isFor = ({ sources, accounts }: Statement, arn: string) =>
  (sources.length === 0 || covers(sources, arn)) &&
  (accounts.length === 0 || covers(accounts, arn.split(':')[4] ?? ''));

function wideFinding({ isEverybody, sources }: Statement): Finding[] {
  if (sources.length === 0) return [isEverybody ? 'everybody' : 'noSource'];
  // arn:aws:execute-api:region:account:api/…
  const isWide = (source: string) => /^[^/]*[*?]/.test(source.split(':').slice(4).join(':') || source);
  return sources.some(isWide) ? ['furtherApis'] : [];
}

/**
 * Whether API Gateway may invoke the function, and nobody else.
 *
 * @param policy the function's own policy, as JSON
 * @param arns the ARNs of the authorizers that use it
 */
export function checkPermission(policy: string, arns: readonly string[]): Row[] {
  const statements = [parsed(policy).Statement].flat().map(readStatement);
  const relevant = statements.filter(({ isRelevant }) => isRelevant);
  const allows = relevant.filter(({ isDeny }) => !isDeny);
  const source = arns[0]?.replace(/[^/]*$/, '*') ?? 'arn:…:API_ID/authorizers/*';
  const add = `aws lambda add-permission --function-name NAME --statement-id api --action lambda:InvokeFunction --principal ${SERVICE} --source-arn '${source}'`;
  const isPermitted = arns.length > 0 && arns.every((arn) => allows.some((one) => one.isKnown && isFor(one, arn)));
  const isDenied = relevant.some((one) => one.isDeny && arns.some((arn) => isFor(one, arn)));
  const isClear = allows.every(({ isKnown }) => isKnown);
  const unclear = isClear ? '' : ' (One statement has conditions that this check does not judge.)';
  const found = isDenied ? 'denied' : isPermitted ? 'permission' : 'noPermission';
  const wide = allows.flatMap((one) => wideFinding(one).map((finding) => row('permission', finding, { ...one, add })));
  return [...wide, row('permission', found, { add, unclear })];
}
