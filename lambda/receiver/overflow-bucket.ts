/** Loaded only when a notification cannot be an event, which is rare. */
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { Deadline } from './deadline';

// Asking S3 first whether it accepts a large object would cost a round trip.
const s3 = new S3Client({ maxAttempts: 2, expectContinueHeader: false });

/** @throws Error when S3 does not accept it in time */
export async function putJson(Bucket: string, Key: string, Body: string, deadline: Deadline): Promise<void> {
  const command = new PutObjectCommand({ Bucket, Key, Body, ContentType: 'application/json' });
  await deadline.hedgedCall((abortSignal) => s3.send(command, { abortSignal }));
}
