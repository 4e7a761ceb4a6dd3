-- SPDX-License-Identifier: GPL-3.0-or-later
-- What becomes of derivations, for a Guix Data Service that wants to be told. Nothing is written while none does.

create table build_event_target (url text primary key);   -- one at most: where they go
create table build_event (                                 -- kept until it is delivered
  id            bigint generated always as identity primary key,
  derivation_id int not null,
  build_id      int not null,
  event         text not null check (event in ('scheduled', 'started', 'succeeded', 'failed', 'failed-dependency', 'canceled')),
  at            timestamptz not null default clock_timestamp()
);

-- A derivation whose outputs are there has succeeded: what is built of it after that, under other conditions, changes
-- nothing for who wants to know whether there are substitutes.
create function note_build_events() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into build_event (derivation_id, build_id, event)
    select distinct on (a.derivation_id) a.derivation_id, a.id, 'scheduled'
    from added a join derivation d on d.id = a.derivation_id
    where a.investigation_id is null and d.availability <> 'available' order by a.derivation_id, a.id;
  else
    insert into build_event (derivation_id, build_id, event)
    select distinct on (a.derivation_id) a.derivation_id, a.id,
           case a.state when 'dependency-failed' then 'failed-dependency' else 'canceled' end
    from added a join removed r on r.id = a.id join derivation d on d.id = a.derivation_id
    where a.state in ('dependency-failed', 'cancelled') and a.state <> r.state and a.investigation_id is null
      and d.availability <> 'available' order by a.derivation_id, a.id;
  end if;
  return null;
end $$;
create trigger build_events_insert after insert on build referencing new table as added
  for each statement execute function note_build_events();
create trigger build_events_update after update on build referencing new table as added old table as removed
  for each statement execute function note_build_events();

create function note_run_events() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into build_event (derivation_id, build_id, event)
    select b.derivation_id, b.id, 'started' from added a join build b on b.id = a.build_id
    join derivation d on d.id = b.derivation_id where d.availability <> 'available' order by a.id;
  else
    insert into build_event (derivation_id, build_id, event)
    select b.derivation_id, b.id, case a.outcome when 'succeeded' then 'succeeded' else 'failed' end
    from added a join removed r on r.id = a.id and r.outcome is null join build b on b.id = a.build_id
    join derivation d on d.id = b.derivation_id
    where a.outcome in ('succeeded', 'failed', 'timed-out') and d.availability <> 'available' order by a.id;
  end if;
  return null;
end $$;
create trigger run_events_insert after insert on run referencing new table as added
  for each statement execute function note_run_events();
create trigger run_events_update after update on run referencing new table as added old table as removed
  for each statement execute function note_run_events();

-- Off until somebody wants to be told (want_build_events): a trigger that does nothing still costs each claim and result.
alter table build disable trigger build_events_insert;
alter table build disable trigger build_events_update;
alter table run disable trigger run_events_insert;
alter table run disable trigger run_events_update;

-- Has events noted for this target from now on, or none any more (null); those for another one are dropped.
create function want_build_events(target text) returns void language plpgsql as $$
declare word text := case when target is null then 'disable' else 'enable' end;
begin
  if (select url from build_event_target) is not distinct from target then return; end if;
  delete from build_event_target;
  delete from build_event;
  if target is not null then insert into build_event_target values (target); end if;
  execute format('alter table build %s trigger build_events_insert', word);
  execute format('alter table build %s trigger build_events_update', word);
  execute format('alter table run %s trigger run_events_insert', word);
  execute format('alter table run %s trigger run_events_update', word);
end $$;
