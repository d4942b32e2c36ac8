import { receiverName } from '../../model/forge.ts';
import { rolloutGate } from '../../model/rollout.ts';
import { secretsOperator } from '../../model/secret-stores.ts';
import { field, textField } from '../kube/field.ts';
import { gatePolicy, middlewarePolicy, receiverPolicy } from '../kube/names.ts';
import type { Inventory } from './inventory.ts';
import { everything, isRefused, onTheNode, type Power, powerText } from './powers.ts';

/** The consequences of a power, as texts. */
export function secondStep(inventory: Inventory, powers: Map<string, Power[]>, power: Power): string[] {
  const { scope, names } = power;
  switch (power.power) {
    case 'reads Secrets':
      return secretsText(inventory, scope, names);
    case 'writes Secrets':
      return [
        ...(names === undefined && (scope === '*' || scope === trustedBy)
          ? ['the keys by which authorities sign']
          : []),
        isRefused(inventory, 'no-token-secrets') ? tokenSecretsRefused : othersText(powers, power),
      ].flat();
    case 'runs pods':
      return [
        ...secretsText(inventory, scope, undefined),
        ...othersText(powers, power),
        ...(isOpen(inventory, scope) ? [theNode] : []),
      ];
    case 'enters pods':
      return [...secretsText(inventory, scope, undefined), ...othersText(powers, power)];
    case 'mints tokens':
      return tokensText(inventory, powers, power);
    case 'is others':
      return othersText(powers, power);
    case 'writes roles':
      return ['what it has itself, for whomever it names: Kubernetes lets nobody give more'];
    case 'tells Flux what to apply':
      if (power.account === receiver && isRefused(inventory, receiverPolicy))
        return [`nothing but when: the policy ${receiverPolicy} refuses it`];
      return [...powers].flatMap(([account, list]) =>
        account.startsWith('flux-system/') && (scope === '*' || scope === 'flux-system')
          ? list.filter(({ power: each }) => each === everything).map(() => `${everything}, as ${account}`)
          : [],
      );
    case 'writes the status of pods':
      return podStatusText(inventory, power);
    case 'asks for certificates':
      return isRefused(inventory, 'certificates-of-the-graph')
        ? ['certificates of the graph as they are, by the policy certificates-of-the-graph']
        : ['any name that an authority vouches for'];
    case 'moves requests':
      return isRefused(inventory, 'hosts-of-the-graph')
        ? ['requests of Services; hosts of the graph as they are, by the policy hosts-of-the-graph']
        : ['any host name'];
    case 'extends the gateway':
      return isRefused(inventory, middlewarePolicy)
        ? [`limits and CORS of its own app, by the policy ${middlewarePolicy}`]
        : ['nothing: Traefik does not read these kinds here'];
    case 'decides what is admitted':
      return ['every object that is written, Secrets and pods among them'];
    case onTheNode:
    case 'makes volumes':
    case 'writes nodes':
      return [theNode];
    default:
      return [];
  }
}

const receiver = `${receiverName}/${receiverName}`;
const gate = `${rolloutGate}/${rolloutGate}`;
const theNode = 'the files of a node: tokens and keys of every pod there';
const tokenSecretsRefused = ['no token of an account: the policy no-token-secrets refuses those'];
/** The namespace with the keys of authorities. */
const trustedBy = 'cert-manager';

function tokensText(inventory: Inventory, powers: Map<string, Power[]>, power: Power): string[] {
  if (!isRefused(inventory, 'tokens-for-pods')) return othersText(powers, power);
  return power.account.startsWith(`${secretsOperator}/`)
    ? ['a login at OpenBao, as an account without rights: the policy tokens-for-pods refuses others']
    : ['nothing: the policy tokens-for-pods refuses it'];
}

/** A Service sends requests to the address in the status of a pod. */
function podStatusText(inventory: Inventory, { account }: Power): string[] {
  return account === gate && isRefused(inventory, gatePolicy)
    ? [`one condition, by which a pod gets no requests: the policy ${gatePolicy} refuses the rest`]
    : ['requests of Services'];
}

/** Text about other accounts of the scope that have powers. */
function othersText(powers: Map<string, Power[]>, { account, scope }: Power): string[] {
  return [...powers]
    .filter(
      ([other, list]) =>
        other !== account && list.length > 0 && (scope === '*' || other.startsWith(`${scope}/`)),
    )
    .map(([other, list]) => `${other}: ${list.map(powerText).join('; ')}`)
    .sort();
}

/** Text about known keys in a scope. */
function secretsText(inventory: Inventory, scope: string, names: string[] | undefined): string[] {
  const keys = inventory
    .all('Certificate.cert-manager.io')
    .filter(({ object }) => scope === '*' || object.metadata.namespace === scope)
    .map(({ object }) => ({
      name: textField(object, 'spec', 'secretName') ?? '',
      isCA: field(object, 'spec', 'isCA') === true,
      commonName: textField(object, 'spec', 'commonName') ?? '',
    }))
    .filter(({ name }) => names === undefined || names.includes(name));
  const authorities = keys.filter(({ isCA }) => isCA);
  const leaves = [...new Set(keys.filter(({ isCA }) => !isCA).map(({ commonName }) => commonName))].sort();
  return [
    ...(authorities.length > 0 ? ['the keys of authorities: whoever the graph knows'] : []),
    ...(leaves.length > 0 ? [`the keys of ${leaves.join(', ')}`] : []),
  ];
}

/** Whether a pod in this scope can be privileged on its node. */
function isOpen(inventory: Inventory, scope: string): boolean {
  if (scope === '*') return true;
  const level = inventory.namespace(scope)?.metadata.labels?.['pod-security.kubernetes.io/enforce'];
  return level === undefined || level === 'privileged';
}
