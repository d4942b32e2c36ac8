/**
 * URI of what builds here, for a provenance (SLSA v1.0, `builder.id`): the workflow of GitHub, Gitea or Forgejo, or the job of
 * GitLab; on a laptop a fixed name, because nobody else vouches for it.
 */
export function builderOf(env: NodeJS.ProcessEnv): string {
  const { GITHUB_SERVER_URL: server, GITHUB_WORKFLOW_REF: workflow, CI_JOB_URL: job } = env;
  if (server && workflow) return `${server}/${workflow}`;
  return job || 'https://plinth.io/builders/person';
}
