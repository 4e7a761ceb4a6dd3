-- SPDX-License-Identifier: GPL-3.0-or-later
-- The second part of the migration: what people do to builds, and how evaluations come in.

-- By hand -------------------------------------------------------------------------------------------------------

-- Cancels a build that has not ended; a run of it is closed as infrastructure, and its worker is told at its next
-- heartbeat. What waits for a screening build's outputs fails with it. Returns false when it had ended.
create function cancel_build(the_build int, why text) returns boolean language plpgsql as $$
declare b build%rowtype;
begin
  perform pg_advisory_xact_lock_shared(4711);
  select * into b from build where id = the_build for update;
  if b.state is null or b.state not in ('blocked', 'ready', 'leased') then return false; end if;
  update run set outcome = 'infrastructure', reason = why, finished = clock_timestamp()
  where build_id = the_build and outcome is null;
  update build set state = 'cancelled', worker_id = null, leased_at = null, retry_at = null,
                   finished = clock_timestamp(), error = why
  where id = the_build;
  if b.investigation_id is null then
    perform make_unavailable(array[b.derivation_id],
                             format('%s: %s', (select d.name from derivation d where d.id = b.derivation_id), why));
  end if;
  perform pg_notify('almanac_runs', '');
  return true;
end $$;

-- Queues builds that have ended once more and, when asked, the screening builds of everything above that did not
-- succeed: those wait, as ever, for outputs that are missing, so what is below is built first. Returns how many.
create function restart_build(the_build int, with_dependents boolean) returns int language plpgsql as $$
declare ids int[]; above int[]; the_derivation int; n int := 0;
begin
  perform pg_advisory_xact_lock(4711);
  select derivation_id into the_derivation from build where id = the_build;
  if not found then return 0; end if;
  ids := array[the_build];
  perform revive(array[the_derivation]);
  if with_dependents then
    with recursive up(id) as (
      select the_derivation union
      select u from up join derivation_user r on r.input = up.id cross join unnest(r.users) u)
    select array_agg(id) into above from up where id <> the_derivation;
    ids := ids || array(select b.id from build b where b.derivation_id = any(above) and b.investigation_id is null
                        and b.state in ('failed', 'dependency-failed', 'cancelled'));
    update derivation set availability = 'wanted' where id = any(above) and availability = 'unavailable';
  end if;
  update build b set state = case when b.pending = 0 then 'ready'::build_state else 'blocked' end,
                     runs_wanted = greatest(b.runs_wanted, b.runs_done + 1), losses = 0, retry_at = null,
                     finished = null, error = null
  where b.id = any(ids) and b.state in ('succeeded', 'failed', 'dependency-failed', 'cancelled');
  get diagnostics n = row_count;
  perform pg_notify('almanac_builds', '');
  return n;
end $$;

-- Puts a build, and all that it waits for, before everything that was not bumped. Returns how many builds moved.
create function bump_build(the_build int) returns int language plpgsql as $$
declare n int;
begin
  with recursive down(id) as (
    select derivation_id from build where id = the_build
    union
    select i from down join derivation d on d.id = down.id and d.availability = 'wanted' cross join unnest(d.inputs) i)
  update build b set priority = 1500000000 + least(d.depth, 400000000)
  from down join derivation d on d.id = down.id
  where b.derivation_id = d.id and b.state in ('blocked', 'ready') and (b.id = the_build or d.availability = 'wanted');
  get diagnostics n = row_count;
  perform pg_notify('almanac_builds', '');
  return n;
end $$;

-- Ingestion -----------------------------------------------------------------------------------------------------

drop function ingest_derivations(int, int, int[], int);
-- The caller filled two temporary tables by COPY:
--   incoming      ordinal int (1…n), hash bytea, depth int: every derivation of the evaluation
--   incoming_new  ordinal int, name text, system text, is_fixed bool, inputs int[] (ordinals), outputs text[],
--                 output_paths text[], is_available bool: those that were not known when the copying began
create function ingest_derivations(evaluation int, the_jobset int, screening int[], base_priority int)
returns table (known int, added int, built int) language plpgsql set work_mem = '64MB' as $$
declare
  ids int[]; missing boolean[]; lost boolean[]; batch int := nextval('ingest_batch');
  n_known int; n_added int; n_built int; n_more int; the_engine text;
begin
  perform pg_advisory_xact_lock(4711);
  create temporary table place on commit drop as
    select i.ordinal, i.hash, i.depth, coalesce(d.id, nextval('derivation_id_seq')::int) id, d.id is null is_new,
           d.availability
    from incoming i left join derivation d on d.hash = i.hash order by i.ordinal;
  select array_agg(p.id order by p.ordinal), count(*) filter (where not p.is_new), count(*) filter (where p.is_new),
         array_agg(coalesce(p.availability <> 'available', not n.is_available, true) order by p.ordinal),
         array_agg(coalesce(p.availability = 'unavailable', false) order by p.ordinal)
  into ids, n_known, n_added, missing, lost
  from place p left join incoming_new n using (ordinal);

  insert into derivation (id, hash, name, system, is_fixed, inputs, outputs, output_paths, availability, depth)
  select p.id, p.hash, n.name, n.system, n.is_fixed, array(select ids[o] from unnest(n.inputs) o), n.outputs,
         n.output_paths, case when n.is_available then 'available'::availability else 'wanted' end, p.depth
  from incoming_new n join place p using (ordinal) where p.is_new order by ordinal;
  update derivation d set depth = p.depth from place p where not p.is_new and d.id = p.id and d.depth < p.depth;

  insert into derivation_user (input, batch, users)
  select ids[u.o], batch, array_agg(p.id)
  from incoming_new n join place p using (ordinal) cross join lateral unnest(n.inputs) u(o) where p.is_new group by u.o;

  insert into evaluation_derivation (evaluation_id, derivations) values (evaluation, coalesce(ids, '{}'));

  insert into source (derivation_id, state)
  select p.id, case when n.is_available then 'available'::source_state else 'wanted' end
  from incoming_new n join place p using (ordinal) where p.is_new and n.is_fixed order by ordinal;

  select c.engine::text into the_engine from jobset j join channel c on c.id = j.channel_id where j.id = the_jobset;
  create temporary table lane_for on commit drop as
    select s.system, k.id conditions_id, lane_needs(the_engine, s.system, k.cpu, k.kernel) needs, null::int lane_id
    from (select distinct d.system from place p join derivation d on d.id = p.id where not d.is_fixed) s, conditions k
    where k.id = any(screening);
  insert into lane (jobset_id, needs) select distinct the_jobset, l.needs from lane_for l on conflict do nothing;
  update lane_for f set lane_id = l.id from lane l where l.jobset_id = the_jobset and l.needs = f.needs;

  -- Of new derivations: what they wait for is in this evaluation.
  insert into build (derivation_id, conditions_id, jobset_id, lane_id, state, pending, priority, finished, error)
  select p.id, f.conditions_id, the_jobset, f.lane_id,
         case when s.lost > 0 then 'dependency-failed'::build_state when s.missing > 0 then 'blocked' else 'ready' end,
         s.missing, base_priority + p.depth, case when s.lost > 0 then clock_timestamp() end,
         case when s.lost > 0 then 'an input cannot be built' end
  from incoming_new n join place p using (ordinal) join lane_for f on f.system = n.system
  cross join lateral (
    select count(*) filter (where missing[o])::int missing, count(*) filter (where lost[o])::int lost
    from unnest(n.inputs) o) s
  where p.is_new and not n.is_fixed order by ordinal;
  get diagnostics n_built = row_count;

  -- Of known derivations, under conditions that nobody asked for before.
  insert into build (derivation_id, conditions_id, jobset_id, lane_id, state, pending, priority, finished, error)
  select d.id, f.conditions_id, the_jobset, f.lane_id,
         case when s.lost > 0 then 'dependency-failed'::build_state when s.missing > 0 then 'blocked' else 'ready' end,
         s.missing, base_priority + p.depth, case when s.lost > 0 then clock_timestamp() end,
         case when s.lost > 0 then 'an input cannot be built' end
  from place p join derivation d on d.id = p.id join lane_for f on f.system = d.system
  left join build b on b.derivation_id = d.id and b.conditions_id = f.conditions_id
  cross join lateral (
    select count(*) filter (where x.availability <> 'available')::int missing,
           count(*) filter (where x.availability = 'unavailable')::int lost
    from derivation x where x.id = any(d.inputs)) s
  where not p.is_new and not d.is_fixed and b.id is null order by p.ordinal;
  get diagnostics n_more = row_count;

  drop table place, lane_for;
  perform pg_notify('almanac_builds', '');
  perform pg_notify('almanac_sources', '');
  return query select n_known, n_added, n_built + n_more;
end $$;

-- Checking ------------------------------------------------------------------------------------------------------

-- What foreign keys would refuse; empty when all is well.
create function dangling_references() returns table (place text, count bigint) language sql stable as $$
  select * from (
    select 'derivation_user.input', count(*) from derivation_user r left join derivation d on d.id = r.input where d.id is null
    union all
    select 'source.derivation_id', count(*) from source s left join derivation d on d.id = s.derivation_id where d.id is null
    union all
    select 'job.derivation_id', count(*) from job j left join derivation d on d.id = j.derivation_id
    where j.derivation_id is not null and d.id is null
    union all
    select 'build.derivation_id', count(*) from build b left join derivation d on d.id = b.derivation_id where d.id is null
    union all
    select 'build.conditions_id', count(*) from build b left join conditions k on k.id = b.conditions_id where k.id is null
    union all
    select 'build.lane_id', count(*) from build b left join lane l on l.id = b.lane_id where l.id is null
    union all
    select 'build.investigation_id', count(*) from build b left join investigation i on i.id = b.investigation_id
    where b.investigation_id is not null and i.id is null
    union all
    select 'build.worker_id', count(*) from build b left join worker w on w.id = b.worker_id
    where b.worker_id is not null and w.id is null
    union all
    select 'run.build_id', count(*) from run r left join build b on b.id = r.build_id where b.id is null
    union all
    select 'run.worker_id', count(*) from run r left join worker w on w.id = r.worker_id
    where r.worker_id is not null and w.id is null
  ) s(place, n) where n > 0
$$;
