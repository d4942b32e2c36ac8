/** Content of the ConfigMap. */
export interface ReceiverConfig {
  forge: ForgeConfig;
  /** Full name of the branch whose pushes count, such as `refs/heads/main`. */
  ref: string;
  /** Path of the Git source at the API server. */
  source: string;
  /** Statuses of commits at the forge; absent if it gets none. */
  status?: StatusConfig;
}

/** The repository at its forge. */
export interface ForgeConfig {
  kind: 'github' | 'gitlab' | 'gitea';
  /** Address of the API, without a trailing slash. */
  api: string;
  /** `OWNER/NAME`; on GitLab with all groups. */
  project: string;
}

export interface StatusConfig {
  /** Name of the status at each commit: one per environment. */
  context: string;
  /** Path of the list of Kustomizations at the API server. */
  kustomizations: string;
}
