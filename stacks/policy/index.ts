import { PolicyPack, type ResourceValidationPolicy } from '@pulumi/policy';

const x: ResourceValidationPolicy = { name: 'a', description: 'b', validateResource: () => {} };
new PolicyPack('plinth', { policies: [x] });
