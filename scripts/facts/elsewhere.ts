import { isObject } from '../../src/json.ts';
import type { Sees } from './facts.ts';

const TOKEN = /"([^"]+)":\["?(?:Bearer )?eyJ[\w-]+\.eyJ|"([^"]+)":"(?:Bearer )?eyJ[\w-]+\.eyJ/i;
/** Members of a REQUEST event, and how the name of a token is found in their JSON. */
const PLACES = [
  ['header', 'headers', TOKEN],
  ['query', 'queryStringParameters', TOKEN],
  ['cookie', 'headers', /"cookie":"(?:[^"]*; ?)?([^"=;]+)=eyJ[\w-]+\.eyJ/i],
  ['cookie', 'cookies', /"([^"=;]+)=eyJ[\w-]+\.eyJ/],
] as const;

/** A source that TOKEN_SOURCE could name, where the event does hold something like a token. */
export const elsewhere: Sees = ({ event, place }) => {
  if (!isObject(event) || event.type !== 'REQUEST') return undefined;
  const sources = PLACES.flatMap(([kind, member, pattern]) => {
    const [, inList, name = inList] = pattern.exec(JSON.stringify(event[member]) ?? '') ?? [];
    return name === undefined ? [] : [`${kind}:${name}`];
  });
  const source = sources.find((each) => !place.toLowerCase().split(', ').includes(each.toLowerCase()));
  return source && { source, place };
};
