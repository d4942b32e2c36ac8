import { BucketObjectv2 } from '@pulumi/aws/s3/bucketObjectv2.js';
import { Command } from '@pulumi/command/local/command.js';
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Input,
  type Output,
  output,
} from '@pulumi/pulumi/index.js';
import { jsonStringify, secret, unsecret } from '@pulumi/pulumi/output.js';
import type { Environment } from '../../model/graph.ts';
import type { BootstrapInput, Made } from '../../scripts/bootstrap/bootstrap-cluster.ts';
import type { Issuer } from '../access/issuer.ts';
import type { NodeAddress } from '../nodes/ec2-nodes.ts';
import { fingerprint } from './fingerprint.ts';

/**
 * Runs scripts/bootstrap.ts, which installs the cluster with Ansible and hands it over to Flux. It runs again when
 * machines, versions or roles change. Objects in the cluster belong to Flux and not to this state, so that an unreachable
 * cluster cannot corrupt it (docs/decisions/0008).
 */
export class Bootstrap extends ComponentResource {
  /** Secret. */
  readonly kubeconfig: Output<string>;

  constructor(
    name: string,
    args: {
      environment: Environment;
      nodes: Input<NodeAddress>[];
      /** Address of the API server. Default: that of the first control plane. */
      endpoint?: string;
      /** Settings for SSH to EC2 instances. */
      sessions?: { region: string };
      /** Issuer of service account tokens that AWS trusts. Default: none. */
      issuer?: Issuer;
    },
    options?: ComponentResourceOptions,
  ) {
    super('plinth:stacks:Bootstrap', name, {}, options);
    const { environment, nodes, endpoint, sessions, issuer } = args;
    const given: Output<BootstrapInput> = output({
      environment: environment.name,
      nodes,
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(sessions === undefined ? {} : { sessions }),
      ...(issuer === undefined ? {} : { serviceAccountIssuer: issuer.url }),
    });
    const run = new Command(
      'cluster',
      {
        // Relative to the parent folder, where the engine runs: the same text on every machine.
        dir: '..',
        interpreter: ['node_modules/.bin/node', 'scripts/bootstrap.ts'],
        create: environment.name,
        stdin: jsonStringify(given),
        triggers: [fingerprint(environment)],
        logging: 'stderr',
      },
      {
        parent: this,
        additionalSecretOutputs: ['stdout'],
        customTimeouts: { create: '60m', update: '60m' },
      },
    );
    const made = run.stdout.apply((text): Made => JSON.parse(text));
    this.kubeconfig = secret(made.apply(({ kubeconfig }) => kubeconfig));
    if (issuer !== undefined) {
      this.publish(issuer, unsecret(made.apply(({ keys }) => JSON.stringify(keys))));
    }
    this.registerOutputs({ kubeconfig: this.kubeconfig });
  }

  /** The two documents with which AWS verifies tokens (OpenID Connect Discovery 1.0): public keys, and their address. */
  private publish(issuer: Issuer, keys: Output<string>): void {
    const documents = {
      'openid/v1/jwks': keys,
      '.well-known/openid-configuration': jsonStringify({
        issuer: issuer.url,
        jwks_uri: issuer.url.apply((url) => `${url}/openid/v1/jwks`),
        response_types_supported: ['id_token'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
      }),
    };
    for (const [key, content] of Object.entries(documents)) {
      new BucketObjectv2(
        key,
        { bucket: issuer.bucket.bucket.bucket, key, content, contentType: 'application/json' },
        { parent: this },
      );
    }
  }
}
