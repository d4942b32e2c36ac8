/** Content of the ConfigMap. */
export interface GateConfig {
  /** Type of the condition that the program sets, which the pods name as a readiness gate. */
  condition: string;
  /** Address of Prometheus without a trailing slash. */
  prometheus: string;
  /** Name of the counter of spans, with the labels `k8s_pod_name`, `span_kind` and `status_code`. */
  series: string;
  apps: GatedApp[];
}

/** An app of which errors stop the roll-out. */
export interface GatedApp {
  name: string;
  namespace: string;
  /** `labelSelector` of its pods and ReplicaSets. */
  selector: string;
  /** Time for which a new pod is watched, in seconds. */
  watchSeconds: number;
  /** Percentage of requests that may fail in addition to that of the old pods. */
  most: number;
  /** Number of failed requests from which on the roll-out can stop. */
  from: number;
}
