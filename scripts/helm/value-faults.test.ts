import { expect, it } from 'vitest';
import { faultsIn } from './value-faults.ts';

it("returns each value that the chart's schema refuses, with its path", () => {
  const text = `Error: values don't meet the specifications of the schema(s) in the following chart(s):
trust-manager:
- at '': validation failed
  - at '/resources': got number, want object
  - at '/crds/enabled': got string, want boolean
  - at '/global': additional properties 'leader' not allowed
  - at '/extra~1args/0': got number, want string

`;
  expect(faultsIn(text)).toEqual([
    { path: ['resources'], what: 'got number, want object' },
    { path: ['crds', 'enabled'], what: 'got string, want boolean' },
    { path: ['global', 'leader'], what: "additional properties 'leader' not allowed", unknown: 'leader' },
    { path: ['extra/args', 0], what: 'got number, want string' },
  ]);
});

it('returns the deepest of several alternatives, and the message of any other failure', () => {
  const anyOf =
    "- at '/a': anyOf failed\n  - at '/a': got object, want string\n  - at '/a/b': got number, want string\n";
  expect(faultsIn(anyOf)).toEqual([{ path: ['a', 'b'], what: 'got number, want string' }]);
  const message =
    'level=WARN msg=x\nError: execution error at (a/templates/b.yaml:1:2): name is required\n\nUse --debug flag';
  expect(faultsIn(message)).toEqual([
    { path: [], what: 'execution error at (a/templates/b.yaml:1:2): name is required' },
  ]);
  expect(faultsIn('')).toEqual([{ path: [], what: 'Helm ended without a message' }]);
});
