import type { Decision } from './authorizer.ts';
import type { Config } from './config/config.ts';
import { placeOf } from './gateway/event.ts';
import type { DecisionLine } from './log/log.ts';
import { embeddedMetrics, type FetchCounter } from './log/metrics.ts';
import { sentenceOf } from './sentences.ts';
import { loggableKid } from './token/jws.ts';

interface RecorderOptions {
  readonly config: Pick<Config, 'metricsNamespace'>;
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: (line: DecisionLine) => void;
  readonly fetches: FetchCounter;
}

/** Why a request was decided as it was, in English, and what else is worth a look. */
export const detailOf = ({ cause, warning }: Pick<Decision, 'cause' | 'warning'>): string | undefined =>
  [cause && sentenceOf(cause), warning].filter((sentence) => sentence !== undefined).join(' ') || undefined;

/** Makes what writes the one log line of each decision. No line holds a token or a part of one. */
export function recorder({ config, now, log, fetches }: RecorderOptions): (decision: Decision) => void {
  const { metricsNamespace } = config;
  return (decision) => {
    const { outcome, reason, warning, event, request, route, issuer, token, caller, context } = decision;
    const place = placeOf(event, request);
    log({
      level: outcome === 'error' ? 'error' : outcome === 'allow' && !warning ? 'info' : 'warn',
      requestId: context?.awsRequestId,
      outcome,
      reason,
      ...place,
      route: place?.route ?? route?.entry,
      issuer: issuer?.settings.issuer,
      kid: token && loggableKid(token, decision.isKidPublished === true),
      principalId: caller?.principalId,
      detail: detailOf(decision),
      ...(metricsNamespace !== undefined &&
        embeddedMetrics(metricsNamespace, now(), {
          functionName: context?.functionName ?? 'unknown',
          outcome,
          duration: now() - decision.startedAt,
          keySetAge: issuer?.keys.age,
          ...fetches.take(),
        })),
    });
  };
}
