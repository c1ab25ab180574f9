/** The field of Ed25519 (RFC 8032, 5.1). */
const P = 2n ** 255n - 19n;
const BYTES = 32;

/**
 * Whether an Ed25519 public key is a point of order 1, 2, 4 or 8. Such a key verifies signatures that nobody made:
 * 32 zero bytes, which a buffer holds that nobody filled, are one of order 4.
 *
 * The orders can be seen in y alone. Doubling a point of order 2, 4, 8 gives one of order 1, 2, 4, and the curve's
 * equation then leaves y = ±1, y = 0, and the roots of d·y⁴ + 2·y² − 1 with d = −121665/121666.
 *
 * @param x the member `x` of the JWK: y and the sign of the point, the lowest byte first; y need not be below P
 */
export function hasSmallOrder(x: string): boolean {
  const bytes = Buffer.from(x, 'base64url');
  if (bytes.length !== BYTES) return false; // it can't be imported
  const y = BigInt.asUintN(255, BigInt(`0x${bytes.reverse().toString('hex')}`));
  const square = (y * y) % P;
  return (square * (square - 1n) * (121665n * square * square - 243332n * square + 121666n)) % P === 0n;
}
