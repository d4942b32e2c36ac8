import { join } from 'node:path';
import { cacheDir } from '../../images/cache/paths.ts';
import type { Report } from '../../images/index.ts';
import { repositoryRoot } from '../repository/read-cluster.ts';
import { ensurePythonPackages } from './python-packages.ts';

/** The folder with roles and playbooks. */
export const ansibleRoot = join(repositoryRoot, 'ansible');

/** The folder with ansible-playbook, ansible-lint, yamllint and molecule, in the versions of ansible/requirements.txt. */
export function ensureAnsible(report: Report, signal?: AbortSignal): Promise<string> {
  return ensurePythonPackages(
    {
      title: 'Ansible',
      name: 'ansible',
      requirements: join(ansibleRoot, 'requirements.txt'),
      debian: ['python3-venv', 'openssh-client'],
    },
    report,
    signal,
  );
}

/** Environment variables with which the tools find each other and this repository's configuration. */
export function ansibleEnvironment(bin: string): Record<string, string> {
  return {
    PATH: `${bin}:${process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin'}`,
    ANSIBLE_CONFIG: join(ansibleRoot, 'ansible.cfg'),
    ANSIBLE_HOME: join(cacheDir(), 'ansible', 'home'),
    LC_ALL: 'C.UTF-8',
  };
}
