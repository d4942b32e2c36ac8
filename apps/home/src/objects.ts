/** The fields of API objects that the page reads. */

export interface Metadata {
  name: string;
  namespace?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
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

/** A Deployment or a StatefulSet. */
export interface Workload extends KubeObject {
  spec?: {
    replicas?: number;
    /** StatefulSets only. */
    serviceName?: string;
    selector?: { matchLabels?: Record<string, string> };
    template?: { spec?: { containers?: { image?: string }[] } };
  };
  status?: {
    observedGeneration?: number;
    /** Replicas of this version and of earlier ones. */
    replicas?: number;
    readyReplicas?: number;
    updatedReplicas?: number;
    conditions?: Condition[];
    /** StatefulSets only: the current and the desired version. */
    currentRevision?: string;
    updateRevision?: string;
  };
}

export interface CronJob extends KubeObject {
  spec?: {
    schedule?: string;
    timeZone?: string;
    suspend?: boolean;
    jobTemplate?: { spec?: { template?: { spec?: { containers?: { image?: string }[] } } } };
  };
  status?: { active?: object[]; lastScheduleTime?: string; lastSuccessfulTime?: string };
}

export interface ContainerStatus {
  name: string;
  ready?: boolean;
  restartCount?: number;
  state?: {
    waiting?: { reason?: string; message?: string };
    terminated?: Terminated;
  };
  lastState?: { terminated?: Terminated };
}

export interface Terminated {
  exitCode?: number;
  reason?: string;
  finishedAt?: string;
}

export interface Pod extends KubeObject {
  status?: {
    conditions?: Condition[];
    initContainerStatuses?: ContainerStatus[];
    containerStatuses?: ContainerStatus[];
  };
}

export interface Kustomization extends KubeObject {
  spec?: { suspend?: boolean; path?: string; sourceRef?: { kind?: string } };
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

/** cert-manager's (https://cert-manager.io/docs/reference/api-docs/#cert-manager.io/v1.Certificate). */
export interface Certificate extends KubeObject {
  spec?: {
    commonName?: string;
    dnsNames?: string[];
    secretName?: string;
    issuerRef?: { kind?: string; name?: string };
  };
  status?: { notBefore?: string; notAfter?: string; renewalTime?: string; conditions?: Condition[] };
}

export interface Warning extends KubeObject {
  involvedObject?: { kind?: string; name?: string; namespace?: string };
  reason?: string;
  message?: string;
  count?: number;
  lastTimestamp?: string | null;
  eventTime?: string | null;
  series?: { lastObservedTime?: string; count?: number };
}
