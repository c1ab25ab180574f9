import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Fn, start, startInTime } from '../support/harness.ts';
import { METHOD, startWorld, type World } from '../support/suite.ts';

interface Directive {
  readonly Namespace: string;
  readonly Dimensions: readonly (readonly string[])[];
  readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
}

/**
 * Checks what the embedded metric format demands (CloudWatch User Guide, "Specification: Embedded metric format") and
 * is as the line says: that each member the directives name is there and of its type.
 */
function checkLine(line: Readonly<Record<string, unknown>>): readonly Directive[] {
  const { Timestamp, CloudWatchMetrics } = line._aws as { Timestamp: number; CloudWatchMetrics: readonly Directive[] };
  // milliseconds since the epoch, of a moment before that of the line
  assert.ok(Math.abs(Timestamp - Date.parse(String(line.timestamp))) < 3_600_000, `${Timestamp}`);
  for (const { Dimensions, Metrics } of CloudWatchMetrics) {
    for (const name of Dimensions.flat()) assert.equal(typeof line[name], 'string', name);
    for (const { Name, Unit } of Metrics) {
      assert.equal(typeof line[Name], 'number', Name);
      assert.ok(['Count', 'Milliseconds', 'Seconds'].includes(Unit), Unit);
    }
  }
  return CloudWatchMetrics;
}

describe('the metrics of the zip', () => {
  let world: World;
  let fn: Fn;
  const event = (authorizationToken?: string) => ({ type: 'TOKEN', authorizationToken, methodArn: METHOD });
  before(async () => {
    world = await startWorld();
    fn = await startInTime({ ...world.env, METRICS_NAMESPACE: 'Api/Authorizer', INVALID_TOKEN: 'deny' });
  });
  after(async () => {
    await fn.stop();
    await world.issuer.close();
  });

  it('make the decision line an embedded metric', async () => {
    const { line } = await fn.call(event(`Bearer ${world.token()}`));
    const directives = checkLine(line);
    assert.deepEqual(
      directives.map(({ Namespace, Dimensions }) => ({ Namespace, Dimensions })),
      [
        { Namespace: 'Api/Authorizer', Dimensions: [['FunctionName']] },
        { Namespace: 'Api/Authorizer', Dimensions: [['FunctionName', 'reason']] },
      ],
    );
    const { Allow, Deny, Unauthorized, Error: errors, Decisions, KeyFetches, KeyFetchFailures } = line;
    assert.deepEqual(
      { Allow, Deny, Unauthorized, errors, Decisions, KeyFetches, KeyFetchFailures },
      { Allow: 1, Deny: 0, Unauthorized: 0, errors: 0, Decisions: 1, KeyFetches: 1, KeyFetchFailures: 0 },
    );
    assert.ok(Number(line.Duration) >= 0, 'Duration');
    assert.ok(Number(line.KeySetAge) >= 0 && Number(line.KeySetAge) < 60, 'KeySetAge');
  });

  it('count each outcome, and each fetch once', async () => {
    const denied = await fn.call(event('Bearer opaque'));
    checkLine(denied.line);
    assert.deepEqual([denied.line.Deny, denied.line.Allow, denied.line.KeyFetches], [1, 0, 0]);
    const refused = await fn.call(event());
    checkLine(refused.line);
    assert.deepEqual([refused.line.Unauthorized, refused.line.Deny], [1, 0]);
    const broken = await fn.call({});
    checkLine(broken.line);
    assert.deepEqual([broken.line.Error, broken.line.Unauthorized], [1, 0]);
  });

  it('leave out the age of keys that no decision needed', async () => {
    const { line } = await fn.call(event());
    assert.ok(!('KeySetAge' in line), 'no KeySetAge');
    assert.ok(!checkLine(line).some(({ Metrics }) => Metrics.some(({ Name }) => Name === 'KeySetAge')), 'no KeySetAge');
  });

  it('count a fetch that fails', async () => {
    world.issuer.answer((_request, response) => response.writeHead(500).end());
    const { line } = await fn.call(event(`Bearer ${world.token({ header: { kid: 'unknown' } })}`));
    checkLine(line);
    assert.deepEqual([line.reason, line.KeyFetches, line.KeyFetchFailures], ['unknown_key', 1, 1]);
    const { line: next } = await fn.call(event());
    assert.deepEqual([next.KeyFetches, next.KeyFetchFailures], [0, 0]);
  });

  it('are absent without METRICS_NAMESPACE', async () => {
    const plain = await start({ ...world.env, METRICS_NAMESPACE: ' ' });
    const { line } = await plain.call(event());
    assert.deepEqual(Object.keys(line), [
      ...['level', 'timestamp', 'requestId', 'outcome', 'reason'],
      ...['apiId', 'stage', 'detail'],
    ]);
    await plain.stop();
  });
});
