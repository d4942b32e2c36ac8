import type {
  ICertificate,
  IClusterIssuer,
  IIssuer,
} from '@kubernetes-models/cert-manager/cert-manager.io/v1';
import type { IBundle } from '@kubernetes-models/cert-manager/trust.cert-manager.io/v1alpha1';
import type {
  ICluster,
  IDatabase,
  IScheduledBackup,
} from '@kubernetes-models/cloudnative-pg/postgresql.cnpg.io/v1';
import type {
  IExternalSecret,
  ISecretStore,
} from '@kubernetes-models/external-secrets/external-secrets.io/v1';
import type { IHelmRelease } from '@kubernetes-models/flux-cd/helm.toolkit.fluxcd.io/v2';
import type { IKustomization } from '@kubernetes-models/flux-cd/kustomize.toolkit.fluxcd.io/v1';
import type {
  IExternalArtifact,
  IGitRepository,
  IHelmRepository,
  IOCIRepository,
} from '@kubernetes-models/flux-cd/source.toolkit.fluxcd.io/v1';
import type {
  IGateway,
  IGatewayClass,
  IGRPCRoute,
  IHTTPRoute,
} from '@kubernetes-models/gateway-api/gateway.networking.k8s.io/v1';
import type { IMiddleware } from '@kubernetes-models/traefik/traefik.io/v1alpha1';
import { ApiObject, type Chart } from 'cdk8s';

/**
 * A custom resource of the platform, typed from the CRD of its kind, so that a wrong field is a type error. The package
 * follows upstream with some delay; `npm run verify` compares with the CRD of the locked version itself.
 */
export type CustomResource =
  | ICertificate
  | IClusterIssuer
  | IIssuer
  | IBundle
  | ICluster
  | IDatabase
  | IScheduledBackup
  | IExternalSecret
  | ISecretStore
  | IHelmRelease
  | IKustomization
  | IExternalArtifact
  | IGitRepository
  | IHelmRepository
  | IOCIRepository
  | IGateway
  | IGatewayClass
  | IHTTPRoute
  | IGRPCRoute
  | IMiddleware;

/** The `spec` of a kind of custom resource. */
export type SpecOf<Kind extends CustomResource['kind']> = NonNullable<
  Extract<CustomResource, { kind: Kind }>['spec']
>;

/** A field of a `spec`, without `undefined`. */
export type FieldOf<Kind extends CustomResource['kind'], Field extends keyof SpecOf<Kind>> = NonNullable<
  SpecOf<Kind>[Field]
>;

/** Adds a custom resource to a chart. */
export function customResource(chart: Chart, id: string, object: CustomResource): void {
  new ApiObject(chart, id, object);
}
