import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle, ZIP, zip } from '../bundle.ts';
import { type Aws, explain } from './aws.ts';
import { Failure } from './failure.ts';

/** The zip, and how it is told from others. */
export interface Archive {
  readonly bytes: Uint8Array;
  /** SHA-256 in hex. */
  readonly digest: string;
  /** SHA-256 as Lambda reports it. */
  readonly codeSha256: string;
  /** Its key in the bucket: the same for the same bytes, so that an unchanged zip changes nothing. */
  readonly key: string;
}

/** The commands, without what `Aws` adds to each. */
export const COMMANDS = {
  bucket: (bucket: string) => ['s3api', 'head-bucket', '--bucket', bucket],
  find: (bucket: string, key: string) => ['s3api', 'head-object', '--bucket', bucket, '--key', key],
  put: (bucket: string, key: string, file: string) => [
    ...['s3api', 'put-object', '--bucket', bucket, '--key', key, '--body', file],
  ],
};

/** Builds the zip. */
export async function buildArchive(): Promise<Archive> {
  const bytes = zip(await bundle());
  const hash = createHash('sha256').update(bytes).digest();
  const digest = hash.toString('hex');
  return { bytes, digest, codeSha256: hash.toString('base64'), key: `custom-authorizer/${digest}.zip` };
}

/**
 * Checks that there is such a bucket, for these credentials, in the stack's region.
 *
 * @throws Failure that says what is wrong with it
 */
export async function checkBucket(aws: Aws, bucket: string, region: string | undefined): Promise<void> {
  const args = COMMANDS.bucket(bucket);
  const run = await aws.run(args);
  if (/\b404\b|NoSuchBucket/.test(run.stderr)) {
    throw new Failure(
      `There is no bucket ${bucket}. Make it ("aws s3 mb s3://${bucket}"), or name another with --bucket.`,
    );
  }
  if (/\b403\b|Forbidden/.test(run.stderr)) {
    throw new Failure(
      `The bucket ${bucket} is somebody else's, or these credentials may not use it. Name another with --bucket.`,
    );
  }
  if (run.status !== 0) throw new Failure(explain(aws.args(args), run));
  const { BucketRegion } = (run.stdout.trim() ? JSON.parse(run.stdout) : {}) as { BucketRegion?: string };
  if (BucketRegion && region && BucketRegion !== region) {
    throw new Failure(
      `The bucket ${bucket} is in ${BucketRegion}, the stack would be in ${region}: Lambda takes a zip only from its own region. Name a bucket there, or another --region.`,
    );
  }
}

/**
 * Puts the zip into the bucket, unless it is there.
 *
 * @returns whether it had to
 */
export async function upload(aws: Aws, bucket: string, { bytes, key }: Archive): Promise<boolean> {
  const args = COMMANDS.find(bucket, key);
  const found = await aws.run(args);
  if (found.status === 0) return false;
  // 403 stands for 404 where the credentials may not list the bucket
  if (!/\b40[34]\b/.test(found.stderr)) throw new Failure(explain(aws.args(args), found));
  const folder = mkdtempSync(join(tmpdir(), 'custom-authorizer-'));
  try {
    const file = join(folder, ZIP);
    writeFileSync(file, bytes);
    await aws.ask(COMMANDS.put(bucket, key, file));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return true;
}
