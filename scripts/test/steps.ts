import { buildArguments } from './background-builds.ts';
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
  production: 'production',
  pull: 'pull',
  observability: 'observability',
  workloads: 'workloads',
  acme: 'acme',
  people: 'people',
  tutorial: 'tutorial',
  charts: 'charts',
  data: 'data',
  registry: 'registry',
  bundle: 'bundle',
} as const;

/** Options of `npm test`: at most one of them. */
export type TestOptions = { [option in keyof typeof alone | 'unit' | 'load']?: true };

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

/** What decides which steps this machine can run. */
export interface TestMachine {
  /** Whether the tests run as root. */
  root: boolean;
  /** Programs that are not here, and cannot be built since Go is not installed. */
  lacking: readonly string[];
  /** Programs that tests start, and that have to be built first. */
  toBuild: readonly string[];
}

/** The steps that these options select on this machine. */
export function testPlan(options: TestOptions, machine: TestMachine): TestPlan {
  const without = withoutPrograms(machine.lacking);
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
  if (options.load === true) {
    return {
      steps: [['load', () => runVitest('load')]],
      clusters: false,
      browser: false,
      usual: 'about 40 minutes',
      leftOut: [],
    };
  }
  if (options.unit === true) {
    return {
      steps: unitSteps(without.accounts, machine.toBuild),
      clusters: false,
      browser: true,
      usual: 'about 8 minutes',
      leftOut: without.accounts,
    };
  }
  return {
    steps: [...unitSteps(without.accounts, machine.toBuild), ...clusterSteps(machine.root, without.stacks)],
    clusters: true,
    browser: true,
    usual: 'about 40 minutes',
    leftOut: [
      ...without.accounts,
      ...without.stacks,
      ...(machine.root ? [] : ['machines that become a cluster: Ansible needs root on them']),
    ],
  };
}

/** The tests that are left out without these programs, in one line each; empty if none is missing. */
function withoutPrograms(lacking: readonly string[]): { accounts: string[]; stacks: string[] } {
  const ofStacks = lacking.filter((name) => name !== 'kratos');
  const why = (names: readonly string[]) =>
    `Go is not installed, by which ${names.join(' and ')} would be built. Install it from https://go.dev/dl`;
  return {
    accounts: lacking.includes('kratos')
      ? [`accounts and sign-in before Ory Kratos: ${why(['kratos'])}`]
      : [],
    stacks: ofStacks.length === 0 ? [] : [`stacks on the real engine: ${why(ofStacks)}`],
  };
}

const node = (...args: string[]) => runTool(process.execPath, args);

/** The tests that run Ory Kratos itself. */
export const accountTests = [
  ...[
    'enumeration',
    'kratos',
    'mailed-link',
    'recovery-link',
    'sign-in',
    'sign-in-attacks',
    'sign-in-database',
  ],
  ...['sign-in-browser', 'sign-in-provider', 'sign-in-settings'],
].map((name) => `test/services/${name}.test.ts`);

const unitSteps = (withoutAccounts: readonly string[], toBuild: readonly string[]): TestStep[] => [
  ['linter', () => runTool('biome', ['check', '--error-on-warnings', '.'])],
  ['types', () => runTool('tsc', ['--noEmit'])],
  ['types of web', () => runTool('tsc', ['--noEmit', '-p', 'apps/web'])],
  ['render', () => node('scripts/render.ts', '--check')],
  ['secrets in plain text', () => node('scripts/secrets.ts', 'check')],
  ['schemas and reference', () => node('scripts/schemas.ts', '--check')],
  ['contracts', () => node('scripts/generate.ts', '--check')],
  ['custom resources', () => node('scripts/verify.ts', '--offline')],
  // Tests have a time-out, and the build of a program takes minutes.
  ...(toBuild.length === 0
    ? []
    : [['programs of the tests', () => node(...buildArguments(toBuild))] satisfies TestStep]),
  ['unit tests', () => runVitest('unit', '--project', 'model', '--project', 'vite')],
  [
    'services',
    () =>
      runVitest(
        'services',
        ...(withoutAccounts.length === 0 ? [] : accountTests.flatMap((file) => ['--exclude', file])),
      ),
  ],
];

function clusterSteps(root: boolean, withoutStacks: readonly string[]): TestStep[] {
  // Machines need Debian's packages and the kernel's limits for watches.
  const stacks: TestStep = ['stacks on the real engine', () => runVitest('stacks')];
  const machines: TestStep = ['machines', () => runVitest('nodes', '--tags-filter=core')];
  return [
    ['objects on a real API server', () => node('scripts/verify.ts')],
    ['linters of Ansible', () => node('scripts/lint-ansible.ts')],
    ...(withoutStacks.length === 0 ? [stacks] : []),
    ['delivery', () => runVitest('delivery')],
    ...(root ? [machines] : []),
    ['end-to-end test', () => runVitest('e2e')],
  ];
}
