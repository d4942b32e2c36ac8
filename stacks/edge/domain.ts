import { Certificate } from '@pulumi/aws/acm/certificate.js';
import { CertificateValidation } from '@pulumi/aws/acm/certificateValidation.js';
import type { LoadBalancer } from '@pulumi/aws/lb/loadBalancer.js';
import { Record as DnsRecord } from '@pulumi/aws/route53/record.js';
import { Zone } from '@pulumi/aws/route53/zone.js';
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  type Output,
  type Resource,
} from '@pulumi/pulumi/index.js';
import { info } from '@pulumi/pulumi/log/index.js';

/** The environment's domain: its zone, and a certificate for all applications in it, which ACM renews by itself. */
export class Domain extends ComponentResource {
  readonly nameServers: Output<string[]>;
  /** Known once ACM has validated the domain. */
  readonly certificateArn: Output<string>;
  private readonly zone: Zone;
  private readonly domain: string;

  constructor(name: string, domain: string, options?: ComponentResourceOptions) {
    super('plinth:stacks:Domain', name, {}, options);
    this.domain = domain;
    // A new zone would have other name servers than those that the registrar delegates to.
    this.zone = new Zone(
      'domain',
      { name: domain, comment: 'plinth', forceDestroy: false },
      { parent: this, protect: true },
    );
    const certificate = new Certificate(
      'applications',
      { domainName: domain, subjectAlternativeNames: [`*.${domain}`], validationMethod: 'DNS' },
      { parent: this },
    );
    // The record of the name itself also validates the wildcard.
    const proof = certificate.domainValidationOptions.apply((options) => options[0]);
    const required = (what: 'Name' | 'Type' | 'Value') =>
      proof.apply((found) => {
        const value = found?.[`resourceRecord${what}`];
        if (value === undefined) throw new Error(`ACM returned no validation record for ${domain}`);
        return value;
      });
    const record = new DnsRecord(
      'proof',
      {
        zoneId: this.zone.zoneId,
        name: required('Name'),
        type: required('Type'),
        records: [required('Value')],
        ttl: 300,
      },
      { parent: certificate, deleteBeforeReplace: true },
    );
    this.zone.nameServers.apply((servers) =>
      info(
        `${domain} must be delegated to ${servers.join(', ')}: enter these name servers at the registrar. ACM waits for the delegation, 30 minutes at most`,
        this.zone,
      ),
    );
    const proven = new CertificateValidation(
      'applications',
      { certificateArn: certificate.arn, validationRecordFqdns: [record.fqdn] },
      { parent: certificate, customTimeouts: { create: '30m' } },
    );
    this.nameServers = this.zone.nameServers;
    this.certificateArn = proven.certificateArn;
    this.registerOutputs({ nameServers: this.nameServers });
  }

  /** DNS records of all applications, which point to a load balancer. */
  leads(to: LoadBalancer): void {
    alias('applications', this.zone, `*.${this.domain}`, to, this);
  }
}

/** A private zone of the VPC with the name of the API server for nodes. */
export function internalName(
  cluster: string,
  vpcId: Input<string>,
  api: LoadBalancer,
  parent: Resource,
): string {
  const domain = `${cluster}.internal`;
  const zone = new Zone('internal', { name: domain, comment: 'plinth', vpcs: [{ vpcId }] }, { parent });
  alias('api', zone, `api.${domain}`, api, zone);
  return `api.${domain}`;
}

function alias(resource: string, zone: Zone, name: string, to: LoadBalancer, parent: Resource): void {
  new DnsRecord(
    resource,
    {
      zoneId: zone.zoneId,
      name,
      type: 'A',
      aliases: [{ name: to.dnsName, zoneId: to.zoneId, evaluateTargetHealth: true }],
    },
    { parent },
  );
}
