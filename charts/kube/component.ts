import { App, Chart } from 'cdk8s';
import { type Component, isKubeObject, type KubeObject } from './kube-object.ts';
import { partOf } from './names.ts';
import { plainObject } from './plain-object.ts';

/** Builds one component: `build` adds its objects to a new chart, which labels them all. */
export function component(name: string, build: (chart: Chart) => void): Component {
  const chart = new Chart(new App(), name, {
    labels: { 'app.kubernetes.io/name': name, 'app.kubernetes.io/part-of': partOf },
  });
  build(chart);
  // Not chart.toJson(), which resolves the dependencies of the whole App for every chart.
  return { name, objects: chart.apiObjects.map((object) => kubeObject(plainObject(object))) };
}

function kubeObject(json: unknown): KubeObject {
  if (isKubeObject(json)) return json;
  throw new Error(
    `not a Kubernetes object, it lacks apiVersion, kind or metadata.name: ${JSON.stringify(json)}`,
  );
}
