/** An Intercom data region. Not an AWS Region. */
export enum IntercomRegion {
  /** United States. */
  US = 'us',
  /** Europe. */
  EU = 'eu',
  /** Australia. */
  AU = 'au',
}
