import { describe, expect, it } from 'vitest';
import { until } from '../../until.ts';
import { takenOver } from './forge.ts';
import { callOrders, queryOrders } from './laptop.ts';
import type { World } from './world.ts';

/** Certificates of the right authority that must not be let in, and that cert-manager would not make. */
export function signedRefusals(world: World): void {
  describe('what an authority never signs', () => {
    const day = 86_400;

    it('is refused by a service: what has ended, is not valid yet, or names nobody who may call', async () => {
      const authority = await takenOver(world.cluster, 'orders-ca-1');
      const call = async (commonName: string, times: { seconds?: number; startsIn?: number } = {}) =>
        callOrders(world.cluster, await authority.issue({ commonName, ...times }), authority.roots);
      // Without the refused field, the same object is accepted: so the field is the reason.
      expect(await call('person:me')).toBeGreaterThan(0);
      await expect(call('person:me', { seconds: -60 })).rejects.toThrow(/UNAVAILABLE/);
      await expect(call('person:me', { seconds: day, startsIn: 3600 })).rejects.toThrow(/UNAVAILABLE/);
      await expect(call('stranger')).rejects.toThrow(/PERMISSION_DENIED: stranger may not call/);
      // To a clock that is behind one that was made now is not valid yet: refused, and a moment later let in.
      const early = await authority.issue({ commonName: 'person:me', startsIn: 4 });
      const again = () => callOrders(world.cluster, early, authority.roots);
      await expect(again()).rejects.toThrow(/UNAVAILABLE/);
      await until(async () => (await again()) > 0, 'a certificate to become valid');
    });

    it('is refused by a database: what has ended, is not valid yet, or names no role', async () => {
      const authority = await takenOver(world.cluster, 'orders-db-ca-1');
      const query = async (commonName: string, times: { seconds?: number; startsIn?: number } = {}) =>
        queryOrders(world.cluster, await authority.issue({ commonName, ...times }), {
          roots: authority.roots,
        });
      expect(await query('orders_rw')).toEqual([{ one: 1 }]);
      await expect(query('orders_rw', { seconds: -60 })).rejects.toThrow(/certificate expired/);
      await expect(query('orders_rw', { seconds: day, startsIn: 3600 })).rejects.toThrow(
        /bad certificate|not yet valid/,
      );
      await expect(query('stranger')).rejects.toThrow(/certificate authentication failed/);
    });
  });
}
