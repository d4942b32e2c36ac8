import { beforeAll, describe, expect, it } from 'vitest';
import { login } from './probe.ts';
import type { World } from './world.ts';

/** Logins to the database of the ledger, from pods that its network policy lets through. */
export function databaseRefusals(world: World): void {
  describe('the database', () => {
    beforeAll(() =>
      world.probe.sh(
        'reader',
        `mkdir -p /tmp/own && cd /tmp/own && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \\
          -keyout tls.key -out tls.crt -days 1 -subj /CN=ledger_rw && cp /as/ledger-db-ro/roots.pem . && chmod 600 tls.key`,
      ),
    );

    it('lets a role in by its certificate, and lets it do what it may', async () => {
      const line = `${login('ledger_rw', '/as/ledger-db-rw')} psql -Atc 'select current_user, ssl from pg_stat_ssl where pid = pg_backend_pid()'`;
      expect(await world.probe.sh('ledger', line)).toEqual({ ok: true, text: 'ledger_rw|t' });
      const ro = await world.probe.sh(
        'reader',
        `${login('ledger_ro', '/as/ledger-db-ro')} psql -Atc 'select 1'`,
      );
      expect(ro).toEqual({ ok: true, text: '1' });
      await world.asSuperuser(
        "set role ledger_owner; create table entries (id bigint generated always as identity, note text); insert into entries (note) values ('first')",
      );
      const read = await world.probe.sh(
        'reader',
        `${login('ledger_ro', '/as/ledger-db-ro')} psql -Atc 'select note from entries'`,
      );
      expect(read).toEqual({ ok: true, text: 'first' });
    });

    it.each<[string, string, string, string, RegExp]>([
      [
        'without a certificate',
        'ledger',
        login('ledger_rw', '/nowhere', { PGSSLMODE: 'require', PGSSLROOTCERT: '' }),
        'select 1',
        /requires a valid client certificate/,
      ],
      [
        "with another service's certificate",
        'reader',
        login('ledger_ro', '/as/ledger-client', { PGSSLROOTCERT: '/as/ledger-db-ro/roots.pem' }),
        'select 1',
        /unknown ca|certificate verify failed/,
      ],
      [
        'with the right CN from the wrong CA',
        'reader',
        login('ledger_rw', '/tmp/own'),
        'select 1',
        /unknown ca|certificate verify failed/,
      ],
      [
        "with another role's certificate",
        'reader',
        login('ledger_rw', '/as/ledger-db-ro'),
        'select 1',
        /certificate authentication failed/,
      ],
      [
        'with a password',
        'ledger',
        login('ledger_rw', '/nowhere', { PGSSLMODE: 'require', PGSSLROOTCERT: '', PGPASSWORD: 'secret' }),
        'select 1',
        /requires a valid client certificate/,
      ],
      [
        'in plain text',
        'ledger',
        login('ledger_rw', '/nowhere', { PGSSLMODE: 'disable', PGPASSWORD: 'secret' }),
        'select 1',
        /pg_hba\.conf rejects connection .*no encryption/,
      ],
      [
        'of another database',
        'ledger',
        login('ledger_rw', '/as/ledger-db-rw', { PGDATABASE: 'postgres' }),
        'select 1',
        /pg_hba\.conf rejects connection/,
      ],
      [
        'as the superuser',
        'ledger',
        login('postgres', '/as/ledger-db-rw'),
        'select 1',
        /pg_hba\.conf rejects connection/,
      ],
      [
        'that writes as a reader',
        'reader',
        login('ledger_ro', '/as/ledger-db-ro'),
        "insert into entries (note) values ('mine')",
        /permission denied for table entries/,
      ],
      [
        'that changes the schema as a writer',
        'ledger',
        login('ledger_rw', '/as/ledger-db-rw'),
        'create table mine (a int)',
        /permission denied for schema public/,
      ],
    ])('refuses a login %s', async (_, namespace, variables, statement, reason) => {
      const { ok, text } = await world.probe.sh(namespace, `${variables} psql -wAtc "${statement}"`);
      expect(text).toMatch(reason);
      expect(ok).toBe(false);
    });

    it('has no password of any role', async () => {
      expect(
        await world.asSuperuser(
          "select count(*) from pg_authid where rolname like 'ledger_%' and rolpassword is not null",
        ),
      ).toBe('0');
      expect(
        await world.asSuperuser(
          "select count(*) from pg_authid where rolname = 'postgres' and rolpassword is not null",
        ),
      ).toBe('0');
    });
  });
}
