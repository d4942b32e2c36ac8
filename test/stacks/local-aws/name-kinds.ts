import { arn, plain, type ResourceKind, types } from './resource-kind.ts';

/** CloudFront, Route 53 and ACM: distributions, DNS and certificates. */
export const nameKinds: Readonly<Record<string, ResourceKind>> = {
  'aws:cloudfront/originAccessControl:OriginAccessControl': plain('oac'),
  'aws:cloudfront/distribution:Distribution': {
    required: ['origins', 'defaultCacheBehavior', 'restrictions', 'viewerCertificate', 'enabled'],
    computes: ['arn', 'domainName'],
    make: ({ account }) => {
      const id = `E${account.next()}`;
      return {
        id,
        outputs: {
          arn: `arn:aws:cloudfront::${account.number}:distribution/${id}`,
          domainName: `${id.toLowerCase()}.cloudfront.net`,
        },
      };
    },
  },
  [types.zone]: {
    required: ['name'],
    replaces: ['name'],
    computes: ['arn', 'zoneId', 'nameServers'],
    make: ({ account }) => {
      const id = `Z${account.next()}`;
      return {
        id,
        outputs: {
          zoneId: id,
          arn: `arn:aws:route53:::hostedzone/${id}`,
          nameServers: [1, 2, 3, 4].map((server) => `ns-${server}.awsdns-00.org`),
        },
      };
    },
  },
  'aws:route53/record:Record': {
    required: ['zoneId', 'name', 'type'],
    replaces: ['zoneId', 'name', 'type'],
    refers: { zoneId: types.zone },
    computes: ['fqdn'],
    make: ({ inputs }) => ({
      id: `${inputs.zoneId}_${inputs.name}_${inputs.type}`,
      outputs: { fqdn: String(inputs.name).replace(/\.$/, '') },
    }),
  },
  [types.certificate]: {
    required: ['domainName', 'validationMethod'],
    replaces: ['domainName', 'subjectAlternativeNames'],
    computes: ['arn', 'domainValidationOptions'],
    make: ({ account, inputs }) => {
      const id = arn(account, 'acm', `certificate/${account.next()}`);
      const option = (domainName: string) => ({
        domainName,
        resourceRecordName: `_proof.${inputs.domainName}.`,
        resourceRecordType: 'CNAME',
        resourceRecordValue: '_value.acm-validations.aws.',
      });
      const names = [inputs.domainName, ...((inputs.subjectAlternativeNames as string[]) ?? [])].map(String);
      return { id, outputs: { arn: id, domainValidationOptions: names.map(option) } };
    },
  },
  'aws:acm/certificateValidation:CertificateValidation': {
    required: ['certificateArn'],
    replaces: ['certificateArn'],
    refers: { certificateArn: types.certificate },
    make: ({ account, inputs }) => ({
      id: `validation-${account.next()}`,
      outputs: { certificateArn: inputs.certificateArn },
    }),
  },
};
