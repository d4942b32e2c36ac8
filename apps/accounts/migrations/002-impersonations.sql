-- An administrator of the platform who acts as somebody else, for some minutes and for a reason. Each is a session of that person,
-- whose id is the impersonation's.
create table impersonations (
  id uuid primary key default gen_random_uuid(),
  administrator text not null,
  -- The administrator's own session, in which it was begun.
  session text not null,
  person text not null,
  reason text not null,
  began_at timestamptz not null default now(),
  ends_at timestamptz not null,
  -- Null: it has not ended, or nobody has noted that its time is over.
  ended_at timestamptz
);
create unique index impersonation_of_session on impersonations (session) where ended_at is null;

-- `person:ID` as whom the actor of an entry acted; null: as nobody else.
alter table audit_entries add column on_behalf_of text;
create index audit_entries_on_behalf on audit_entries (on_behalf_of, at desc) where on_behalf_of is not null;
