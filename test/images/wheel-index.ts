import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { strToU8, zipSync } from 'fflate';

/** Where pip looks for packages, in its own variables. */
const variables = ['PIP_NO_INDEX', 'PIP_FIND_LINKS', 'PIP_CONFIG_FILE'] as const;

/** A folder of wheels in the place of PyPI, for the pip of this machine. */
export interface WheelIndex {
  /** Adds a wheel of the package `pause-bin` with one program; returns its checksum. */
  add(options: { version: string; program: string; content: string; tag?: string }): string;
  remove(): void;
}

/** Sets it up: pip asks nobody else. */
export function wheelIndex(): WheelIndex {
  const dir = mkdtempSync(join(tmpdir(), 'plinth-wheel-index-'));
  const before = variables.map((name) => process.env[name]);
  Object.assign(process.env, { PIP_NO_INDEX: '1', PIP_FIND_LINKS: dir, PIP_CONFIG_FILE: '/dev/null' });
  mkdirSync(dir, { recursive: true });
  return {
    add: ({ version, program, content, tag = 'manylinux2014_x86_64' }) => {
      const info = `pause_bin-${version}.dist-info`;
      const wheel = zipSync({
        [`pause_bin-${version}.data/scripts/${program}`]: strToU8(content),
        [`${info}/METADATA`]: strToU8(`Metadata-Version: 2.1\nName: pause-bin\nVersion: ${version}\n`),
        [`${info}/WHEEL`]: strToU8(`Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: py3-none-${tag}\n`),
        [`${info}/RECORD`]: strToU8(''),
      });
      writeFileSync(join(dir, `pause_bin-${version}-py3-none-${tag}.whl`), wheel);
      return createHash('sha256').update(wheel).digest('hex');
    },
    remove: () => {
      for (const [index, name] of variables.entries()) {
        const value = before[index];
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
      rmSync(dir, { recursive: true });
    },
  };
}
