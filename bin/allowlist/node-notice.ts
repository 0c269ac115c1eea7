/** Local tools may run on an older Node than the functions do in AWS; the SDK's notice about it helps nobody here. */
export const NO_NODE_NOTICE = { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' } as const;
