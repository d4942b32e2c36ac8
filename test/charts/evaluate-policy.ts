import { Environment } from '@marcbachmann/cel-js';
import { field, listField, textField } from '../../charts/kube/field.ts';
import type { Component, KubeObject } from '../../charts/kube/kube-object.ts';
import { find } from './find.ts';

/** A request to the API server. */
export interface AdmissionRequest {
  /** Default: a user without any rights. */
  username?: string;
  groups?: string[];
  namespace?: string;
  /** The account whose token is asked for. */
  name?: string;
  object?: KubeObject;
  /** The existing object, if there is one. */
  oldObject?: KubeObject;
  /** Of the namespace. */
  labels?: Record<string, string>;
}

/** For tests: what a rendered policy says to it, as the API server would evaluate it: the refusals, or none. */
export function refusals(component: Component, policy: string, asked: AdmissionRequest): string[] {
  const { spec } = find(component, 'ValidatingAdmissionPolicy', policy);
  const binding = find(component, 'ValidatingAdmissionPolicyBinding', policy);
  const table = textField(binding, 'spec', 'paramRef', 'name');
  const namespace = asked.namespace ?? asked.object?.metadata.namespace;
  const known: Record<string, unknown> = {
    object: asked.object ?? null,
    oldObject: asked.oldObject ?? null,
    request: {
      ...(namespace === undefined ? {} : { namespace }),
      name: asked.name ?? asked.object?.metadata.name,
      userInfo: { username: asked.username ?? 'somebody', groups: asked.groups ?? [] },
    },
    namespaceObject: { metadata: { labels: asked.labels ?? {} } },
    params: table === undefined ? null : find(component, 'ConfigMap', table),
  };
  const cel = new Environment({ unlistedVariablesAreDyn: true }).registerFunction(
    'list.join(string): string',
    (list: string[], separator: string) => list.join(separator),
  );
  const evaluate = (from: unknown, key: string): unknown => cel.evaluate(textField(from, key) ?? '', known);
  if (listField(spec, 'matchConditions').some((each) => evaluate(each, 'expression') !== true)) return [];
  const variables: Record<string, unknown> = {};
  known.variables = variables;
  for (const each of listField(spec, 'variables')) {
    variables[textField(each, 'name') ?? ''] = evaluate(each, 'expression');
  }
  return listField(spec, 'validations')
    .filter((each) => evaluate(each, 'expression') !== true)
    .map((each) => String(field(each, 'message') ?? evaluate(each, 'messageExpression')));
}
