import { quote } from '../entry.ts';
import { isOpenTo, type Route } from '../route.ts';
import type { Spills } from './spills.ts';

/** Whether some scopes open two routes and not a third; the scopes of an alternative of each will tell. */
function opensBoth(one: Route, other: Route, third: Route): boolean {
  const alone = ({ alternatives }: Route) => alternatives.filter((scopes) => !isOpenTo(third, new Set(scopes)));
  const others = alone(other);
  return alone(one).some((scopes) => others.some((more) => !isOpenTo(third, new Set([...scopes, ...more]))));
}

/** Why a map is refused for `stage`, and what helps. */
function sentence(first: Route, second: Route, third: Route): string {
  const [one, two, three] = [first, second, third].map(({ entry }) => quote(entry));
  const [names, why] =
    first === third
      ? [`${one} and ${two}`, 'the pattern of each matches requests of the other']
      : [
          `${one}, ${two} and ${three}`,
          'the pattern of the first matches requests of the second, and the pattern of the second those of the third',
        ];
  const help = 'require the same scopes for two of them, or set POLICY_RESOURCE=method with a TTL of 0';
  return `${names} can't be expressed exactly in one policy: IAM's * crosses slashes, so ${why}; ${help}`;
}

/**
 * Finds what no single policy can express exactly: a first route is open, its pattern matches requests of a
 * second route, which is closed, and the pattern of the second matches requests of a third, which is open. No
 * Deny may match the third, so none is left for the second. Every other map can be expressed: see `compile`.
 *
 * @returns a sentence for each route that can be the second; the first and the third may be one
 */
export function inexactness(spills: Spills): string[] {
  const into = new Map<Route, Route[]>([...spills.keys()].map((route) => [route, []]));
  for (const [route, list] of spills) for (const { over } of list) into.get(over)?.push(route);
  return [...spills].flatMap(([middle, list]) => {
    if (isOpenTo(middle, new Set())) return [];
    const pairable = (routes: readonly Route[]) => routes.filter((route) => opensBoth(route, route, middle));
    const thirds = pairable(list.map(({ over }) => over));
    for (const first of thirds.length > 0 ? pairable(into.get(middle) ?? []) : []) {
      const third = thirds.find((route) => opensBoth(first, route, middle));
      if (third) return [sentence(first, middle, third)];
    }
    return [];
  });
}
