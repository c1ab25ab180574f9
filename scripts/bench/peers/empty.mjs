import { allow } from './gateway.mjs';

/** Verifies nothing: what Node and the runtime client cost by themselves. */
export const handler = async ({ methodArn }) => allow(methodArn, { sub: 'anybody' });
