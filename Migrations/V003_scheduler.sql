-- SPDX-License-Identifier: GPL-3.0-or-later
-- The scheduler: lanes, fair shares, results in batches, leases that cannot leak. Figures in docs/results/queue.md.
--
-- Why it looks like this:
--   * A claim looks at the head of each lane, a lane being the ready builds of one jobset that need the same of a worker.
--     So a worker never walks over builds it cannot make, and shares between jobsets cost one look per lane.
--   * A build that waits for its next try is in an index of its own: the ready index holds what can be claimed now.
--   * Every function turns off the plans that would be right for an empty table: a session's cached plan outlives the
--     evaluation that fills it.
--   * No foreign keys where the only writers are the functions below, which take the numbers from the tables
--     themselves: five row triggers for each build of an ingestion. dangling_references() checks the same in one pass.

alter table derivation_user drop constraint derivation_user_input_fkey;
alter table source drop constraint source_derivation_id_fkey;
alter table job drop constraint job_derivation_id_fkey;
alter table build drop constraint build_derivation_id_fkey, drop constraint build_conditions_id_fkey,
                  drop constraint build_jobset_id_fkey, drop constraint build_investigation_id_fkey,
                  drop constraint build_worker_id_fkey;
alter table run drop constraint run_build_id_fkey, drop constraint run_worker_id_fkey;

-- Workers -------------------------------------------------------------------------------------------------------

alter table jobset add column memory int not null default 2048 check (memory > 0);   -- MiB of a guest

alter table worker drop column features;
alter table worker add column offers text[],          -- null: everything; 'kernel:*': every kernel
                   add column memory int,             -- MiB a guest may have; null: no limit
                   add column hindrance text;         -- why it takes nothing just now

-- What a build needs of a worker, and whose it is.
create table lane (
  id        int generated always as identity primary key,
  jobset_id int references jobset,
  needs     text[] not null,                          -- 'cpu:…', 'engine:…', 'kernel:…', 'system:…', in this order
  unique nulls not distinct (jobset_id, needs)
);

create function lane_needs(engine text, system text, cpu text, kernel text) returns text[] language sql immutable as $$
  select array_remove(array['cpu:' || cpu, 'engine:' || engine, 'kernel:' || kernel, 'system:' || system], null)
$$;

create function lane_of(the_jobset int, the_derivation int, the_conditions int) returns int language plpgsql as $$
declare wanted text[]; found_lane int;
begin
  select lane_needs(
    (select c.engine::text from jobset j join channel c on c.id = j.channel_id where j.id = the_jobset),
    d.system, k.cpu, k.kernel) into wanted
  from derivation d, conditions k where d.id = the_derivation and k.id = the_conditions;
  insert into lane (jobset_id, needs) values (the_jobset, wanted) on conflict do nothing;
  select id into found_lane from lane where jobset_id is not distinct from the_jobset and needs = wanted;
  return found_lane;
end $$;

create function needs_met(needs text[], offers text[]) returns boolean language sql immutable as $$
  select offers is null or not exists (
    select from unnest(needs) n where n <> all (offers) and split_part(n, ':', 1) || ':*' <> all (offers))
$$;

-- Builds --------------------------------------------------------------------------------------------------------

alter table build add column lane_id int,
                  add column pinned boolean not null default false;   -- a person wants what it left behind kept
update build b set lane_id = lane_of(b.jobset_id, b.derivation_id, b.conditions_id);
alter table build alter column lane_id set not null;

create function build_gets_lane() returns trigger language plpgsql as $$
begin
  new.lane_id := lane_of(new.jobset_id, new.derivation_id, new.conditions_id);
  return new;
end $$;
create trigger build_lane before insert on build for each row when (new.lane_id is null) execute function build_gets_lane();

drop index build_ready;
drop index build_leased;
create index build_ready  on build (lane_id, priority desc, id) where state = 'ready' and retry_at is null;
create index build_retry  on build (retry_at) where state = 'ready' and retry_at is not null;
create index build_leased on build (lane_id, worker_id) where state = 'leased';

drop function claim_builds(int, int);
-- Up to `how_many` builds for a worker, with a run for each: first the jobsets of the highest priority, among these the
-- one that uses the least of its share (guests in use, divided by shares), and of a jobset the longest chain of
-- dependents. `free_memory` (MiB) keeps back what asks for more.
create function claim_builds(the_worker int, how_many int, free_memory int)
returns table (build_id int, run_id bigint) language plpgsql rows 16
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
#variable_conflict use_column
declare
  w worker%rowtype; lanes int[]; jobsets int[]; shares int[]; used int[]; best record; step int; got int[];
  n int := 0;
begin
  select * into w from worker where id = the_worker;
  if w.state is distinct from 'active' then return; end if;

  update build set retry_at = null where id = any(array(
    select id from build where state = 'ready' and retry_at <= clock_timestamp()
    order by retry_at limit 100 for update skip locked));

  select array_agg(l.id order by l.id), array_agg(coalesce(l.jobset_id, 0) order by l.id),
         array_agg(coalesce(j.shares, 100) order by l.id)
  into lanes, jobsets, shares
  from lane l left join jobset j on j.id = l.jobset_id
  where needs_met(l.needs, w.offers)
    and coalesce(j.memory, 0) <= least(coalesce(w.memory, 2147483647), coalesce(free_memory, 2147483647))
    and exists (select from build b where b.lane_id = l.id and b.state = 'ready' and b.retry_at is null);
  if lanes is null then return; end if;

  step := how_many;
  if cardinality(lanes) > 1 then
    -- A few steps for a batch: shares are kept to within one step.
    step := greatest(1, how_many / 8);
    select array_agg(coalesce(t.n, 0) order by u.lane) into used
    from unnest(lanes, jobsets) u(lane, jobset)
    left join (select coalesce(x.jobset_id, 0) jobset, sum(c.n)::int n
               from (select lane_id, count(*) n from build where state = 'leased' group by lane_id) c
               join lane x on x.id = c.lane_id group by 1) t on t.jobset = u.jobset;
  else
    used := array[0];
  end if;

  while n < how_many and cardinality(lanes) > 0 loop
    select u.place, u.lane, u.jobset into best
    from unnest(lanes, jobsets, shares, used) with ordinality u(lane, jobset, share, in_use, place)
    cross join lateral (
      select b.priority from build b where b.lane_id = u.lane and b.state = 'ready' and b.retry_at is null
      order by b.priority desc, b.id limit 1) head
    order by floor(head.priority / 1000000.0) desc, (u.in_use + 1.0) / u.share, head.priority desc, u.lane limit 1;
    exit when not found;

    with claimed as (
      -- The ARRAY(…) form is deliberate: with a join to a LIMIT parameter the generic plan scans the whole table.
      update build b set state = 'leased', worker_id = the_worker, leased_at = clock_timestamp()
      where b.id = any(array(
        select id from build where lane_id = best.lane and state = 'ready' and retry_at is null
        order by priority desc, id limit least(step, how_many - n) for update skip locked))
      returning b.id)
    select array_agg(id) into got from claimed;
    if got is null then
      -- Others hold what is left of this lane.
      select array_agg(u.lane order by u.place), array_agg(u.jobset order by u.place), array_agg(u.share order by u.place),
             array_agg(u.in_use order by u.place) into lanes, jobsets, shares, used
      from unnest(lanes, jobsets, shares, used) with ordinality u(lane, jobset, share, in_use, place)
      where u.place <> best.place;
    else
      n := n + cardinality(got);
      used := array(select u.in_use + case when u.jobset = best.jobset then cardinality(got) else 0 end
                    from unnest(jobsets, used) with ordinality u(jobset, in_use, place) order by u.place);
      return query insert into run (build_id, worker_id) select g, the_worker from unnest(got) g
                   returning run.build_id, run.id;
    end if;
  end loop;
end $$;

-- Most verdicts are 'sound', and nobody looks for these: writing one touches no index.
drop index derivation_by_verdict;
create index derivation_by_verdict on derivation (verdict) where verdict is not null and verdict <> 'sound';

-- Availability --------------------------------------------------------------------------------------------------

create or replace function make_available(ids int[]) returns int language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare fresh int[]; users int[]; counts int[]; n int := 0; woken int := 0;
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

  -- Visited by ascending derivation, the order in which every function locks what waits: no deadlocks.
  with moved as (
    update build b
    set pending = b.pending - s.c,
        state = case when b.state = 'blocked' and b.pending = s.c then 'ready'::build_state else b.state end
    from unnest(users, counts) s(u, c)
    where b.derivation_id = s.u returning b.state)
  select count(*), count(*) filter (where state = 'ready') into n, woken from moved;
  if woken > 0 then perform pg_notify('almanac_builds', ''); end if;
  return n;
end $$;

-- Everything that waits for what cannot be had, found in one walk and failed in one update.
create or replace function make_unavailable(ids int[], why text) returns int language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare below int[]; n int := 0;
begin
  perform pg_advisory_xact_lock_shared(4711);
  with recursive down(id) as (
    select unnest(ids)
    union
    select u from down join derivation d on d.id = down.id and d.availability = 'wanted'
    join derivation_user r on r.input = d.id cross join unnest(r.users) u)
  select array_agg(d.id order by d.id) into below from down join derivation d on d.id = down.id
  where d.availability = 'wanted';
  if below is null then return 0; end if;

  update derivation set availability = 'unavailable' where id = any(below) and availability = 'wanted';
  update build b set state = 'dependency-failed', finished = clock_timestamp(), error = why
  from unnest(below) s(d) where b.derivation_id = s.d and b.state = 'blocked';
  get diagnostics n = row_count;
  return n;
end $$;

-- Results -------------------------------------------------------------------------------------------------------

drop function finish_run(bigint, outcome, text, timestamptz, timestamptz, double precision, jsonb, jsonb, text, bigint,
                         int, interval);

-- Closes runs and moves their builds; returns the runs that were open, a second report changing nothing.
-- `reports` is an array of objects {run, outcome, reason, began, ended (seconds since 1970), seconds, evidence, facts,
-- file, bytes, lost}; `lost` marks a loss that was no fault of the build's.
create function finish_runs(reports jsonb, loss_limit int, back_off interval) returns bigint[] language plpgsql
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
    perform make_available(good);
    update derivation d set verdict = 'sound'
    where d.id = any(good) and d.verdict is null
      and not exists (select from investigation i where i.derivation_id = d.id)
      and not exists (select from build b where b.derivation_id = d.id and b.investigation_id is null
                      and b.state <> 'succeeded');
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

-- Leases --------------------------------------------------------------------------------------------------------

-- Open runs back to the queue, the loss recorded as infrastructure.
create function give_back(runs bigint[], why text, loss_limit int) returns int language sql as $$
  select cardinality(finish_runs(
    (select coalesce(jsonb_agg(jsonb_build_object('run', r, 'outcome', 'infrastructure', 'reason', why, 'lost', true)), '[]')
     from unnest(runs) r), loss_limit, interval '0'))
$$;

drop function requeue_lost(interval, int, int);
-- Leases of workers that said nothing for `silence`, or of one worker known to be gone: back to the queue, once.
create function requeue_lost(silence interval, gone_worker int, loss_limit int) returns int language plpgsql as $$
declare gone int[]; lost bigint[];
begin
  with ended as (
    update worker set state = 'gone'
    where state <> 'gone' and (id = gone_worker or heartbeat < clock_timestamp() - silence) returning id)
  select array_agg(id) into gone from ended;
  -- Also what a worker that was gone already claimed in the instant before it learnt of that.
  select array_agg(r.id) into lost from build b join worker w on w.id = b.worker_id
  join run r on r.build_id = b.id and r.outcome is null
  where b.state = 'leased' and (w.id = any(gone) or w.id = gone_worker or w.state = 'gone');
  if lost is null then return 0; end if;
  return give_back(lost, 'the worker was lost', loss_limit);
end $$;

-- A worker says that it lives and which runs it is at. It is told whether it was known, what is wanted of it, and which
-- of these runs are no longer its own: cancelled, or given to others. What it was given `grace` ago and does not know of
-- was lost on the way (the connection broke after the commit): back to the queue.
create function heartbeat(the_worker int, holding bigint[], grace interval, why_idle text, loss_limit int)
returns table (known boolean, state worker_state, revoked bigint[]) language plpgsql as $$
#variable_conflict use_column
declare was worker_state; stray bigint[];
begin
  select w.state into was from worker w where w.id = the_worker for update;
  if not found then return; end if;
  update worker w set heartbeat = clock_timestamp(), hindrance = why_idle,
                      state = case when w.state = 'gone' then 'active'::worker_state else w.state end
  where w.id = the_worker;
  select array_agg(r.id) into stray from build b join run r on r.build_id = b.id and r.outcome is null
  where b.state = 'leased' and b.worker_id = the_worker and r.id <> all (holding)
    and b.leased_at < clock_timestamp() - grace;
  if stray is not null then perform give_back(stray, 'the worker never heard of its claim', loss_limit); end if;
  return query select was <> 'gone', case when was = 'gone' then 'active'::worker_state else was end,
                      array(select h from unnest(holding) h
                            where not exists (select from run r where r.id = h and r.outcome is null));
end $$;
