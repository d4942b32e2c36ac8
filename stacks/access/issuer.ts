import { Distribution } from '@pulumi/aws/cloudfront/distribution.js';
import { OriginAccessControl } from '@pulumi/aws/cloudfront/originAccessControl.js';
import { OpenIdConnectProvider } from '@pulumi/aws/iam/openIdConnectProvider.js';
import {
  ComponentResource,
  type ComponentResourceOptions,
  type Output,
  output,
} from '@pulumi/pulumi/index.js';
import { interpolate, jsonStringify } from '@pulumi/pulumi/output.js';
import { awsAudience, bucketName } from '../../model/schema/aws-role.ts';
import { PrivateBucket } from '../storage/private-bucket.ts';
import { policy, type Statement } from './policy.ts';
import type { ServiceAccount } from './service-accounts.ts';

/** AWS's own policy 'CachingOptimized' (CloudFront, 'managed cache policies'). */
const cachingOptimized = '658327ea-f89d-4fab-a63d-7e88639e58f6';

/**
 * OpenID Connect provider with which AWS trusts the cluster's service account tokens. AWS reads the public keys at a public
 * address of CloudFront, so that the bucket stays private. docs/decisions/0009.
 */
export class Issuer extends ComponentResource {
  readonly bucket: PrivateBucket;
  /** Value of the API server's `--service-account-issuer`. */
  readonly url: Output<string>;
  private readonly host: Output<string>;
  readonly provider: OpenIdConnectProvider;

  constructor(
    name: string,
    { cluster, account, region }: { cluster: string; account: string; region: string },
    options?: ComponentResourceOptions,
  ) {
    super('plinth:stacks:Issuer', name, {}, options);
    const id = bucketName(cluster, 'issuer', account);
    const access = new OriginAccessControl(
      'issuer',
      {
        name: id,
        description: `${cluster}: keys of the service accounts' issuer`,
        originAccessControlOriginType: 's3',
        signingBehavior: 'always',
        signingProtocol: 'sigv4',
      },
      { parent: this },
    );
    const distribution = new Distribution(
      'issuer',
      {
        enabled: true,
        comment: `${cluster}: keys of the service accounts' issuer`,
        priceClass: 'PriceClass_100',
        origins: [
          {
            originId: 'bucket',
            // The bucket's policy admits this distribution only.
            domainName: `${id}.s3.${region}.amazonaws.com`,
            originAccessControlId: access.id,
          },
        ],
        defaultCacheBehavior: {
          targetOriginId: 'bucket',
          viewerProtocolPolicy: 'https-only',
          allowedMethods: ['GET', 'HEAD'],
          cachedMethods: ['GET', 'HEAD'],
          cachePolicyId: cachingOptimized,
        },
        restrictions: { geoRestriction: { restrictionType: 'none' } },
        viewerCertificate: { cloudfrontDefaultCertificate: true },
      },
      { parent: this, protect: true },
    );
    const read: Statement = {
      Sid: 'CloudFrontReads',
      Effect: 'Allow',
      Principal: { Service: 'cloudfront.amazonaws.com' },
      Action: 's3:GetObject',
      Resource: `arn:aws:s3:::${id}/*`,
      Condition: { StringEquals: { 'AWS:SourceArn': distribution.arn } },
    };
    this.bucket = new PrivateBucket(
      'issuer',
      { bucketName: id, rules: { undeleteDays: 30 }, allow: [read] },
      { parent: this },
    );
    this.host = distribution.domainName;
    this.url = interpolate`https://${this.host}`;
    this.provider = new OpenIdConnectProvider(
      'issuer',
      { url: this.url, clientIdLists: [awsAudience] },
      { parent: this },
    );
    this.registerOutputs({ url: this.url });
  }

  /** Trust policy of a role: only one service account of the cluster can assume it. */
  trust({ namespace, serviceAccount }: ServiceAccount): Output<string> {
    const claims = this.host.apply((host) => ({
      [`${host}:aud`]: awsAudience,
      [`${host}:sub`]: `system:serviceaccount:${namespace}:${serviceAccount}`,
    }));
    const only = output(claims).apply(
      (StringEquals): Statement => ({
        Sid: 'OneServiceAccount',
        Effect: 'Allow',
        Principal: { Federated: this.provider.arn },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: { StringEquals },
      }),
    );
    return jsonStringify(policy(only));
  }
}
