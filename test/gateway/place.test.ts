import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { placeOf } from '../../src/gateway/event.ts';
import { type EventKind, eventKind, eventKinds, withMember } from '../support/events.ts';

const eventOf = (kind: EventKind) => kind.event({ authorization: 'Bearer token', arn: kind.arn });
const calling = (kind: EventKind, arn: unknown) => withMember(eventOf(kind), kind.arnMember, arn);

describe('placeOf', () => {
  for (const kind of eventKinds) {
    it(`${kind.name}: which request it was, and nothing else`, () => {
      for (const event of [eventOf(kind), withMember(eventOf(kind), 'type', 'OTHER')]) {
        const place = Object.entries(placeOf(event) ?? {}).filter(([, value]) => value !== undefined);
        assert.deepEqual(Object.fromEntries(place), kind.place);
      }
    });
  }

  it('tells no method that is none: the path may hold anything', () => {
    const kind = eventKind('REST REQUEST');
    for (const method of ['get', 'GETx', 'G-T', '', '$default', '$connectX', '*', 'GET\n', 'ÄÖ']) {
      assert.equal(placeOf(calling(kind, kind.arn.replace('GET', method)))?.method, undefined);
    }
  });

  it('tells the route of its own payload version', () => {
    const both = { resource: '/resource', routeKey: 'GET /route' };
    for (const [version, route] of [
      [undefined, '/resource'],
      ['1.0', '/resource'],
      ['2.0', 'GET /route'],
    ]) {
      assert.equal(placeOf({ ...both, type: 'REQUEST', version })?.route, route);
    }
  });

  it('takes whatever an event is', () => {
    for (const event of [undefined, null, 1, 'x', [], [{}]]) assert.equal(placeOf(event), undefined);
    for (const member of [undefined, null, 1, {}, [], 'arn', ['x']]) {
      const event = { methodArn: member, routeArn: member, resource: member, routeKey: member };
      const place = placeOf({ ...event, requestContext: { requestId: member }, version: '2.0' });
      const { route, apiRequestId, ...others } = place ?? assert.fail();
      const text = typeof member === 'string' ? member : undefined;
      assert.deepEqual([route, apiRequestId], [text, text]);
      assert.deepEqual(new Set(Object.values(others)), new Set([undefined]));
    }
  });
});
