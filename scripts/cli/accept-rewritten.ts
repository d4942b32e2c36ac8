/** The option of each command that reads a manifest repository, by flags and description. */
export const acceptRewritten = [
  '--accept-rewritten',
  'continue after the history of the manifest repository was rewritten by force',
] as const;
