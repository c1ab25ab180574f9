import FINDINGS from './findings.json' with { type: 'json' };

/** One thing that was looked at: in a word or two, what was seen in a sentence, and what to do about it. */
export interface Row {
  readonly what: string;
  readonly says: string;
  /** What to set or to run; only if something is wrong. */
  readonly cure?: string;
  /** Whether it may be meant: `--accept WHAT` then makes it right. */
  readonly isAcceptable?: boolean;
}

export type Finding = keyof typeof FINDINGS;

/**
 * A row with a text of findings.json. There ` -> ` stands before what to do about something wrong, and ` => ` before
 * what to do about something wrong that may be meant.
 *
 * @param values what replaces `{name}` in the text
 */
export function row(what: string, finding: Finding, values: object = {}): Row {
  const given: Readonly<Record<string, unknown>> = { ...values };
  const replaced = (whole: string, name: string) => [given[name] ?? whole].flat().join(', ');
  const fill = (text: string) => text.replace(/\{(\w+)\}/g, replaced);
  const [says = '', arrow, cure] = FINDINGS[finding].split(/ (->|=>) /);
  if (cure === undefined) return { what, says: fill(says) };
  const isAcceptable = arrow === '=>';
  const accept = isAcceptable ? ` If it is meant: --accept '${what}'.` : '';
  return { what, says: fill(says), cure: fill(cure) + accept, isAcceptable };
}

/** What to do about an error of AWS, by its name and message. */
const CURES: readonly (readonly [RegExp, string])[] = [
  [/TooManyRequests|Throttl/, 'Lambda throttles the function (callers get 500): raise ReservedConcurrency.'],
  [/AccessDenied|NotAuthorized|Forbidden/, 'Permit this call: docs/deploy.md, "Check it", has the policy.'],
  [/NotFound/, 'Correct the name or ID, --region or --profile.'],
  [/Credential|Token|Region/, 'Give credentials and a region, as for aws. Try: aws sts get-caller-identity'],
];

/** Rows. A call that failed becomes a row as well, so that it hides no others. */
export async function attempt(
  what: string,
  look: () => Promise<readonly Row[]> | readonly Row[],
  finding: 'unseen' | 'unseenStage' | 'noKey' = 'unseen',
): Promise<readonly Row[]> {
  try {
    return await look();
  } catch (thrown) {
    const error = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
    const [, cure = 'Run the check again.'] = CURES.find(([pattern]) => pattern.test(error)) ?? [];
    return [row(what, finding, { error, cure })];
  }
}
