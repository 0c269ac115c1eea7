/** `text` for email, `chat` for Slack and Microsoft Teams. */
export const MESSAGE_FORMATS = ['text', 'chat'] as const;

export type MessageFormat = (typeof MESSAGE_FORMATS)[number];
