import type { EventKind } from './events.ts';

/** What follows the stage in an ARN, and the scopes that open it; none: it is not listed. */
export type Call = readonly [path: string, opens: ((scopes: readonly string[]) => boolean) | undefined];

/** What each route asks. */
export const ROUTE_SCOPES = [
  'GET /request read, POST /request write, GET /pets/{id} read, GET /pets/{id} vet all',
  'ANY /admin/{path+} admin, GET /admin/{path+} audit, GET /me, $connect read',
].join(', ');

export const CALLS: readonly Call[] = [
  ['GET/request', (scopes) => scopes.includes('read')],
  ['POST/request', (scopes) => scopes.includes('write')],
  ['GET/pets/1', (scopes) => scopes.includes('read') || (scopes.includes('vet') && scopes.includes('all'))],
  ['DELETE/admin/a/b', (scopes) => scopes.includes('admin')],
  ['GET/admin/a', (scopes) => scopes.includes('audit')],
  ['GET/me', () => true],
  ['$connect', (scopes) => scopes.includes('read')],
  ['PUT/request', undefined],
  ['GET/others', undefined],
  ['GET/request/', undefined],
  ['get/request', undefined],
  ['GET/ME', undefined],
  ['POST/me', undefined],
];
/** The ARN of a kind's stage, up to the method. */
export const stageOf = ({ stage }: EventKind) => stage.slice(0, -1);
