import { databaseName, databaseRole } from '../../model/schema/database.ts';
import { quotedName } from '../../model/schema/postgres-names.ts';

/**
 * Statements that run once in a new database, as its superuser: the roles beside the owner, and their default
 * privileges on all later objects of the owner, in any schema. Names are quoted, because an app can have the
 * name `order`.
 */
export function grants(app: string): string[] {
  const database = quotedName(databaseName(app));
  const [owner, readWrite, readOnly] = [
    quotedName(databaseRole(app, 'owner')),
    quotedName(databaseRole(app, 'read-write')),
    quotedName(databaseRole(app, 'read-only')),
  ];
  const byDefault = `ALTER DEFAULT PRIVILEGES FOR ROLE ${owner}`;
  return [
    `CREATE ROLE ${readWrite} LOGIN`,
    `CREATE ROLE ${readOnly} LOGIN`,
    `REVOKE ALL ON DATABASE ${database} FROM PUBLIC`,
    `GRANT CONNECT ON DATABASE ${database} TO ${readWrite}, ${readOnly}`,
    // The operator's exporter of metrics is a member: without it each scrape is an error in the database's log.
    `GRANT CONNECT ON DATABASE ${database} TO pg_monitor`,
    `ALTER SCHEMA public OWNER TO ${owner}`,
    `GRANT USAGE ON SCHEMA public TO ${readWrite}, ${readOnly}`,
    `${byDefault} GRANT USAGE ON SCHEMAS TO ${readWrite}, ${readOnly}`,
    `${byDefault} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${readWrite}`,
    `${byDefault} GRANT SELECT ON TABLES TO ${readOnly}`,
    `${byDefault} GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO ${readWrite}`,
    `${byDefault} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC`,
    `${byDefault} GRANT EXECUTE ON FUNCTIONS TO ${readWrite}`,
  ];
}
