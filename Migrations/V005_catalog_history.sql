-- SPDX-License-Identifier: GPL-3.0-or-later
-- The history of catalog entries, builds that check what people say, and search by parts of a package's name.

create table trap_change (
  id      bigint generated always as identity primary key,
  trap_id int not null references trap on delete cascade,
  made    timestamptz not null default clock_timestamp(),
  -- What differs, as it was and as it is; a new entry has only 'after'.
  before  jsonb,
  after   jsonb not null
);
create index trap_change_of on trap_change (trap_id, id);

-- What a change of an entry is a change of. Runs and evidence grow with every investigation; alone they are no news.
create function trap_facts(t trap) returns jsonb language sql immutable as $$
  select jsonb_strip_nulls(jsonb_build_object(
    'verdict', t.verdict, 'axis', t.axis, 'cause', t.cause, 'windows', t.windows, 'periodic', t.periodic, 'cpu', t.cpu,
    'status', t.status))
$$;

create function note_trap_change() returns trigger language plpgsql as $$
declare old_facts jsonb := '{}'; new_facts jsonb := trap_facts(new);
begin
  if tg_op = 'UPDATE' then old_facts := trap_facts(old); end if;
  if old_facts = new_facts then return null; end if;
  insert into trap_change (trap_id, before, after)
  select new.id, case when tg_op = 'UPDATE' then b end, coalesce(a, '{}')
  from (select jsonb_object_agg(key, value) filter (where old_facts -> key is distinct from value) a
        from jsonb_each(new_facts)) n,
       (select coalesce(jsonb_object_agg(key, value) filter (where new_facts -> key is distinct from value), '{}') b
        from jsonb_each(old_facts)) o;
  return null;
end $$;
create trigger trap_change after insert or update on trap for each row execute function note_trap_change();

insert into trap_change (trap_id, made, after) select id, created, trap_facts(t) from trap t order by id;

-- The build that checks an annotation of a person; null where it says nothing that could be built.
alter table annotation add column build_id int;

-- Commits of the evaluated revisions that have a derivation, oldest first. A look into the index for each costs less than the
-- planner believes: reading the arrays themselves is what is dear.
create function revisions_with(the_derivation int) returns text[] language sql stable set enable_seqscan = off as $$
  select coalesce(array_agg(commit order by date, commit), '{}') from (
    select distinct r.commit, r.date from evaluation_derivation m
    join evaluation e on e.id = m.evaluation_id join revision r on r.id = e.revision_id
    where m.derivations @> array[the_derivation]) s
$$;

-- Cuirass's lists: the jobs of the newest evaluations.
create index job_by_evaluation on job (evaluation_id desc, id desc);

create extension if not exists pg_trgm;
create index trap_by_package_part on trap using gin (package gin_trgm_ops);
