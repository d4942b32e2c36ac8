import type { SignInProvider } from '../../model/schema/sign-in.ts';

/**
 * Maps the claims of a provider to a person (Jsonnet). An address that the provider did not verify is refused: otherwise an account
 * there with somebody else's address could take over that person's account here.
 */
export const claimsMapper = `local claims = { email_verified: false } + std.extVar('claims');

if !('email' in claims) || !claims.email_verified then
  error 'the provider has no verified e-mail address of this person'
else {
  identity: {
    traits: {
      email: claims.email,
      [if 'name' in claims && claims.name != '' then 'name']: claims.name,
    },
    verified_addresses: [{ via: 'email', value: claims.email }],
  },
}
`;

/**
 * The same for Microsoft, whose claims do not say whether an address is verified (Microsoft, 'Secure applications and APIs by
 * validating claims'): the address is used, and the person verifies it by mail.
 */
export const unverifiedMapper = `local claims = std.extVar('claims');

{
  identity: {
    traits: {
      email: claims.email,
      [if 'name' in claims && claims.name != '' then 'name']: claims.name,
    },
  },
}
`;

/** Files of the mappers, by name. */
export const mappers = { 'claims.jsonnet': claimsMapper, 'unverified.jsonnet': unverifiedMapper } as const;

/** A provider in Kratos' configuration, without its client secret, which is a variable. */
export function oidcProvider(id: string, provider: SignInProvider, folder: string): object {
  const mapper: keyof typeof mappers =
    provider.kind === 'microsoft' ? 'unverified.jsonnet' : 'claims.jsonnet';
  return {
    id,
    client_id: provider.clientId,
    mapper_url: `file://${folder}/${mapper}`,
    pkce: 'auto',
    ...kindOf(id, provider),
  };
}

function kindOf(id: string, provider: SignInProvider): object {
  switch (provider.kind) {
    case 'google':
      return { provider: 'google', label: 'Google', scope: ['openid', 'email', 'profile'] };
    case 'github':
      return { provider: 'github', label: 'GitHub', scope: ['user:email'] };
    case 'gitlab':
      return {
        provider: 'gitlab',
        label: 'GitLab',
        scope: ['openid', 'email', 'profile'],
        ...(provider.issuer === undefined ? {} : { issuer_url: provider.issuer }),
      };
    case 'microsoft':
      return {
        provider: 'microsoft',
        label: 'Microsoft',
        microsoft_tenant: provider.tenant,
        scope: ['openid', 'email', 'profile'],
      };
    case 'oidc':
      return {
        provider: 'generic',
        label: provider.label ?? id,
        issuer_url: provider.issuer,
        scope: ['openid', 'email', 'profile'],
      };
  }
}
