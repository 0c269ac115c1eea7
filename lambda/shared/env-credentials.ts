/**
 * Takes the place of `@aws-sdk/credential-provider-node` in every bundle: Lambda hands its credentials over in the
 * environment, so the providers for SSO, INI files, web identity and instance metadata are dead weight there.
 */
export { fromEnv as defaultProvider } from '@aws-sdk/credential-provider-env';
