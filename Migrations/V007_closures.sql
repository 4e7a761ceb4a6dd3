-- SPDX-License-Identifier: GPL-3.0-or-later
-- Less to write: what evaluations have in common is stored once, and a failure marks builds alone.
-- Figures in docs/results/queue.md.

-- Closures ------------------------------------------------------------------------------------------------------

-- The derivations of an evaluation. Most evaluations of a channel's revision have the closure of another one: that is
-- recognised by its digest, and nothing but a number is written.
create table closure (
  id          int   generated always as identity primary key,
  digest      bytea not null unique check (octet_length(digest) = 32),  -- SHA-256 of the hashes, ascending
  derivations int[] not null
) with (autovacuum_vacuum_insert_threshold = 1, autovacuum_vacuum_insert_scale_factor = 0);

-- Under which conditions builds were made for all of it.
create table closure_screening (
  closure_id    int not null references closure on delete cascade,
  conditions_id int not null references conditions,
  primary key (closure_id, conditions_id)
);

alter table evaluation add column closure_id int references closure;
create index evaluation_by_closure on evaluation (closure_id) where closure_id is not null;

with digested as (
  select m.evaluation_id, m.derivations,
         sha256((select string_agg(d.hash, ''::bytea order by d.hash) from derivation d
                 where d.id = any(m.derivations))) digest
  from evaluation_derivation m where cardinality(m.derivations) > 0),
added as (
  insert into closure (digest, derivations)
  select distinct on (g.digest) g.digest, g.derivations from digested g order by g.digest, g.evaluation_id
  returning id, digest)
update evaluation e set closure_id = a.id from digested g join added a using (digest) where e.id = g.evaluation_id;

drop table evaluation_derivation;
create view evaluation_derivation (evaluation_id, derivations) as
  select e.id, c.derivations from evaluation e join closure c on c.id = e.closure_id;

-- New members wait in the index's list until autovacuum, which every new closure starts, sorts them in: no ingestion does.
create index closure_members on closure using gin (derivations) with (gin_pending_list_limit = 65536);

-- Indexes -------------------------------------------------------------------------------------------------------

-- No query looks for these columns, and a column in any index makes each change of it write all indexes of its row.
drop index derivation_by_verdict;
drop index build_finished;
-- Room on each page for what becomes of its derivations.
alter table derivation set (fillfactor = 70);

-- The tables' functions are their only writers; dangling_references() looks at this too.
alter table job drop constraint job_evaluation_id_fkey;

-- Availability --------------------------------------------------------------------------------------------------

-- A derivation is unavailable when it was itself given up; what waits for it stays wanted, and its builds say why it
-- cannot be had.
update derivation d set availability = 'wanted'
where d.availability = 'unavailable' and d.verdict is null
  and not exists (select from build b where b.derivation_id = d.id and b.state <> 'dependency-failed');

-- Outputs that are given up and built again when wanted; their files, until they are deleted.
alter table derivation add column freed timestamptz;
create index derivation_freed on derivation (id) where freed is not null;
create table expired_output (
  path          text primary key,             -- base name in the store
  derivation_id int not null
);
create index expired_output_of on expired_output (derivation_id);

drop function make_available(int[]);
-- `judge`: what was not judged before and succeeded under all its screening conditions is sound.
create function make_available(ids int[], judge boolean default false) returns int language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare fresh int[]; users int[]; counts int[]; n int := 0; woken int := 0;
begin
  perform pg_advisory_xact_lock_shared(4711);
  with wanted as (
    select d.id, d.availability <> 'available' is_fresh,
           judge and d.verdict is null
             and not exists (select from investigation i where i.derivation_id = d.id)
             and not exists (select from build b where b.derivation_id = d.id and b.investigation_id is null
                             and b.state <> 'succeeded') is_sound
    from derivation d where d.id = any(ids)),
  changed as (
    update derivation d
    set availability = 'available', freed = null, verdict = case when w.is_sound then 'sound' else d.verdict end
    from wanted w where d.id = w.id and (w.is_fresh or w.is_sound) returning d.id, w.is_fresh)
  select array_agg(id) into fresh from changed where is_fresh;
  if fresh is null then return 0; end if;
  delete from expired_output where derivation_id = any(fresh);

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

-- Everything that waits for what cannot be had, found in one walk and failed in one update. The walk goes on above what
-- failed earlier: that something else is missing as well does not show in what waits.
create or replace function make_unavailable(ids int[], why text) returns int language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare given_up int[];
begin
  perform pg_advisory_xact_lock_shared(4711);
  with changed as (
    update derivation set availability = 'unavailable' where id = any(ids) and availability = 'wanted' returning id)
  select array_agg(id) into given_up from changed;
  if given_up is null then return 0; end if;
  return fail_above(given_up, why);
end $$;

-- Fails what waits for derivations that are unavailable, and what waits for that.
create function fail_above(given_up int[], why text) returns int language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare above int[]; n int := 0;
begin
  with recursive up(id) as (
    select unnest(given_up)
    union
    select u from up
    join derivation d on d.id = up.id and (d.availability = 'wanted' and not d.is_fixed or d.id = any(given_up))
    join derivation_user r on r.input = d.id cross join unnest(r.users) u)
  select array_agg(id order by id) into above from up;
  update build b set state = 'dependency-failed', finished = clock_timestamp(), error = why
  from unnest(above) s(d) where b.derivation_id = s.d and b.state = 'blocked';
  get diagnostics n = row_count;
  return n;
end $$;

-- Whether builds of a derivation failed for want of an input. By the derivation's builds, never by the list of all that
-- failed, which is what a plan for a queue where nothing failed would choose.
create function failed_above(the_derivation int) returns boolean language sql stable as $$
  select coalesce(bool_or(b.state = 'dependency-failed'), false) from build b where b.derivation_id = the_derivation
$$;

-- Another try for what failed for want of an input: the derivations and what waits for them, but for what lacks
-- something else as well.
create or replace function revive(ids int[]) returns int language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare above int[]; stuck int[]; n int := 0;
begin
  perform pg_advisory_xact_lock(4711);
  update derivation set availability = 'wanted' where id = any(ids) and availability = 'unavailable';
  with recursive up(id) as (
    select unnest(ids)
    union
    select u from up join derivation_user r on r.input = up.id cross join unnest(r.users) u
    where failed_above(u))
  select array_agg(id) into above from up where id <> all (ids);
  with recursive up(id) as (
    select a from unnest(above) a join derivation d on d.id = a cross join unnest(d.inputs) i
    join derivation x on x.id = i and x.availability = 'unavailable'
    union
    select u from up join derivation_user r on r.input = up.id cross join unnest(r.users) u
    where failed_above(u))
  select array_agg(id) into stuck from up;
  above := array(select unnest(above) except select unnest(stuck));
  -- As text: that keeps the plan from the list of all that failed, as above.
  update build b set state = case when b.pending = 0 then 'ready'::build_state else 'blocked' end,
                     finished = null, error = null
  from unnest(above) f(d) where b.derivation_id = f.d and b.state::text = 'dependency-failed';
  get diagnostics n = row_count;
  perform pg_notify('almanac_builds', '');
  return n;
end $$;
