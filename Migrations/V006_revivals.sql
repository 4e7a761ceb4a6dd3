-- SPDX-License-Identifier: GPL-3.0-or-later
-- Environments of the past that somebody wants to have again ('almanac revive').
--
-- A revival is an evaluation whose derivations are taken in like any other's, but of which only that is built which is
-- needed and nobody offers, each build under conditions of its own. Such a build is no screening: it says that a package
-- builds under its annotation, or at its revision's date, not that it is sound.

alter table build add column is_revival boolean not null default false;
create index build_revival on build (derivation_id) where is_revival;

create table revival (
  evaluation_id int primary key references evaluation on delete cascade
);

-- A verdict takes a screening: builds of revivals alone prove no derivation sound.
create function sound_takes_screening() returns trigger language plpgsql as $$
begin
  if exists (select from build b where b.derivation_id = new.id and b.is_revival)
     and not exists (select from build b where b.derivation_id = new.id and not b.is_revival
                     and b.investigation_id is null and b.state = 'succeeded') then
    new.verdict := old.verdict;
  end if;
  return new;
end $$;
create trigger derivation_sound before update of verdict on derivation for each row
  when (new.verdict = 'sound' and old.verdict is null) execute function sound_takes_screening();

-- Sources that only this evaluation wants are fetched by whoever revives it, if at all: the farm leaves them alone.
create function begin_revival(the_evaluation int) returns void language plpgsql as $$
begin
  insert into revival (evaluation_id) values (the_evaluation) on conflict do nothing;
  delete from source s using evaluation_derivation m
  where m.evaluation_id = the_evaluation and s.derivation_id = any(m.derivations) and s.state = 'wanted'
    and s.attempts = 0 and s.xmin = pg_current_xact_id()::xid;
end $$;

-- Queues builds of derivations, each under its conditions, and gives their numbers in the same order. `present` are
-- derivations whose outputs are in the store as far as these builds use them. Once more are queued those that ended for
-- want of an input or of infrastructure, and with `again` also those that failed.
create function queue_revival(the_jobset int, wanted bytea[], under int[], present bytea[], again boolean,
                              base_priority int)
returns table (number bigint, build int) language plpgsql as $$
#variable_conflict use_column
declare there int[]; ids int[];
begin
  perform pg_advisory_xact_lock(4711);
  select array_agg(d.id) into there from derivation d where d.hash = any(present);
  select array_agg(d.id) into ids from derivation d
  where d.hash = any(wanted || present) and d.availability = 'unavailable';
  if ids is not null then perform revive(ids); end if;
  update source s set state = 'available', error = null, changed = clock_timestamp()
  where s.derivation_id = any(there) and s.state <> 'available';
  update derivation d set verdict = null where d.id = any(there) and d.verdict = 'source-lost';
  perform make_available(there);

  insert into build (derivation_id, conditions_id, jobset_id, state, pending, priority, is_revival)
  select d.id, w.conditions, the_jobset, case when s.missing > 0 then 'blocked'::build_state else 'ready' end,
         s.missing, base_priority + d.depth, true
  from unnest(wanted, under) with ordinality w(hash, conditions, place) join derivation d on d.hash = w.hash
  cross join lateral (
    select count(*)::int missing from derivation x where x.id = any(d.inputs) and x.availability <> 'available') s
  order by w.place
  on conflict (derivation_id, conditions_id) do nothing;

  update build b
  set state = case when b.pending = 0 then 'ready'::build_state else 'blocked' end, finished = null, error = null,
      losses = 0, retry_at = null, runs_wanted = greatest(b.runs_wanted, b.runs_done + 1)
  from unnest(wanted, under) w(hash, conditions) join derivation d on d.hash = w.hash
  where b.derivation_id = d.id and b.conditions_id = w.conditions and d.availability <> 'available'
    and (b.state in ('dependency-failed', 'cancelled', 'succeeded') or (again and b.state = 'failed'));

  perform pg_notify('almanac_builds', '');
  return query
    select w.place, b.id from unnest(wanted, under) with ordinality w(hash, conditions, place)
    join derivation d on d.hash = w.hash join build b on b.derivation_id = d.id and b.conditions_id = w.conditions
    order by w.place;
end $$;

-- An evaluation that shares derivations with revivals wants their sources after all, and takes builds that were made
-- under its screening conditions for screenings.
create function settle_revivals(the_evaluation int, screening int[]) returns void language plpgsql as $$
declare members int[];
begin
  if not exists (select from revival) then return; end if;
  select m.derivations into members from evaluation_derivation m where m.evaluation_id = the_evaluation;
  insert into source (derivation_id, state)
  select d.id, case when d.availability = 'available' then 'available'::source_state else 'wanted' end
  from derivation d where d.id = any(members) and d.is_fixed on conflict do nothing;
  if exists (select from build b where b.is_revival) then
    update build b set is_revival = false
    where b.is_revival and b.derivation_id = any(members) and b.conditions_id = any(screening);
    update derivation d set verdict = 'sound'
    where d.id = any(members) and d.verdict is null
      and exists (select from build b where b.derivation_id = d.id and b.investigation_id is null and not b.is_revival)
      and not exists (select from build b where b.derivation_id = d.id and b.investigation_id is null
                      and not b.is_revival and b.state <> 'succeeded')
      and not exists (select from investigation i where i.derivation_id = d.id);
  end if;
  perform pg_notify('almanac_sources', '');
end $$;
