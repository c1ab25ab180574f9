import type { Decision } from './authorizer.ts';
import type { Config } from './config/config.ts';
import { placeOf } from './gateway/event.ts';
import { embeddedMetrics, type FetchCounter } from './log/metrics.ts';
import { sentenceOf } from './sentences.ts';
import { loggableKid } from './token/jws.ts';

/** Why a request was decided as it was, in English, and what else is worth a look. */
export const detailOf = ({ cause, warning }: Pick<Decision, 'cause' | 'warning'>): string | undefined =>
  [cause && sentenceOf(cause), warning].filter((sentence) => sentence !== undefined).join(' ') || undefined;

/**
 * The one log line of a decision. No line holds a token or a part of one.
 *
 * @param now milliseconds since the epoch
 */
export function decisionLine(decision: Decision, { metricsNamespace }: Config, now: number, fetches: FetchCounter) {
  const { outcome, reason, warning, event, request, route, issuer, token, caller, context } = decision;
  const place = placeOf(event, request);
  return {
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
      embeddedMetrics(metricsNamespace, now, {
        functionName: context?.functionName ?? 'unknown',
        outcome,
        duration: now - decision.startedAt,
        keySetAge: issuer?.keys.age,
        ...fetches.take(),
      })),
  } as const;
}
