/** Disables the SDK's notice about old Node.js versions: local tools may run on an older version than the functions in AWS. */
export const NO_NODE_NOTICE = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' } as const;
