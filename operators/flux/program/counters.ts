let published = 0;
let behind = 0;

export function countPublished(): void {
  published++;
}

/** @param count Kustomizations that do not have the artifact of the newest commit. */
export function setBehind(count: number): void {
  behind = count;
}

/** The figures in the text format of Prometheus. */
export function metricsText(): string {
  return `# HELP folder_artifacts_published_total Artifacts that were published.
# TYPE folder_artifacts_published_total counter
folder_artifacts_published_total ${published}
# HELP folder_artifacts_behind Kustomizations that do not have the artifact of the newest commit.
# TYPE folder_artifacts_behind gauge
folder_artifacts_behind ${behind}
`;
}
