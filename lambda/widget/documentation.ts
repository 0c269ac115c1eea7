/** The widget's documentation in CloudWatch, in Markdown. */
export const DOCUMENTATION = `## Intercom allowlist

Shows which of Intercom's published ranges are in force per region and since when, pending removals, the plans that
await approval or were declined, the changes of the last 30 days, the last runs, and what needs attention.

### Widget parameters

None. It follows the dashboard's theme, time zone and width; not its time range.

### Buttons

**Plan**, **Sync now**, **Approve this plan** and **Decline** call a second function, the output \`WidgetActionFunctionName\` of the
stack, with the permissions of the viewer. Someone who is not allowed to invoke it sees everything, but cannot use the buttons.

### Permissions

To view the widget: \`lambda:InvokeFunction\` on the output \`WidgetFunctionName\`. That function only reads the state table and
the sync's log.
`;
