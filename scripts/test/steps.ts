import { runTool, runVitest, type StepResult } from './run-step.ts';

/** One step: its title, and a function that runs it. */
export type TestStep = readonly [title: string, run: () => Promise<StepResult>];

/** Vitest projects that run alone, by the option that selects each. */
const alone = {
  identity: 'identity',
  identityProduction: 'identity-production',
  nodes: 'nodes',
  controlPlanes: 'control-planes',
  upgrade: 'upgrade',
  pull: 'pull',
  observability: 'observability',
  workloads: 'workloads',
  acme: 'acme',
  people: 'people',
  tutorial: 'tutorial',
  charts: 'charts',
  data: 'data',
} as const;

/** Options of `npm test`: at most one of them. */
export type TestOptions = { [option in keyof typeof alone | 'unit']?: true };

/** The selected steps, with their requirements and usual duration. */
export interface TestPlan {
  steps: TestStep[];
  /** Whether a step starts a cluster, or the engine of Pulumi. */
  clusters: boolean;
  /** Whether a step opens a browser. */
  browser: boolean;
  /** Usual duration on two cores, for a machine on which the steps have not passed yet. */
  usual: string;
  /** Steps that this machine cannot run, each with its reason. */
  leftOut: string[];
}

/** `root`: whether the tests run as root. */
export function testPlan(options: TestOptions, root: boolean): TestPlan {
  const projects = Object.entries(alone)
    .filter(([option]) => options[option as keyof typeof alone] === true)
    .map(([, project]): TestStep => [project, () => runVitest(project)]);
  if (projects.length > 0) {
    return {
      steps: projects,
      clusters: true,
      browser: options.people === true,
      usual: 'up to 45 minutes',
      leftOut: [],
    };
  }
  if (options.unit === true) {
    return { steps: unitSteps, clusters: false, browser: true, usual: 'about 8 minutes', leftOut: [] };
  }
  return {
    steps: [...unitSteps, ...clusterSteps(root)],
    clusters: true,
    browser: true,
    usual: 'about 30 minutes',
    leftOut: root ? [] : ['machines that become a cluster: Ansible needs root on them'],
  };
}

const node = (...args: string[]) => runTool(process.execPath, args);

const unitSteps: TestStep[] = [
  ['linter', () => runTool('biome', ['check', '--error-on-warnings', '.'])],
  ['types', () => runTool('tsc', ['--noEmit'])],
  ['render', () => node('scripts/render.ts', '--check')],
  ['secrets in plain text', () => node('scripts/secrets.ts', 'check')],
  ['schemas and reference', () => node('scripts/schemas.ts', '--check')],
  ['contracts', () => node('scripts/generate.ts', '--check')],
  ['custom resources', () => node('scripts/verify.ts', '--offline')],
  ['unit tests', () => runVitest('unit')],
  ['services', () => runVitest('services')],
];

function clusterSteps(root: boolean): TestStep[] {
  // Machines need Debian's packages and the kernel's limits for watches.
  const machines: TestStep = ['machines', () => runVitest('nodes', '--tags-filter=core')];
  return [
    ['objects on a real API server', () => node('scripts/verify.ts')],
    ['linters of Ansible', () => node('scripts/lint-ansible.ts')],
    ['stacks on the real engine', () => runVitest('stacks')],
    ['delivery', () => runVitest('delivery')],
    ...(root ? [machines] : []),
    ['end-to-end test', () => runVitest('e2e')],
  ];
}
