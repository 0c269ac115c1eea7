/**
 * Replaces `@aws-sdk/credential-provider-node` in every bundle: Lambda passes its credentials in the environment, so the
 * providers for SSO, INI files, web identity and instance metadata would only slow a cold start down.
 */
export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';
