const Action = 'execute-api:Invoke';
export const allow = (Resource: string | readonly string[]) => ({ Action, Effect: 'Allow', Resource }) as const;
export const deny = (Resource: string | readonly string[]) => ({ Action, Effect: 'Deny', Resource }) as const;
export const denyAllBut = (NotResource: readonly string[]) => ({ Action, Effect: 'Deny', NotResource }) as const;

/** A statement of a policy, as Lambda authorizers return them. */
export type Statement = ReturnType<typeof allow | typeof deny | typeof denyAllBut>;

/** Where the first wildcard of a pattern is; what is before it stands for itself alone. */
export function headLength(pattern: string): number {
  const at = pattern.search(/[*?]/);
  return at < 0 ? pattern.length : at;
}

/** Matches a resource as IAM does: `*` is any number of characters, slashes among them, `?` is one. */
export function matchesResource(pattern: string, resource: string): boolean {
  let at = headLength(pattern);
  let star = -1;
  let retryFrom = 0;
  if (!resource.startsWith(pattern.slice(0, at))) return false;
  for (let position = at; position < resource.length; ) {
    if (pattern[at] === '*') {
      star = at++;
      retryFrom = position;
    } else if (pattern[at] === '?' || pattern[at] === resource[position]) {
      at++;
      position++;
    } else {
      if (star < 0) return false;
      at = star + 1;
      position = ++retryFrom;
    }
  }
  while (pattern[at] === '*') at++;
  return at === pattern.length;
}

/** Whether some text may match two patterns; when in doubt, yes. */
export function mayMeet(one: string, other: string): boolean {
  if (!one.includes('*')) return matchesResource(other, one);
  if (!other.includes('*')) return matchesResource(one, other);
  const length = Math.min(headLength(one), headLength(other));
  return one.slice(0, length) === other.slice(0, length);
}

/** Whether statements permit the call of an ARN: a Deny goes before an Allow (IAM, "Policy evaluation logic"). */
export function permits(statements: readonly Statement[], arn: string): boolean {
  const isAmong = (resources: string | readonly string[]) =>
    [resources].flat().some((pattern) => matchesResource(pattern, arn));
  const effects = statements.filter((statement) =>
    'NotResource' in statement ? !isAmong(statement.NotResource) : isAmong(statement.Resource),
  );
  return effects.length > 0 && effects.every(({ Effect }) => Effect === 'Allow');
}
