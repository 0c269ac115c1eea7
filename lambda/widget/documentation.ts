/** What CloudWatch shows as the widget's documentation, in Markdown. */
export const DOCUMENTATION = `## Intercom allowlist

Shows which of Intercom's published ranges are in force per region and since when, what is to be removed and when, the plans
that await approval or were declined, the changes of the last 30 days, the last runs, and what needs attention.

### Widget parameters

None. It follows the dashboard's theme, time zone and width; not its time range.

### Buttons

**Plan**, **Sync now**, **Approve this plan** and **Decline** call a second function, the output \`WidgetActionFunctionName\` of the stack, with
the permissions of the person who looks: who may not \`lambda:InvokeFunction\` it sees everything and can do nothing.

### Permissions

To look: \`lambda:InvokeFunction\` on the output \`WidgetFunctionName\`. The function itself only reads: the state table and the
sync's log.
`;
