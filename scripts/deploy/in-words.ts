import { definitions } from '../../charts/order/flux-sync.ts';

/** Names of Kustomizations for a message. */
export function inWords(kustomizations: readonly string[]): string {
  const named = kustomizations.map((kustomization) =>
    kustomization === definitions ? 'the definitions' : kustomization,
  );
  return named.length <= 4
    ? named.join(', ')
    : `${named.slice(0, 3).join(', ')} and ${named.length - 3} more`;
}
