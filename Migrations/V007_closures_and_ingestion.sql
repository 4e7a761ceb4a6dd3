-- SPDX-License-Identifier: GPL-3.0-or-later
-- The second part of the migration: results, and how evaluations come in.

-- Closes runs and moves their builds; returns the runs that were open, a second report changing nothing.
-- `reports` is an array of objects {run, outcome, reason, began, ended (seconds since 1970), seconds, evidence, facts,
-- file, bytes, lost}; `lost` marks a loss that was no fault of the build's.
create or replace function finish_runs(reports jsonb, loss_limit int, back_off interval) returns bigint[] language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  closed bigint[]; builds int[]; outcomes outcome[]; reasons text[]; losts boolean[];
  good int[]; bad int[]; queued boolean; given_up record;
begin
  perform pg_advisory_xact_lock_shared(4711);
  perform 1 from build where id = any(array(
    select r.build_id from run r
    where r.id = any(array(select (e ->> 'run')::bigint from jsonb_array_elements(reports) e)))) order by id for update;

  with closing as (
    update run r set outcome = n.outcome, reason = n.reason, finished = clock_timestamp(),
                     guest_began = to_timestamp(n.began), guest_ended = to_timestamp(n.ended), seconds = n.seconds,
                     evidence = n.evidence, facts = coalesce(n.facts, '[]'), log_file = n.file, log_bytes = n.bytes
    from jsonb_to_recordset(reports) n(run bigint, outcome outcome, reason text, began float8, ended float8,
                                       seconds float8, evidence jsonb, facts jsonb, file text, bytes bigint, lost boolean)
    where r.id = n.run and r.outcome is null
    returning r.id, r.build_id, r.outcome, r.reason, coalesce(n.lost, false) lost)
  select array_agg(id), array_agg(build_id), array_agg(outcome), array_agg(reason), array_agg(lost)
  into closed, builds, outcomes, reasons, losts from closing;
  if closed is null then return '{}'; end if;

  with next as (
    select b.id, c.outcome, c.reason, c.lost, b.losses,
           case
             when c.outcome = 'infrastructure' and c.lost then
               -- A worker that is stopped or killed loses its builds through no fault of theirs: such losses count only
               -- when they are many, which is how a build that brings down its worker looks.
               case when (select count(*) from run x where x.build_id = b.id and x.reason = c.reason) >= loss_limit * 4
                    then 'cancelled'::build_state else 'ready' end
             when c.outcome = 'infrastructure' then
               case when b.losses + 1 >= loss_limit then 'cancelled'::build_state else 'ready' end
             when b.runs_done + 1 < b.runs_wanted then 'ready'
             when c.outcome = 'succeeded' then 'succeeded'
             else 'failed'
           end state
    from unnest(builds, outcomes, reasons, losts) c(build, outcome, reason, lost) join build b on b.id = c.build
    where b.state = 'leased'),
  moved as (
    update build b
    set worker_id = null, leased_at = null, state = next.state, error = next.reason,
        runs_done = b.runs_done + (next.outcome <> 'infrastructure')::int,
        losses = case when next.outcome <> 'infrastructure' then 0 when next.lost then b.losses else b.losses + 1 end,
        retry_at = case when next.state = 'ready' and next.outcome = 'infrastructure' and not next.lost
                        then clock_timestamp() + back_off * power(2, least(b.losses, 6)) end,
        finished = case when next.state <> 'ready' then clock_timestamp() end
    from next where b.id = next.id
    returning b.derivation_id, b.investigation_id, b.state, next.outcome)
  select array_agg(distinct derivation_id) filter (where outcome = 'succeeded'),
         array_agg(distinct derivation_id) filter (where outcome in ('failed', 'timed-out')), bool_or(state = 'ready')
  into good, bad, queued from moved;

  if good is not null then
    -- What had been given up, perhaps with what waits for it, gets another chance.
    if exists (select from derivation where id = any(good) and availability = 'unavailable') then
      perform revive(good);
    end if;
    perform make_available(good, judge => true);
  end if;
  if bad is not null then
    insert into investigation (derivation_id) select unnest(bad) on conflict (derivation_id) do nothing;
    update investigation i set state = 'open', finding = null, concluded = null
    where i.state = 'concluded' and i.derivation_id = any(bad)
      and exists (select from build b where b.id = any(builds) and b.derivation_id = i.derivation_id
                  and b.investigation_id is null);
  end if;
  -- What infrastructure failed too often is given up, and with it what waits for its outputs.
  for given_up in
    select d.id, d.name, b.error from build b join derivation d on d.id = b.derivation_id
    where b.id = any(builds) and b.state = 'cancelled' and b.investigation_id is null order by b.id
  loop
    perform make_unavailable(array[given_up.id], format('%s could not be built: %s', given_up.name, given_up.error));
  end loop;
  if queued then perform pg_notify('almanac_builds', ''); end if;
  perform pg_notify('almanac_runs', '');
  return closed;
end $$;

-- Ingestion -----------------------------------------------------------------------------------------------------

-- The lanes of a jobset's screening builds, made where there are none.
create function screening_lanes(the_jobset int, systems text[], screening int[])
returns table (system text, conditions_id int, lane_id int) language plpgsql rows 4 as $$
#variable_conflict use_column
begin
  insert into lane (jobset_id, needs)
  select the_jobset, lane_needs(c.engine::text, s, k.cpu, k.kernel)
  from jobset j join channel c on c.id = j.channel_id cross join unnest(systems) s cross join conditions k
  where j.id = the_jobset and k.id = any(screening)
  on conflict do nothing;
  return query
  select s, k.id, l.id
  from jobset j join channel c on c.id = j.channel_id cross join unnest(systems) s cross join conditions k
  join lane l on l.jobset_id = the_jobset and l.needs = lane_needs(c.engine::text, s, k.cpu, k.kernel)
  where j.id = the_jobset and k.id = any(screening);
end $$;

-- Builds of known derivations under conditions that nobody asked for before; returns how many.
create function screen_known(ids int[], the_jobset int, screening int[], base_priority int) returns int
language plpgsql set work_mem = '64MB' as $$
declare systems text[]; n int;
begin
  select array_agg(distinct d.system) into systems from derivation d where d.id = any(ids) and not d.is_fixed;
  insert into build (derivation_id, conditions_id, jobset_id, lane_id, state, pending, priority, finished, error)
  select d.id, f.conditions_id, the_jobset, f.lane_id,
         case when s.lost > 0 then 'dependency-failed'::build_state when s.missing > 0 then 'blocked' else 'ready' end,
         s.missing, base_priority + d.depth, case when s.lost > 0 then clock_timestamp() end,
         case when s.lost > 0 then 'an input cannot be built' end
  from unnest(ids) m(id) join derivation d on d.id = m.id
  join screening_lanes(the_jobset, systems, screening) f on f.system = d.system
  left join build b on b.derivation_id = d.id and b.conditions_id = f.conditions_id
  cross join lateral (
    select count(*) filter (where x.availability <> 'available')::int missing,
           count(*) filter (where x.availability = 'unavailable'
                            or x.availability = 'wanted' and failed_above(x.id))::int lost
    from derivation x where x.id = any(d.inputs)) s
  where not d.is_fixed and b.id is null order by d.id;
  get diagnostics n = row_count;
  return n;
end $$;

-- An evaluation whose closure is known: nothing of it needs to be sent. Returns no row when it is not known.
create function ingest_known(the_evaluation int, the_digest bytea, the_jobset int, screening int[], base_priority int)
returns table (known int, added int, built int) language plpgsql as $$
declare c closure%rowtype; fresh int[]; n int := 0;
begin
  fresh := array(select k from unnest(screening) k where not exists (
    select from closure x join closure_screening s on s.closure_id = x.id
    where x.digest = the_digest and s.conditions_id = k));
  -- Builds that are made count what is available: that holds still until then.
  if cardinality(fresh) > 0 then
    perform pg_advisory_xact_lock(4711);
  else
    perform pg_advisory_xact_lock_shared(4711);
  end if;
  select * into c from closure where digest = the_digest;
  if not found then return; end if;
  update evaluation set closure_id = c.id where id = the_evaluation;
  if cardinality(fresh) > 0 then
    n := screen_known(c.derivations, the_jobset, fresh, base_priority);
    insert into closure_screening select c.id, unnest(fresh) on conflict do nothing;
    perform pg_notify('almanac_builds', '');
  end if;
  return query select cardinality(c.derivations), 0, n;
end $$;

drop function ingest_derivations(int, int, int[], int);
-- The caller filled two temporary tables by COPY:
--   incoming      ordinal int (1…n), hash bytea, depth int: every derivation of the evaluation
--   incoming_new  ordinal int, name text, system text, is_fixed bool, inputs int[] (ordinals), outputs text[],
--                 output_paths text[], is_available bool: those that were not known when the copying began
create function ingest_derivations(
  the_evaluation int, the_digest bytea, the_jobset int, screening int[], base_priority int)
returns table (known int, added int, built int) language plpgsql set work_mem = '64MB' as $$
declare
  ids int[]; old_ids int[]; missing boolean[]; lost boolean[]; batch int := nextval('ingest_batch'); systems text[];
  n_known int; n_added int; n_built int; n_more int := 0; the_closure int;
begin
  perform pg_advisory_xact_lock(4711);
  create temporary table place on commit drop as
    select i.ordinal, i.hash, i.depth, coalesce(d.id, nextval('derivation_id_seq')::int) id, d.id is null is_new,
           d.availability
    from incoming i left join derivation d on d.hash = i.hash order by i.ordinal;
  select array_agg(p.id order by p.ordinal), count(*) filter (where not p.is_new), count(*) filter (where p.is_new),
         array_agg(coalesce(p.availability <> 'available', not n.is_available, true) order by p.ordinal),
         array_agg(coalesce(p.availability = 'unavailable' or p.availability = 'wanted' and failed_above(p.id), false)
                   order by p.ordinal),
         array_agg(p.id) filter (where not p.is_new), array_agg(distinct n.system) filter (where not n.is_fixed)
  into ids, n_known, n_added, missing, lost, old_ids, systems
  from place p left join incoming_new n using (ordinal);

  insert into derivation (id, hash, name, system, is_fixed, inputs, outputs, output_paths, availability, depth)
  select p.id, p.hash, n.name, n.system, n.is_fixed, array(select ids[o] from unnest(n.inputs) o), n.outputs,
         n.output_paths, case when n.is_available then 'available'::availability else 'wanted' end, p.depth
  from incoming_new n join place p using (ordinal) where p.is_new order by ordinal;
  if n_known > 0 then
    update derivation d set depth = p.depth from place p where not p.is_new and d.id = p.id and d.depth < p.depth;
  end if;

  insert into derivation_user (input, batch, users)
  select ids[u.o], batch, array_agg(p.id)
  from incoming_new n join place p using (ordinal) cross join lateral unnest(n.inputs) u(o) where p.is_new group by u.o;

  insert into closure (digest, derivations) values (the_digest, coalesce(ids, '{}'))
  on conflict (digest) do update set digest = excluded.digest returning id into the_closure;
  update evaluation set closure_id = the_closure where id = the_evaluation;

  insert into source (derivation_id, state)
  select p.id, case when n.is_available then 'available'::source_state else 'wanted' end
  from incoming_new n join place p using (ordinal) where p.is_new and n.is_fixed order by ordinal;

  -- Of new derivations: what they wait for is in this evaluation.
  insert into build (derivation_id, conditions_id, jobset_id, lane_id, state, pending, priority, finished, error)
  select p.id, f.conditions_id, the_jobset, f.lane_id,
         case when s.lost > 0 then 'dependency-failed'::build_state when s.missing > 0 then 'blocked' else 'ready' end,
         s.missing, base_priority + p.depth, case when s.lost > 0 then clock_timestamp() end,
         case when s.lost > 0 then 'an input cannot be built' end
  from incoming_new n join place p using (ordinal)
  join screening_lanes(the_jobset, systems, screening) f on f.system = n.system
  cross join lateral (
    select count(*) filter (where missing[o])::int missing, count(*) filter (where lost[o])::int lost
    from unnest(n.inputs) o) s
  where p.is_new and not n.is_fixed order by ordinal;
  get diagnostics n_built = row_count;

  if n_known > 0 then n_more := screen_known(old_ids, the_jobset, screening, base_priority); end if;
  insert into closure_screening select the_closure, k from unnest(screening) k on conflict do nothing;

  drop table place;
  perform pg_notify('almanac_builds', '');
  perform pg_notify('almanac_sources', '');
  return query select n_known, n_added, n_built + n_more;
end $$;

-- Checking ------------------------------------------------------------------------------------------------------

-- What foreign keys would refuse; empty when all is well.
create or replace function dangling_references() returns table (place text, count bigint) language sql stable as $$
  select * from (
    select 'derivation_user.input', count(*) from derivation_user r left join derivation d on d.id = r.input where d.id is null
    union all
    select 'source.derivation_id', count(*) from source s left join derivation d on d.id = s.derivation_id where d.id is null
    union all
    select 'job.derivation_id', count(*) from job j left join derivation d on d.id = j.derivation_id
    where j.derivation_id is not null and d.id is null
    union all
    select 'job.evaluation_id', count(*) from job j left join evaluation e on e.id = j.evaluation_id where e.id is null
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
