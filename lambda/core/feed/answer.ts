/** The publisher's answer: a body, or that the last accepted one is still current. */
export type FeedAnswer =
  | { readonly kind: 'document'; readonly body: string; readonly etag: string | undefined }
  | { readonly kind: 'not-modified' };

/** Thrown when a body cannot be a feed: over 1 MiB, or not UTF-8. Another request would get the same. */
export class FeedBodyError extends Error {
  override readonly name = 'FeedBodyError';
}
