-- SPDX-License-Identifier: GPL-3.0-or-later
-- How many builds, runs and sources there are in which state, kept as they change: a page that says so costs the same
-- with a thousand builds and with a million. Figures in docs/results/web.md.
--
-- A statement that changes some appends what it changed, so that workers never wait for one another at a counter. The
-- server adds up what was appended every minute (settle_counts); `counted` is exact at any moment.

create table counter (
  what  text   not null,                      -- 'build', 'run', 'source', 'worker' (its runs)
  state text   not null,                      -- its state; of runs 'open' or 'closed'; the worker's number
  n     bigint not null,
  primary key (what, state)
);
create table counter_change (
  what  text   not null,
  state text   not null,
  n     bigint not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

create view counted as
  select what, state, sum(n)::bigint n
  from (select what, state, n from counter union all select what, state, n from counter_change) c
  group by what, state;

create function settle_counts() returns void language plpgsql as $$
begin
  if not pg_try_advisory_xact_lock(4713) then return; end if;
  with taken as (delete from counter_change returning what, state, n)
  insert into counter select what, state, sum(n) from taken group by what, state order by what, state
  on conflict (what, state) do update set n = counter.n + excluded.n;
  delete from counter where n = 0;
end $$;

-- What the tables themselves say: for the beginning, and to compare with.
create view counted_anew as
  select 'build' what, state::text state, count(*) n from build group by state
  union all select 'source', state::text, count(*) from source group by state
  union all select 'run', case when outcome is null then 'open' else 'closed' end, count(*) from run group by 2
  union all select 'worker', worker_id::text, count(*) from run where worker_id is not null group by worker_id;

-- Counts everything anew. Nothing needs it but who has turned the triggers off.
create function recount() returns void language plpgsql as $$
begin
  lock table build, source, run in share mode;
  delete from counter_change;
  delete from counter;
  insert into counter select what, state, n from counted_anew;
end $$;
select recount();

-- Triggers: one for each event, since a table of what was changed goes with one event only ----------------------

create function count_states() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into counter_change select tg_table_name, state, count(*) from added group by state;
  elsif tg_op = 'DELETE' then
    insert into counter_change select tg_table_name, state, -count(*) from removed group by state;
  else
    insert into counter_change
    select tg_table_name, state, sum(n) from (
      select state, 1 n from added union all select state, -1 from removed) c
    group by state having sum(n) <> 0;
  end if;
  return null;
end $$;

create trigger build_counted_insert after insert on build referencing new table as added
  for each statement execute function count_states();
create trigger build_counted_update after update on build referencing new table as added old table as removed
  for each statement execute function count_states();
create trigger build_counted_delete after delete on build referencing old table as removed
  for each statement execute function count_states();

create trigger source_counted_insert after insert on source referencing new table as added
  for each statement execute function count_states();
create trigger source_counted_update after update on source referencing new table as added old table as removed
  for each statement execute function count_states();
create trigger source_counted_delete after delete on source referencing old table as removed
  for each statement execute function count_states();

create function count_runs() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into counter_change
    select 'run', case when outcome is null then 'open' else 'closed' end, count(*) from added group by 2
    union all select 'worker', worker_id::text, count(*) from added where worker_id is not null group by worker_id;
  elsif tg_op = 'DELETE' then
    insert into counter_change
    select 'run', case when outcome is null then 'open' else 'closed' end, -count(*) from removed group by 2
    union all select 'worker', worker_id::text, -count(*) from removed where worker_id is not null group by worker_id;
  else
    -- A run's worker never changes.
    insert into counter_change
    select 'run', case when open then 'open' else 'closed' end, sum(n) from (
      select outcome is null open, 1 n from added union all select outcome is null, -1 from removed) c
    group by open having sum(n) <> 0;
  end if;
  return null;
end $$;

create trigger run_counted_insert after insert on run referencing new table as added
  for each statement execute function count_runs();
create trigger run_counted_update after update on run referencing new table as added old table as removed
  for each statement execute function count_runs();
create trigger run_counted_delete after delete on run referencing old table as removed
  for each statement execute function count_runs();

-- What waits for its inputs, for lists of the queue. Written when a build is made, and never again.
create index build_blocked on build (id) where state = 'blocked';
