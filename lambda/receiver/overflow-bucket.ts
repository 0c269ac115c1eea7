/** Loaded when a notification is too large for the bus, which is rare. */
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Deadline } from './deadline';

// A large object is sent without first asking S3 whether it takes it, which would cost a round trip.
const s3 = new S3Client({ maxAttempts: 2, expectContinueHeader: false });

/** @throws Error when S3 does not take it in time */
export async function putJson(Bucket: string, Key: string, Body: string, deadline: Deadline): Promise<void> {
  const command = new PutObjectCommand({ Bucket, Key, Body, ContentType: 'application/json' });
  await deadline.hedgedCall(0, (abortSignal) => s3.send(command, { abortSignal }));
}
