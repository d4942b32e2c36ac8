import { component } from '../../charts/kube/component.ts';
import { imageRef } from '../../charts/kube/image.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { certManagerNamespace as space } from '../../charts/kube/names.ts';
import { namespace } from '../../charts/kube/namespace.ts';
import { denyAll } from '../../charts/kube/network-policy.ts';
import { allowScrapes } from '../../charts/observability/observed.ts';
import type { Environment } from '../../model/graph.ts';
import { controller } from './controller.ts';
import { cainjector, injector } from './injector.ts';
import { webhook, webhookServer } from './webhook.ts';

const name = 'cert-manager';

/** cert-manager: controllers, webhook, and the injector that writes CAs into webhook configurations. */
export function chart(env: Environment): Component {
  return component(name, (chart) => {
    namespace(chart, space, 'restricted');
    controller(chart, env);
    webhookServer(chart, imageRef(env, webhook));
    injector(chart, imageRef(env, cainjector));
    denyAll(chart, space, ['Ingress', 'Egress']);
    allowScrapes(chart, env, name);
  });
}
