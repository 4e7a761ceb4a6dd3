-- SPDX-License-Identifier: GPL-3.0-or-later
-- The last part of the migration: investigations have lanes of their own, so that of a jobset's guests neither they nor
-- screening takes more than half while the other waits.

alter table lane add column is_investigation boolean not null default false;
alter table lane drop constraint lane_jobset_id_needs_key;
alter table lane add unique nulls not distinct (jobset_id, needs, is_investigation);

drop trigger build_lane on build;
drop function build_gets_lane();
drop function lane_of(int, int, int);
create function lane_of(the_jobset int, the_derivation int, the_conditions int, probe boolean) returns int
language plpgsql as $$
declare wanted text[]; found_lane int;
begin
  select lane_needs(
    (select c.engine::text from jobset j join channel c on c.id = j.channel_id where j.id = the_jobset),
    d.system, k.cpu, k.kernel) into wanted
  from derivation d, conditions k where d.id = the_derivation and k.id = the_conditions;
  insert into lane (jobset_id, needs, is_investigation) values (the_jobset, wanted, probe) on conflict do nothing;
  select id into found_lane from lane
  where jobset_id is not distinct from the_jobset and needs = wanted and is_investigation = probe;
  return found_lane;
end $$;
create function build_gets_lane() returns trigger language plpgsql as $$
begin
  new.lane_id := lane_of(new.jobset_id, new.derivation_id, new.conditions_id, new.investigation_id is not null);
  return new;
end $$;
create trigger build_lane before insert on build for each row when (new.lane_id is null) execute function build_gets_lane();
update build b set lane_id = lane_of(b.jobset_id, b.derivation_id, b.conditions_id, true)
where b.investigation_id is not null and b.state in ('blocked', 'ready', 'leased');

-- The lanes of a jobset's screening builds, made where there are none.
create or replace function screening_lanes(the_jobset int, systems text[], screening int[])
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
  where j.id = the_jobset and k.id = any(screening) and not l.is_investigation;
end $$;

-- Up to `how_many` builds for a worker, with a run for each: first the jobsets of the highest priority, among these the
-- one that uses the least of its share (guests in use, divided by shares), of a jobset screening or investigations, whichever
-- has fewer guests, and of these the longest chain of dependents. `free_memory` (MiB) keeps back what asks for more.
create or replace function claim_builds(the_worker int, how_many int, free_memory int)
returns table (build_id int, run_id bigint) language plpgsql rows 16
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
#variable_conflict use_column
declare
  w worker%rowtype; lanes int[]; jobsets int[]; shares int[]; used int[]; probes boolean[]; used_alike int[];
  best record; step int; got int[];
  n int := 0;
begin
  select * into w from worker where id = the_worker;
  if w.state is distinct from 'active' then return; end if;

  update build set retry_at = null where id = any(array(
    select id from build where state = 'ready' and retry_at <= clock_timestamp()
    order by retry_at limit 100 for update skip locked));

  select array_agg(l.id order by l.id), array_agg(coalesce(l.jobset_id, 0) order by l.id),
         array_agg(coalesce(j.shares, 100) order by l.id), array_agg(l.is_investigation order by l.id)
  into lanes, jobsets, shares, probes
  from lane l left join jobset j on j.id = l.jobset_id
  where needs_met(l.needs, w.offers)
    and coalesce(j.memory, 0) <= least(coalesce(w.memory, 2147483647), coalesce(free_memory, 2147483647))
    and exists (select from build b where b.lane_id = l.id and b.state = 'ready' and b.retry_at is null);
  if lanes is null then return; end if;

  step := how_many;
  if cardinality(lanes) > 1 then
    -- A few steps for a batch: shares are kept to within one step.
    step := greatest(1, how_many / 8);
    select array_agg(coalesce(t.n, 0) order by u.lane),
           array_agg(coalesce(case when u.probe then t.probes else t.n - t.probes end, 0) order by u.lane)
    into used, used_alike
    from unnest(lanes, jobsets, probes) u(lane, jobset, probe)
    left join (select coalesce(x.jobset_id, 0) jobset, sum(c.n)::int n,
                      coalesce(sum(c.n) filter (where x.is_investigation), 0)::int probes
               from (select lane_id, count(*) n from build where state = 'leased' group by lane_id) c
               join lane x on x.id = c.lane_id group by 1) t on t.jobset = u.jobset;
  else
    used := array[0];
    used_alike := array[0];
  end if;

  while n < how_many and cardinality(lanes) > 0 loop
    select u.place, u.lane, u.jobset, u.probe into best
    from unnest(lanes, jobsets, shares, used, probes, used_alike) with ordinality
           u(lane, jobset, share, in_use, probe, alike, place)
    cross join lateral (
      select b.priority from build b where b.lane_id = u.lane and b.state = 'ready' and b.retry_at is null
      order by b.priority desc, b.id limit 1) head
    order by floor(head.priority / 1000000.0) desc, (u.in_use + 1.0) / u.share, u.alike, head.priority desc, u.lane
    limit 1;
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
             array_agg(u.in_use order by u.place), array_agg(u.probe order by u.place), array_agg(u.alike order by u.place)
      into lanes, jobsets, shares, used, probes, used_alike
      from unnest(lanes, jobsets, shares, used, probes, used_alike) with ordinality
             u(lane, jobset, share, in_use, probe, alike, place)
      where u.place <> best.place;
    else
      n := n + cardinality(got);
      used := array(select u.in_use + case when u.jobset = best.jobset then cardinality(got) else 0 end
                    from unnest(jobsets, used) with ordinality u(jobset, in_use, place) order by u.place);
      used_alike := array(
        select u.alike + case when u.jobset = best.jobset and u.probe = best.probe then cardinality(got) else 0 end
        from unnest(jobsets, probes, used_alike) with ordinality u(jobset, probe, alike, place) order by u.place);
      return query insert into run (build_id, worker_id) select g, the_worker from unnest(got) g
                   returning run.build_id, run.id;
    end if;
  end loop;
end $$;
