/** The form of the messages about changes. */
export enum ChangeFormat {
  /** Text, for email. */
  TEXT = 'text',
  /** The schema of Amazon Q Developer in chat applications, for Slack and Microsoft Teams. */
  CHAT = 'chat',
}
