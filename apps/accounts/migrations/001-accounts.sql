-- People who used this service once: a copy of what Kratos keeps, so that members can be listed.
create table people (
  id text primary key,
  email text not null,
  name text not null
);

create table organisations (
  id uuid primary key default gen_random_uuid(),
  name text not null,
  audit_days integer not null default 365 check (audit_days between 30 and 3650),
  created_at timestamptz not null default now()
);

create index organisations_newest on organisations (created_at desc, id desc);

create table roles (
  organisation uuid not null references organisations (id) on delete cascade,
  name text not null,
  description text not null,
  permissions text[] not null,
  built_in boolean not null default false,
  primary key (organisation, name)
);

create table members (
  organisation uuid not null references organisations (id) on delete cascade,
  person text not null references people (id) on delete cascade,
  id uuid not null default gen_random_uuid(),
  joined_at timestamptz not null default now(),
  primary key (organisation, person)
);
create index members_of_person on members (person);
create index members_newest on members (organisation, joined_at desc, id desc);

create table member_roles (
  organisation uuid not null,
  person text not null,
  role text not null,
  primary key (organisation, person, role),
  foreign key (organisation, person) references members (organisation, person) on delete cascade,
  -- No action: an organisation goes with its roles and its members in one statement.
  foreign key (organisation, role) references roles (organisation, name)
);
create index member_roles_of_role on member_roles (organisation, role);

-- Sessions of Kratos that were seen here.
create table sessions (
  id text primary key,
  person text not null references people (id) on delete cascade,
  -- For which the person acts. No reference: a session whose organisation went must be revalidated.
  organisation uuid,
  needs_revalidation boolean not null default false,
  seen_at timestamptz not null default now()
);
create index sessions_of_person on sessions (person, organisation);

create table invitations (
  id uuid primary key default gen_random_uuid(),
  organisation uuid not null references organisations (id) on delete cascade,
  email text not null,
  roles text[] not null,
  -- SHA-256 of the token in the link.
  token_hash bytea not null unique,
  invited_by text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index invitations_of_organisation on invitations (organisation, created_at desc);

create table api_keys (
  id uuid primary key default gen_random_uuid(),
  organisation uuid not null references organisations (id) on delete cascade,
  name text not null,
  scopes text[] not null,
  -- SHA-256 of the secret: 256 random bits need no slow hash.
  secret_hash bytea not null unique,
  prefix text not null,
  created_by text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  last_used_at timestamptz
);
create index api_keys_of_organisation on api_keys (organisation, created_at desc);
create index api_keys_of_person on api_keys (created_by);

-- The log. It has no reference to anything: it outlives what it tells of.
create table audit_entries (
  id uuid primary key default gen_random_uuid(),
  at timestamptz not null default now(),
  organisation uuid,
  actor text not null,
  action text not null,
  subject text not null,
  address text not null,
  app text not null,
  before jsonb,
  after jsonb,
  -- Until then nobody can delete it.
  keep_until timestamptz not null
);
create index audit_entries_newest on audit_entries (organisation, at desc, id desc);
create index audit_entries_of_all on audit_entries (at desc, id desc);
create index audit_entries_of_actor on audit_entries (actor, at desc);
create index audit_entries_expired on audit_entries (keep_until);

-- Every change of a person's rights in an organisation marks the sessions in which the person acts for it, whatever statement
-- made the change.
create function mark_sessions_of_member() returns trigger language plpgsql as $$
declare
  changed record;
begin
  changed := case when tg_op = 'DELETE' then old else new end;
  update sessions set needs_revalidation = true
  where person = changed.person and organisation = changed.organisation and not needs_revalidation;
  return null;
end $$;

create trigger rights_of_member_changed after insert or update or delete on member_roles
  for each row execute function mark_sessions_of_member();
create trigger member_removed after delete on members
  for each row execute function mark_sessions_of_member();

create function mark_sessions_of_role() returns trigger language plpgsql as $$
begin
  update sessions s set needs_revalidation = true
  from member_roles m
  where m.organisation = new.organisation and m.role = new.name
    and s.person = m.person and s.organisation = m.organisation and not s.needs_revalidation;
  return null;
end $$;

create trigger rights_of_role_changed after update of permissions on roles
  for each row when (old.permissions is distinct from new.permissions) execute function mark_sessions_of_role();

-- Append-only: the role of the service cannot change the log, and its owner neither before an entry's retention has ended.
create function refuse_changed_audit() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    if old.keep_until <= now() then return old; end if;
  end if;
  raise exception 'audit_entries is append-only: entries go when their retention ends' using errcode = 'insufficient_privilege';
end $$;

create trigger audit_is_append_only before update or delete on audit_entries
  for each row execute function refuse_changed_audit();
create trigger audit_is_not_truncated before truncate on audit_entries
  for each statement execute function refuse_changed_audit();

-- Deletes what is past its retention, as the owner: the role of the service may delete nothing itself.
create function destroy_expired_audit() returns bigint language sql security definer set search_path = public, pg_temp as $$
  with gone as (delete from audit_entries where keep_until <= now() returning 1) select count(*) from gone
$$;

-- The roles get rights on every new table by default; here they are fewer.
do $$
declare
  role_name text;
begin
  for role_name in
    select distinct grantee from information_schema.role_table_grants
    where table_schema = 'public' and table_name = 'audit_entries' and grantee <> current_user
  loop
    execute format('revoke update, delete, truncate, references, trigger on audit_entries from %I', role_name);
  end loop;
end $$;
