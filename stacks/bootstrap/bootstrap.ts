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
import type { BootstrapInput, Made } from '../../scripts/bootstrap/run.ts';
import type { Issuer } from '../access/issuer.ts';
import type { NodeAddress } from '../nodes/nodes.ts';
import { fingerprint } from './fingerprint.ts';

/**
 * From machines to a cluster that Flux owns: scripts/bootstrap.ts, which has Ansible make the cluster and hands it over. It runs again
 * where the machines, the versions or the roles have changed. What is in the cluster belongs to Flux and not to this
 * state, so that a cluster that does not answer cannot spoil it (docs/decisions/0008).
 */
export class Bootstrap extends ComponentResource {
  /** Secret. */
  readonly kubeconfig: Output<string>;

  constructor(
    name: string,
    args: {
      environment: Environment;
      nodes: Input<NodeAddress>[];
      /** Where the API server answers. Default: at the first control plane. */
      endpoint?: string;
      /** Where the nodes are EC2's: how SSH reaches them. */
      sessions?: { region: string };
      /** Who vouches for service accounts towards AWS. Default: nobody. */
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
        // Relative to this folder's parent, where the engine runs: the same text on every machine.
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

  /** The two documents by which AWS checks tokens (OpenID Connect Discovery 1.0): public keys, and where they are. */
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
