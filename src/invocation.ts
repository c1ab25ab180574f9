import type { Deadline } from './keys/shared-fetch.ts';

/** What the handler reads of Lambda's context object. */
export interface InvocationContext {
  readonly awsRequestId?: string;
  readonly functionName?: string;
  readonly getRemainingTimeInMillis?: () => number;
}

/** Milliseconds before the invocation's end at which a wait for keys ends, so that there is an answer and a line. */
const RESERVE = 250;

/** How long a request can wait for keys. */
export const deadlineOf = (context: InvocationContext | undefined): Deadline => ({
  remaining: () => {
    const remaining = context?.getRemainingTimeInMillis?.();
    return typeof remaining === 'number' && remaining >= 0 ? remaining - RESERVE : Number.POSITIVE_INFINITY;
  },
  reason: "the invocation's own time-out leaves no more time to wait",
});

/**
 * The error that ends an invocation: API Gateway maps this very message `Unauthorized` to a 401, and any other to a
 * 500. Without a stack, because Lambda's runtime client logs the error in addition to the decision line.
 */
export const failure = (message: string): Error => Object.assign(new Error(message), { stack: '' });
