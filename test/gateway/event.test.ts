import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkResource, placeOf, readEvent, readToken } from '../../src/gateway/event.ts';
import { type EventKind, eventKind, eventKinds, withMember } from '../support/events.ts';
import { refusalOf, settingsOf } from '../support/settings.ts';

const CREDENTIAL = 'Bearer token';

const TOKEN = { token: 'token', scheme: 'bearer' };
const METHOD = settingsOf().config;
const STAGE = settingsOf({ POLICY_RESOURCE: 'stage' }).config;

const eventOf = (kind: EventKind) => kind.event({ authorization: CREDENTIAL, arn: kind.arn });
const calling = (kind: EventKind, arn: unknown) => withMember(eventOf(kind), kind.arnMember, arn);

describe('the kinds', () => {
  /** Events that are nearly of a kind. */
  const none: Readonly<Record<string, () => unknown>> = {
    ...Object.fromEntries(
      ['TOKENS', 'token', 'Request', '', 1, null, ['REQUEST']].flatMap((type) =>
        eventKinds.map((kind) => [
          `${kind.name} of the type ${JSON.stringify(type)}`,
          () => withMember(eventOf(kind), 'type', type),
        ]),
      ),
    ),
    ...Object.fromEntries(
      ['3.0', '2', '1', 2, 1, '', null, ['2.0']].map((version) => [
        `HTTP of the version ${JSON.stringify(version)}`,
        () => withMember(eventOf(eventKind('HTTP 2.0')), 'version', version),
      ]),
    ),
    ...Object.fromEntries(
      (
        [
          ['HTTP 2.0', 'version', undefined],
          ['HTTP 2.0', 'version', '1.0'],
          ['HTTP 1.0', 'version', '2.0'],
          ['WebSocket', 'requestContext.eventType', 'MESSAGE'],
          ['WebSocket', 'requestContext.eventType', 'DISCONNECT'],
          ['WebSocket', 'requestContext.eventType', undefined],
          ['WebSocket', 'requestContext.connectionId', undefined],
          ['WebSocket', 'requestContext.connectionId', 1],
          ['WebSocket', 'httpMethod', 'GET'],
          ['WebSocket', 'version', '3.0'],
          ...['$default', 'x$connect', '$connections'].map(
            (route) => ['WebSocket', 'methodArn', eventKind('WebSocket').arn.replace('$connect', route)] as const,
          ),
          ['REST REQUEST', 'requestContext.eventType', 'CONNECT'],
          ['REST REQUEST', 'requestContext.connectionId', 'c'],
        ] as const
      ).map(([kind, path, value]) => [
        `${kind}, ${path} ${value}`,
        () => withMember(eventOf(eventKind(kind)), path, value),
      ]),
    ),
  };
  for (const [name, event] of Object.entries(none)) {
    it(`no kind: ${name}`, () => assert.throws(() => readEvent(event(), METHOD), { reason: 'unsupported_event' }));
  }

  it('the console of AWS leaves out what is empty, and writes null for it', () => {
    const event = {
      ...eventOf(eventKind('REST REQUEST')),
      multiValueHeaders: null,
      queryStringParameters: null,
      multiValueQueryStringParameters: null,
      pathParameters: null,
      stageVariables: null,
      body: null,
      isBase64Encoded: false,
    };
    assert.deepEqual(readToken(readEvent(event, METHOD), METHOD), TOKEN);
    assert.deepEqual(readToken(readEvent(withMember(event, 'requestContext', undefined), METHOD), METHOD), TOKEN);
  });
});

describe('the ARN', () => {
  for (const kind of eventKinds) {
    const bad = [
      undefined,
      null,
      '',
      1,
      {},
      [kind.arn],
      'arn',
      kind.arn.replace('execute-api', 'lambda'),
      kind.stage.slice(0, -2),
      `x${kind.arn}`,
    ];
    for (const arn of bad) {
      it(`${kind.name}: ${JSON.stringify(arn)} is of no use`, () => {
        // the ARN is one of the marks of a WebSocket event
        const message = new RegExp(`^The event (has no usable ${kind.arnMember}|is not an authorizer event.*)\\.$`);
        for (const config of [METHOD, STAGE]) {
          assert.throws(() => readEvent(calling(kind, arn), config), { reason: 'unsupported_event', message });
        }
      });
    }

    it(`${kind.name}: the other member does not stand in for it`, () => {
      const other = kind.arnMember === 'methodArn' ? 'routeArn' : 'methodArn';
      const event = withMember(calling(kind, undefined), other, kind.arn);
      assert.throws(() => readEvent(event, METHOD), { reason: 'unsupported_event' });
    });

    it(`${kind.name}: nor does it change anything`, () => {
      const other = kind.arnMember === 'methodArn' ? 'routeArn' : 'methodArn';
      const event = withMember(eventOf(kind), other, kind.arn.replace('abcdef123', 'another'));
      assert.equal(readEvent(event, METHOD).arn, kind.arn);
    });

    it(`${kind.name}: a policy for a method names no wildcard and 512 characters at most, one for a stage anything`, () => {
      const longest = 'x'.repeat(512 - `${kind.arn}/`.length);
      for (const text of [longest, `${longest}x`, '*', '?', 'a*b', 'a?b', '**', `$\{a}`, `a$\{`]) {
        const arn = `${kind.arn}/${text}`;
        const request = readEvent(calling(kind, arn), METHOD);
        assert.equal(request.arn, arn);
        const { reason } = refusalOf(() => checkResource(request, METHOD));
        assert.equal(reason, text === longest ? undefined : 'unsupported_resource', text);
        assert.doesNotThrow(() => checkResource(readEvent(calling(kind, arn), STAGE), STAGE));
      }
    });

    it(`${kind.name}: a stage is named without a wildcard and with 512 characters at most, or never`, () => {
      const stage = kind.stage.slice(0, -'/*'.length);
      const arnOf = (end: string) => kind.arn.replace(stage, stage + end);
      const longest = 'x'.repeat(512 - kind.stage.length);
      assert.equal(`${readEvent(calling(kind, arnOf(longest)), STAGE).stageArn}/*`.length, 512);
      for (const end of [`${longest}x`, '*', '?', `$\{`])
        assert.throws(() => readEvent(calling(kind, arnOf(end)), STAGE), { reason: 'unsupported_event' });
    });
  }

  it('the default route of the default stage', () => {
    const http = eventKind('HTTP 2.0');
    const arn = http.arn.replace('GET/request', '$default');
    assert.equal(readEvent(calling(http, arn), METHOD).arn, arn);
    assert.equal(`${readEvent(calling(http, arn), STAGE).stageArn}/*`, http.stage);
  });

  it('other partitions', () => {
    const rest = eventKind('REST REQUEST');
    const arn = rest.arn.replace('arn:aws:', 'arn:aws-cn:').replace('us-east-1', 'cn-north-1');
    assert.equal(readEvent(calling(rest, arn), METHOD).arn, arn);
  });
});

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
