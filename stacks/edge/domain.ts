import { Certificate } from '@pulumi/aws/acm/certificate.js';
import { CertificateValidation } from '@pulumi/aws/acm/certificateValidation.js';
import type { LoadBalancer } from '@pulumi/aws/lb/loadBalancer.js';
import { Record as DnsRecord } from '@pulumi/aws/route53/record.js';
import { Zone } from '@pulumi/aws/route53/zone.js';
import { ComponentResource, type ComponentResourceOptions, type Output } from '@pulumi/pulumi/index.js';
import { info } from '@pulumi/pulumi/log/index.js';

/** The environment's domain: its zone, and a certificate for every application in it, which ACM renews by itself. */
export class Domain extends ComponentResource {
  readonly nameServers: Output<string[]>;
  /** Known once ACM has seen that the domain is ours. */
  readonly certificateArn: Output<string>;
  private readonly zone: Zone;
  private readonly domain: string;

  constructor(name: string, domain: string, options?: ComponentResourceOptions) {
    super('plinth:stacks:Domain', name, {}, options);
    this.domain = domain;
    // Another zone has other name servers, and the registrar keeps pointing at those of this one.
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
    // The wildcard is proven by the record of the name itself.
    const proof = certificate.domainValidationOptions.apply((options) => options[0]);
    const required = (what: 'Name' | 'Type' | 'Value') =>
      proof.apply((found) => {
        const value = found?.[`resourceRecord${what}`];
        if (value === undefined) throw new Error(`ACM named no record that proves ${domain}`);
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
        `${domain} must be delegated to ${servers.join(', ')}: enter them at the registrar. ACM waits for that, 30 minutes at most`,
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

  /** A name in the domain that leads to a load balancer. */
  leads(name: string, label: string, to: LoadBalancer): void {
    new DnsRecord(
      name,
      {
        zoneId: this.zone.zoneId,
        name: `${label}.${this.domain}`,
        type: 'A',
        aliases: [{ name: to.dnsName, zoneId: to.zoneId, evaluateTargetHealth: true }],
      },
      { parent: this },
    );
  }
}
