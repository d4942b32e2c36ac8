import { arn, jsonFaults, named, type ResourceKind, types } from './resource-kind.ts';

/** IAM and KMS. */
export const accessKinds: Readonly<Record<string, ResourceKind>> = {
  [types.role]: named('iam', 'role', {
    required: ['assumeRolePolicy'],
    faults: ({ assumeRolePolicy }) => jsonFaults(assumeRolePolicy),
  }),
  'aws:iam/rolePolicy:RolePolicy': {
    required: ['role', 'policy'],
    replaces: ['name', 'role'],
    refers: { role: types.role },
    faults: ({ policy }) => jsonFaults(policy),
    make: ({ inputs }) => ({ id: `${inputs.role}:${inputs.name}`, outputs: {} }),
  },
  [types.profile]: named('iam', 'instance-profile', { refers: { role: types.role } }),
  'aws:iam/openIdConnectProvider:OpenIdConnectProvider': {
    required: ['url', 'clientIdLists'],
    replaces: ['url'],
    computes: ['arn'],
    faults: ({ url }) =>
      String(url).startsWith('https://') ? [] : [`ValidationError: ${url} does not begin with https://`],
    make: ({ account, inputs }) => {
      const id = `arn:aws:iam::${account.number}:oidc-provider/${String(inputs.url).slice(8)}`;
      return { id, outputs: { arn: id } };
    },
  },
  [types.key]: {
    computes: ['arn', 'keyId'],
    faults: ({ policy }) => jsonFaults(policy),
    make: ({ account }) => {
      const keyId = account.nextId('key');
      return { id: keyId, outputs: { keyId, arn: arn(account, 'kms', `key/${keyId}`) } };
    },
  },
  'aws:kms/alias:Alias': {
    required: ['targetKeyId'],
    replaces: ['name'],
    refers: { targetKeyId: types.key },
    make: ({ inputs }) => ({ id: String(inputs.name), outputs: {} }),
  },
};
