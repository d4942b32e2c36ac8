import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { apiServer } from './api-server.ts';
import { Project, said } from './project.ts';

describe('pulumi', () => {
  let project: Project;
  let api: Awaited<ReturnType<typeof apiServer>>;

  beforeAll(async () => {
    project = await Project.make();
    // Machines are reached directly: their API server is at the port in the kubeconfig.
    api = await apiServer('api.plinth-staging.internal');
    await project.standIns({
      ...api,
      kubeconfig: api.kubeconfig.replace('192.0.2.1:6443', `127.0.0.1:${api.port}`),
    });
  });

  afterAll(async () => {
    api?.close();
    await project?.remove();
  });

  it('up -s dev creates nothing, and names the command that creates the cluster', async () => {
    await project.pulumi('stack', 'init', 'dev');
    const up = await project.pulumi('up', '-s', 'dev', '--yes');
    expect(up.exitCode, said(up)).toBe(0);
    expect(up.all).toContain('npm run init-cluster -- --env dev');
    expect(project.account.things.size).toBe(0);
  });

  it('up -s staging creates no machine, and passes the existing ones to Ansible', async () => {
    await project.pulumi('stack', 'init', 'staging');
    const up = await project.pulumi('up', '-s', 'staging', '--yes');
    expect(up.exitCode, said(up)).toBe(0);
    expect(project.account.things.size).toBe(0);
    const { nodes } = JSON.parse(await readFile(project.given, 'utf8'));
    expect(nodes.map(({ address }: { address: string }) => address)).toEqual([
      '192.0.2.11',
      '192.0.2.12',
      '192.0.2.13',
    ]);
    const again = await project.pulumi('preview', '-s', 'staging', '--expect-no-changes');
    expect(again.exitCode, said(again)).toBe(0);
  });

  it('refuses a stack without an environment of its name', async () => {
    await project.pulumi('stack', 'init', 'qa');
    const up = await project.pulumi('up', '-s', 'qa', '--yes');
    expect(up.exitCode).not.toBe(0);
    expect(up.all).toContain("there is no environment 'qa': clusters/qa/cluster.yaml does not exist.");
  });

  it('refuses an invalid description with file, line and column', async () => {
    await project.edit('clusters/staging/cluster.yaml', (text) =>
      text.replace('role: control-plane', 'role: worker'),
    );
    const up = await project.pulumi('preview', '-s', 'staging');
    expect(up.exitCode).not.toBe(0);
    expect(up.all).toMatch(/clusters\/staging\/cluster\.yaml:\d+:\d+ .*no-control-plane/);
  });
});
