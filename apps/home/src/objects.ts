/** The parts that the page reads of the objects that the API server sends. */

export interface Metadata {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

export interface KubeObject {
  metadata: Metadata;
}

export interface Condition {
  type: string;
  status: string;
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
  /** Deployments only. */
  lastUpdateTime?: string;
}

export interface Node extends KubeObject {
  status?: {
    conditions?: Condition[];
    capacity?: Record<string, string>;
    nodeInfo?: { kubeletVersion?: string; containerRuntimeVersion?: string; osImage?: string };
  };
}

export interface Deployment extends KubeObject {
  spec?: { replicas?: number; template?: { spec?: { containers?: { image?: string }[] } } };
  status?: {
    observedGeneration?: number;
    readyReplicas?: number;
    updatedReplicas?: number;
    conditions?: Condition[];
  };
}

export interface Kustomization extends KubeObject {
  spec?: { suspend?: boolean; path?: string; dependsOn?: { name: string; namespace?: string }[] };
  status?: {
    observedGeneration?: number;
    lastAppliedRevision?: string;
    lastAttemptedRevision?: string;
    conditions?: Condition[];
  };
}

export interface GitRepository extends KubeObject {
  spec?: { url?: string; ref?: { branch?: string } };
  status?: { artifact?: { revision?: string; lastUpdateTime?: string }; conditions?: Condition[] };
}

export interface HttpRoute extends KubeObject {
  spec?: { hostnames?: string[] };
  status?: { parents?: { conditions?: Condition[] }[] };
}

export interface Warning extends KubeObject {
  involvedObject?: { kind?: string; name?: string; namespace?: string };
  reason?: string;
  message?: string;
  lastTimestamp?: string | null;
  eventTime?: string | null;
  series?: { lastObservedTime?: string };
}
