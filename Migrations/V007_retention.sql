-- SPDX-License-Identifier: GPL-3.0-or-later
-- The third part of the migration: secrets of push notices, and retention: what jobsets no longer keep is found, and given
-- up in small transactions. Decision 0011 says what holds what.

create index build_pinned on build (derivation_id) where pinned;

-- Logs that are given up, until their files are deleted.
create table expired_log (
  run_id bigint primary key
);

-- When something that is done once a night was done last.
create table housekeeping (
  name text primary key,
  last timestamptz not null
);

-- Closed runs never change, but that their log is no longer kept.
create or replace function run_is_append_only() returns trigger language plpgsql as $$
declare unchanged run%rowtype;
begin
  if tg_op = 'DELETE' then raise exception 'runs are append-only'; end if;
  if old.outcome is not null then
    unchanged := new;
    unchanged.log_file := old.log_file;
    if new.log_file is not null or unchanged is distinct from old then
      raise exception 'run % is closed', old.id;
    end if;
  end if;
  return new;
end $$;

-- What forges sign their notices of pushes to a jobset with.
create table push_secret (
  jobset_id int primary key references jobset,
  secret    bytea not null check (octet_length(secret) between 16 and 1024),
  changed   timestamptz not null default clock_timestamp()
);

create view latest_evaluation (jobset_id, evaluation_id, closure_id) as
  select distinct on (e.jobset_id) e.jobset_id, e.id, e.closure_id
  from evaluation e join jobset j on j.id = e.jobset_id and j.removed is null
  where e.state = 'succeeded' order by e.jobset_id, e.id desc;

-- Whether something rests on a derivation: a trap, an annotation, an open investigation, a pinned build, a build that has
-- not ended, the latest evaluation of a jobset.
create function is_subject(the_derivation int) returns boolean language sql stable as $$
  select exists (select from trap t where t.derivation_id = the_derivation)
      or exists (select from annotation a where a.derivation_id = the_derivation)
      or exists (select from job j join annotation a on a.package = j.package and coalesce(a.version, j.version) = j.version
                 where j.derivation_id = the_derivation and a.derivation_id is null)
      or exists (select from investigation i where i.derivation_id = the_derivation and i.state = 'open')
      or exists (select from build b where b.derivation_id = the_derivation
                 and (b.pinned or b.state in ('blocked', 'ready', 'leased')))
      or exists (select from closure c where c.derivations @> array[the_derivation]
                 and c.id in (select l.closure_id from latest_evaluation l))
$$;

-- Whether the outputs of a derivation must stay: something rests on it, or on what is built with it.
create function is_held(the_derivation int) returns boolean language sql stable as $$
  select is_subject(the_derivation) or exists (
    select from derivation_user r cross join unnest(r.users) u where r.input = the_derivation and is_subject(u))
$$;

-- Derivations whose outputs no jobset keeps any longer, and the jobset that paid for them. `jobsets` and `keeps` (seconds;
-- -1: for ever) are the policies. Sources are never given up: where they came from may be gone.
create function expired_outputs(jobsets int[], keeps bigint[], present timestamptz)
returns table (derivation_id int, jobset_id int) language sql stable set work_mem = '64MB' as $$
  with built as materialized (
    select b.derivation_id, max(b.finished) at, min(b.jobset_id) jobset_id
    from build b join derivation d on d.id = b.derivation_id
    where b.state = 'succeeded' and d.availability = 'available' and not d.is_fixed group by 1),
  policy as (select p.id, nullif(p.keep, -1) keep from unnest(jobsets, keeps) p(id, keep)),
  kept as (
    select distinct m.id
    from (select distinct e.jobset_id, e.closure_id from evaluation e where e.closure_id is not null) e
    left join policy p on p.id = e.jobset_id
    join closure c on c.id = e.closure_id cross join unnest(c.derivations) m(id)
    join built b on b.derivation_id = m.id
    where p.keep is null or b.at >= present - make_interval(secs => p.keep::float8)
    union
    select b.derivation_id from built b join policy p on p.id = b.jobset_id
    where p.keep is null or b.at >= present - make_interval(secs => p.keep::float8))
  select b.derivation_id, b.jobset_id from built b
  where not exists (select from kept k where k.id = b.derivation_id)
    and b.at < present and not is_held(b.derivation_id)
$$;

-- Gives up outputs: they count as wanted, their files are noted for deletion. Returns the derivations that were not held by
-- now; they are looked at again under the lock that whatever comes to need them takes.
create function free_outputs(ids int[]) returns int[] language plpgsql as $$
declare freed_ids int[]; users int[]; counts int[];
begin
  perform pg_advisory_xact_lock(4711);
  with changed as (
    update derivation d set availability = 'wanted', freed = clock_timestamp()
    where d.id = any(ids) and d.availability = 'available' and not d.is_fixed and not is_held(d.id)
      and exists (select from build b where b.derivation_id = d.id and b.state = 'succeeded')
    returning d.id, d.output_paths),
  noted as (
    insert into expired_output (path, derivation_id) select p, c.id from changed c cross join unnest(c.output_paths) p
    where p <> '' on conflict (path) do nothing)
  select array_agg(id) into freed_ids from changed;
  if freed_ids is null then return '{}'; end if;
  select array_agg(u order by u), array_agg(c order by u) into users, counts
  from (select u, count(*)::int c from derivation_user r, unnest(r.users) u where r.input = any(freed_ids) group by u) s;
  update build b set pending = b.pending + s.c from unnest(users, counts) s(u, c) where b.derivation_id = s.u;
  return freed_ids;
end $$;

-- Has given-up derivations, and what they are built with, built again under conditions where they did build. Returns how
-- many. The caller holds the advisory lock 4711 alone.
create function rebuild_freed(ids int[]) returns int language plpgsql as $$
declare wanted int[]; n int;
begin
  with recursive down(id) as (
    select d.id from derivation d where d.id = any(ids) and d.freed is not null and d.availability = 'wanted'
    union
    select x.id from down join derivation d on d.id = down.id cross join unnest(d.inputs) i
    join derivation x on x.id = i and x.freed is not null and x.availability = 'wanted')
  select array_agg(id) into wanted from down;
  if wanted is null then return 0; end if;
  delete from expired_output where derivation_id = any(wanted);
  update derivation set freed = null where id = any(wanted);
  update build b set state = case when b.pending = 0 then 'ready'::build_state else 'blocked' end,
                     runs_wanted = b.runs_done + 1, losses = 0, retry_at = null, finished = null, error = null
  where b.id = any(array(
    select distinct on (x.derivation_id) x.id from build x where x.derivation_id = any(wanted) and x.state = 'succeeded'
    order by x.derivation_id, x.investigation_id nulls first, x.id));
  get diagnostics n = row_count;
  perform pg_notify('almanac_builds', '');
  return n;
end $$;

-- The same for what builds of these derivations wait for.
create function rebuild_freed_for(ids int[]) returns int language sql as $$
  select rebuild_freed(array(
    select distinct x.id from unnest(ids) m(id) join derivation d on d.id = m.id cross join unnest(d.inputs) i
    join derivation x on x.id = i and x.freed is not null
    where exists (select from build b where b.derivation_id = d.id and b.state = 'blocked')))
$$;

-- The same for what builds of an evaluation wait for.
create function rebuild_freed_of(the_evaluation int) returns int language sql as $$
  select rebuild_freed(array(
    select x.id
    from evaluation_derivation e cross join unnest(e.derivations) m(id)
    join derivation x on x.id = m.id and x.freed is not null
    where e.evaluation_id = the_evaluation and exists (
      select from derivation_user r cross join unnest(r.users) u join build b on b.derivation_id = u
      where r.input = x.id and b.state = 'blocked')))
$$;

-- Evaluations beyond the newest `keeps` that succeeded (-1: all are kept), but for the newest one that has what a trap,
-- an annotation, an open investigation or a pinned build is about.
create function expired_evaluations(jobsets int[], keeps int[])
returns table (evaluation_id int, jobset_id int, jobs bigint) language sql stable as $$
  with subject(id) as (
    select t.derivation_id from trap t
    union select a.derivation_id from annotation a where a.derivation_id is not null
    union select i.derivation_id from investigation i where i.state = 'open'
    union select b.derivation_id from build b where b.pinned),
  held as (
    select (select max(m.evaluation_id) from evaluation_derivation m where m.derivations @> array[s.id]) id from subject s),
  oldest as (
    select p.id jobset_id, (
      select min(n.id) from (
        select e.id from evaluation e where e.jobset_id = p.id and e.state = 'succeeded'
        order by e.id desc limit p.keep) n) id
    from unnest(jobsets, keeps) p(id, keep) where p.keep > 0)
  select e.id, e.jobset_id, (select count(*) from job j where j.evaluation_id = e.id)
  from oldest o join evaluation e on e.jobset_id = o.jobset_id and e.id < o.id
  where e.state in ('succeeded', 'failed', 'cancelled') and e.id not in (select h.id from held h where h.id is not null)
  order by e.id
$$;

-- Runs whose logs are older than their jobset keeps them; never one that a trap names, or of what something rests on.
create function expired_logs(jobsets int[], keeps bigint[], present timestamptz)
returns table (run_id bigint, jobset_id int, bytes bigint) language sql stable as $$
  select r.id, b.jobset_id, coalesce(r.log_bytes, 0)
  from run r join build b on b.id = r.build_id join unnest(jobsets, keeps) p(id, keep) on p.id = b.jobset_id and p.keep >= 0
  where r.log_file is not null and r.finished < present - make_interval(secs => p.keep::float8)
    and r.id not in (select unnest(t.runs) from trap t) and not is_subject(b.derivation_id)
$$;

-- Gives up logs, and notes their files for deletion; looks again whether something rests on them by now.
create function free_logs(ids bigint[]) returns int language plpgsql as $$
declare n int;
begin
  perform pg_advisory_xact_lock(4711);
  with gone as (
    select r.id from run r join build b on b.id = r.build_id
    where r.id = any(ids) and r.log_file is not null and not is_subject(b.derivation_id)
      and r.id not in (select unnest(t.runs) from trap t)),
  noted as (insert into expired_log select g.id from gone g on conflict do nothing)
  update run r set log_file = null from gone g where r.id = g.id;
  get diagnostics n = row_count;
  return n;
end $$;

-- The last step of an evaluation's end, when its jobs are gone; its closure goes with the last that has it.
create function remove_evaluation(the_evaluation int) returns void language plpgsql as $$
declare c int;
begin
  perform pg_advisory_xact_lock(4711);
  delete from job where evaluation_id = the_evaluation;
  delete from evaluation where id = the_evaluation returning closure_id into c;
  delete from closure x where x.id = c and not exists (select from evaluation e where e.closure_id = x.id);
end $$;

-- Queues builds that have ended once more and, when asked, the screening builds of everything above that did not
-- succeed: those wait, as ever, for outputs that are missing, so what is below is built first. Returns how many.
create or replace function restart_build(the_build int, with_dependents boolean) returns int language plpgsql as $$
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
  perform rebuild_freed_for(array(select b.derivation_id from build b where b.id = any(ids)));
  perform pg_notify('almanac_builds', '');
  return n;
end $$;
