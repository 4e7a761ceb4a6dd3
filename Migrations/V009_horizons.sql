-- SPDX-License-Identifier: GPL-3.0-or-later
-- What travel horizons were, so that who needs a revision hears when its horizon becomes shorter.

create table horizon (                        -- of evaluations that are settled: nothing to build, nothing to investigate
  evaluation_id int primary key references evaluation on delete cascade,
  not_before timestamptz,                     -- null: no limit known
  not_after  timestamptz,
  is_empty   boolean not null default false,  -- there is no date at which all of it builds
  is_outdated boolean not null default false  -- a trap of it changed since
);
create index horizon_outdated on horizon (evaluation_id) where is_outdated;

create function trap_outdates_horizons() returns trigger language plpgsql as $$
declare evaluations int[];
begin
  -- By number, so that two changes at once do not wait for one another.
  evaluations := array(
    select h.evaluation_id from closure c join evaluation e on e.closure_id = c.id
    join horizon h on h.evaluation_id = e.id
    where c.derivations @> array[new.derivation_id] order by h.evaluation_id for update of h);
  update horizon set is_outdated = true where evaluation_id = any(evaluations);
  return null;
end $$;
create trigger trap_outdates_horizons after insert or update of windows, periodic, status, verdict on trap
  for each row execute function trap_outdates_horizons();
