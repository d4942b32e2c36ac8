import { appComponent, gatingJob } from '../../charts/app/app.ts';
import { shortages } from '../../charts/checks/capacity.ts';
import { checkObjects } from '../../charts/checks/check.ts';
import { Inventory } from '../../charts/checks/inventory.ts';
import type { AppInput } from '../../model/app.ts';
import type { AppFile } from '../../model/reading/app-files.ts';
import { environment, testApp } from './fixture.ts';

/** Path of the app's container in a workload. */
export const container = ['spec', 'template', 'spec', 'containers', 0] as const;

/** Path of the pod template in a workload. */
export const template = ['spec', 'template'] as const;

/** The objects of an app `shop`, with the rules that they break and the resources that the nodes lack. */
export function rendered(given: Partial<AppInput>, fileContents: AppFile[] = [], nodes?: object) {
  const app = { ...testApp({ name: 'shop', ...given }), fileContents };
  const env = environment({ apps: [app], cluster: { apps: { shop: null }, ...nodes } });
  const components = [gatingJob(env, app), appComponent(env, app)].filter((each) => each !== undefined);
  const inventory = new Inventory(env, components);
  return {
    component: appComponent(env, app),
    job: gatingJob(env, app),
    rules: checkObjects(inventory).violations.map(({ rule }) => rule),
    shortages: shortages(inventory).map(({ code }) => code),
  };
}
