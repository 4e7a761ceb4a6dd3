-- SPDX-License-Identifier: GPL-3.0-or-later
-- The queue's moves. Each is one function so that it is one transaction and one place:
--   ingest_derivations  an evaluation's derivations in, builds made for them
--   claim_builds        ready builds to a worker
--   make_available      an output exists in the store: dependents count down
--   make_unavailable    an output will not exist: dependents fail
--   finish_run          what a worker observed
--   requeue_lost        leases of workers that are gone
--
-- Lock order everywhere: advisory lock first, then builds by ascending id; so no deadlocks.
-- The advisory lock 4711 is shared by what changes availability and exclusive for ingestion, which counts it.

create function make_available(ids int[]) returns int language plpgsql as $$
declare fresh int[]; users int[]; counts int[]; n int := 0;
begin
  perform pg_advisory_xact_lock_shared(4711);
  with changed as (
    update derivation set availability = 'available'
    where id = any(ids) and availability <> 'available' returning id)
  select array_agg(id) into fresh from changed;
  if fresh is null then return 0; end if;

  select array_agg(u order by u), array_agg(c order by u) into users, counts
  from (select u, count(*)::int c from derivation_user r, unnest(r.users) u
        where r.input = any(fresh) group by u) s;
  if users is null then return 0; end if;

  perform 1 from build where derivation_id = any(users) order by id for update;
  update build b
  set pending = b.pending - s.c,
      state = case when b.state = 'blocked' and b.pending = s.c then 'ready'::build_state else b.state end
  from unnest(users, counts) s(u, c)
  where b.derivation_id = s.u;
  get diagnostics n = row_count;
  perform pg_notify('almanac_builds', '');
  return n;
end $$;

create function make_unavailable(ids int[], why text) returns int language plpgsql as $$
declare front int[]; users int[]; n int := 0; k int;
begin
  perform pg_advisory_xact_lock_shared(4711);
  with changed as (
    update derivation set availability = 'unavailable'
    where id = any(ids) and availability = 'wanted' returning id)
  select array_agg(id) into front from changed;
  while front is not null loop
    select array_agg(distinct u) into users from derivation_user r, unnest(r.users) u where r.input = any(front);
    exit when users is null;
    perform 1 from build where derivation_id = any(users) and state = 'blocked' order by id for update;
    update build set state = 'dependency-failed', finished = clock_timestamp(), error = why
    where derivation_id = any(users) and state = 'blocked';
    get diagnostics k = row_count;
    n := n + k;
    with changed as (
      update derivation set availability = 'unavailable'
      where id = any(users) and availability = 'wanted' returning id)
    select array_agg(id) into front from changed;
  end loop;
  return n;
end $$;

-- Another try for what failed for want of an input: the derivations and everything that waits for them.
create function revive(ids int[]) returns int language plpgsql as $$
declare front int[] := ids; users int[]; n int := 0; k int;
begin
  perform pg_advisory_xact_lock(4711);
  update derivation set availability = 'wanted' where id = any(ids) and availability = 'unavailable';
  while front is not null loop
    select array_agg(distinct u) into users from derivation_user r, unnest(r.users) u where r.input = any(front);
    exit when users is null;
    with changed as (
      update derivation set availability = 'wanted'
      where id = any(users) and availability = 'unavailable' returning id)
    select array_agg(id) into front from changed;
    perform 1 from build where derivation_id = any(users) and state = 'dependency-failed' order by id for update;
    update build set state = case when pending = 0 then 'ready'::build_state else 'blocked' end,
                     finished = null, error = null
    where derivation_id = any(users) and state = 'dependency-failed';
    get diagnostics k = row_count;
    n := n + k;
  end loop;
  perform pg_notify('almanac_builds', '');
  return n;
end $$;

-- `incoming` is a temporary table that the caller filled by COPY:
--   ordinal int (1…n), hash bytea, name text, system text, is_fixed bool, inputs int[] (ordinals),
--   outputs text[], output_paths text[], depth int, is_available bool
create function ingest_derivations(evaluation int, jobset int, screening int[], base_priority int)
returns table (known int, added int, built int) language plpgsql as $$
declare ids int[]; batch int := nextval('ingest_batch'); n_known int; n_added int; n_built int;
begin
  perform pg_advisory_xact_lock(4711);
  alter table incoming add column id int, add column is_new boolean not null default false;
  update incoming i set id = d.id from derivation d where d.hash = i.hash;
  get diagnostics n_known = row_count;
  update incoming set id = nextval(pg_get_serial_sequence('derivation', 'id')), is_new = true where id is null;
  get diagnostics n_added = row_count;
  select array_agg(i.id order by i.ordinal) into ids from incoming i;

  insert into derivation (id, hash, name, system, is_fixed, inputs, outputs, output_paths, availability, depth)
  select i.id, i.hash, i.name, i.system, i.is_fixed,
         array(select ids[o] from unnest(i.inputs) o), i.outputs, i.output_paths,
         case when i.is_available then 'available'::availability else 'wanted' end, i.depth
  from incoming i where i.is_new;
  update derivation d set depth = greatest(d.depth, i.depth)
  from incoming i where not i.is_new and d.id = i.id and d.depth < i.depth;

  insert into derivation_user (input, batch, users)
  select ids[o], batch, array_agg(i.id) from incoming i, unnest(i.inputs) o where i.is_new group by ids[o];

  insert into evaluation_derivation (evaluation_id, derivations) values (evaluation, coalesce(ids, '{}'));

  insert into source (derivation_id, state)
  select i.id, case when d.availability = 'available' then 'available'::source_state else 'wanted' end
  from incoming i join derivation d on d.id = i.id where i.is_fixed
  on conflict (derivation_id) do nothing;

  insert into build (derivation_id, conditions_id, jobset_id, state, pending, priority, finished, error)
  select d.id, c.id, jobset,
         case when s.lost > 0 then 'dependency-failed'::build_state when s.missing > 0 then 'blocked' else 'ready' end,
         s.missing, base_priority + i.depth,
         case when s.lost > 0 then clock_timestamp() end,
         case when s.lost > 0 then 'an input cannot be built' end
  from incoming i
  join derivation d on d.id = i.id
  cross join unnest(screening) c(id)
  cross join lateral (
    select count(*) filter (where x.availability <> 'available')::int missing,
           count(*) filter (where x.availability = 'unavailable')::int lost
    from derivation x where x.id = any(d.inputs)) s
  where not i.is_fixed
  order by i.ordinal
  on conflict (derivation_id, conditions_id) do nothing;
  get diagnostics n_built = row_count;

  perform pg_notify('almanac_builds', '');
  perform pg_notify('almanac_sources', '');
  return query select n_known, n_added, n_built;
end $$;

-- The ARRAY(…) form is deliberate: with a join to a LIMIT parameter the generic plan scans the whole table.
create function claim_builds(worker int, how_many int)
returns table (build_id int, run_id bigint) language sql as $$
  with claimed as (
    update build b set state = 'leased', worker_id = worker, leased_at = clock_timestamp()
    where b.id = any(array(
      select id from build where state = 'ready' and (retry_at is null or retry_at <= clock_timestamp())
      order by priority desc, id limit how_many for update skip locked))
    returning b.id)
  insert into run (build_id, worker_id) select id, worker from claimed returning run.build_id, run.id
$$;

-- Closes a run and moves its build. Returns false when the run was closed before: the second report changes nothing.
-- A failed run of a screening build needs an investigation; the caller opens it in the same transaction.
create function finish_run(
  the_run bigint, the_outcome outcome, the_reason text, began timestamptz, ended timestamptz,
  took double precision, the_evidence jsonb, the_facts jsonb, file text, bytes bigint,
  loss_limit int, back_off interval) returns boolean language plpgsql as $$
declare b build%rowtype;
begin
  perform pg_advisory_xact_lock_shared(4711);
  update run set outcome = the_outcome, reason = the_reason, finished = clock_timestamp(), guest_began = began,
                 guest_ended = ended, seconds = took, evidence = the_evidence, facts = the_facts,
                 log_file = file, log_bytes = bytes
  where id = the_run and outcome is null;
  if not found then return false; end if;
  select * into b from build where id = (select build_id from run where id = the_run) for update;

  if the_outcome = 'infrastructure' then
    update build
    set worker_id = null, leased_at = null, losses = b.losses + 1,
        state = case when b.losses + 1 >= loss_limit then 'cancelled'::build_state else 'ready' end,
        retry_at = clock_timestamp() + back_off * power(2, least(b.losses, 6)),
        finished = case when b.losses + 1 >= loss_limit then clock_timestamp() end,
        error = the_reason
    where id = b.id;
  else
    update build
    set worker_id = null, leased_at = null, losses = 0, retry_at = null, runs_done = b.runs_done + 1,
        state = case when b.runs_done + 1 < b.runs_wanted then 'ready'::build_state
                     when the_outcome = 'succeeded' then 'succeeded' else 'failed' end,
        finished = case when b.runs_done + 1 < b.runs_wanted then null else clock_timestamp() end,
        error = the_reason
    where id = b.id;
    if the_outcome = 'succeeded' then
      -- It had been given up, perhaps with what waits for it: that gets another chance.
      if exists (select from derivation where id = b.derivation_id and availability = 'unavailable') then
        perform revive(array[b.derivation_id]);
      end if;
      perform make_available(array[b.derivation_id]);
    end if;
  end if;
  perform pg_notify('almanac_runs', the_run::text);
  perform pg_notify('almanac_builds', '');
  return true;
end $$;

-- Leases of workers that said nothing for `silence`, or of one worker known to be gone: back to the queue once,
-- the loss recorded as infrastructure.
create function requeue_lost(silence interval, gone_worker int, loss_limit int) returns int language plpgsql as $$
declare lost record; n int := 0;
begin
  for lost in
    select r.id, r.build_id from run r join worker w on w.id = r.worker_id
    where r.outcome is null and (w.id = gone_worker or w.state = 'gone' or w.heartbeat < clock_timestamp() - silence)
    order by r.id
  loop
    -- A server that is stopped or killed loses its builds through no fault of theirs: such losses count only when they
    -- are many, which is how a build that brings down its worker looks.
    if finish_run(lost.id, 'infrastructure', 'the worker was lost', null, null, null, null, '[]', null, null,
                  1000000, interval '0') then
      n := n + 1;
      update build b
      set losses = greatest(b.losses - 1, 0), retry_at = null,
          state = case when s.n >= loss_limit * 4 then 'cancelled'::build_state else b.state end,
          finished = case when s.n >= loss_limit * 4 then clock_timestamp() end
      from (select count(*) n from run x where x.build_id = lost.build_id and x.reason = 'the worker was lost') s
      where b.id = lost.build_id and b.state = 'ready';
    end if;
  end loop;
  update worker set state = 'gone'
  where state <> 'gone' and (id = gone_worker or heartbeat < clock_timestamp() - silence);
  return n;
end $$;
