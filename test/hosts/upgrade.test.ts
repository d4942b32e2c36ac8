import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadLock } from '../../images/lock/index.ts';
import { kubectl } from './flux.ts';
import { Requests } from './requests.ts';
import { changed, TestSite } from './test-site.ts';
import { workload, workloadPort } from './workload.ts';

const three = ['control-1', 'worker-1', 'worker-2'];
const lock = loadLock();
const from = lock.binaries['kubernetes-previous']?.version ?? '';
const to = lock.kubernetes;

let site: TestSite;

beforeAll(async () => {
  site = await TestSite.make('upgrade-test', from, ['', '-previous']);
  await site.add('control-1', 'control-plane');
  await site.add('worker-1', 'worker');
  await site.add('worker-2', 'worker');
  await site.nodes('apply');
  expect(await versions()).toEqual(three.map(() => from));
});

afterAll(async () => {
  await site?.remove();
});

describe(`an upgrade from ${from} to ${to}`, () => {
  it('loses no request to the apps on the nodes', async () => {
    const node = lock.images.node?.ref ?? '';
    await kubectl(site.kubeconfig, ['apply', '--filename=-'], JSON.stringify(workload(node)));
    await site.kubectl('rollout', 'status', 'deployment/web', '--timeout=120s');
    await site.describe({ kubernetes: { version: to } });
    expect(changed(await site.nodes('upgrade', '--check'))).toEqual(three);
    expect(await versions()).toEqual(three.map(() => from));
    const requests = new Requests(
      three.slice(1).map((name) => `http://${site.addressOf(name)}:${workloadPort}/`),
    );
    await site.timed(`three nodes from ${from} to ${to}`, () => site.nodes('upgrade'));
    const { answered, failed } = await requests.stop();
    console.log(`  ${answered} requests answered meanwhile, ${failed.length} failed`);
    expect(failed).toEqual([]);
    expect(answered).toBeGreaterThan(100);
    expect(await site.readyNodes()).toEqual(three);
    expect(await versions()).toEqual(three.map(() => to));
  });

  it('changes nothing when it runs again, and neither does apply', async () => {
    expect(changed(await site.nodes('upgrade'))).toEqual([]);
    expect(changed(await site.nodes('apply'))).toEqual([]);
  });

  it('cannot be reverted, because kubeadm has no downgrade', async () => {
    await site.describe({ kubernetes: { version: from } });
    await expect(site.nodes('upgrade')).rejects.toThrow('kubeadm goes forward');
  });
});

/** Of the kubelets, in the order of the nodes' names. */
async function versions(): Promise<string[]> {
  const path = '{range .items[*]}{.status.nodeInfo.kubeletVersion}{"\\n"}{end}';
  return (await site.kubectl('get', 'nodes', '--sort-by=.metadata.name', `--output=jsonpath=${path}`))
    .trim()
    .split('\n');
}
