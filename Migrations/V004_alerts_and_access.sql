-- SPDX-License-Identifier: GPL-3.0-or-later
-- Alerts that wait for a nightly digest, tokens for the web API, and indexes that keep lists quick in a large farm.

-- A digest: its members are chosen once, before it is sent first, so that a second try sends the same under the same key.
create table digest (
  id      bigint generated always as identity primary key,
  key     uuid not null unique default gen_random_uuid(),
  created timestamptz not null default now()
);
alter table outbox
  add column nightly boolean not null default false,
  add column digest_id bigint references digest,
  add check (digest_id is null or nightly);
create index outbox_by_digest on outbox (digest_id) where digest_id is not null;
create index outbox_by_state on outbox (state, id desc);

-- When the next digest goes out: 05:00 UTC.
create function next_digest() returns timestamptz language sql stable as $$
  select (date_trunc('day', t) + case when t::time < '05:00' then interval '5 hours' else interval '29 hours' end)
         at time zone 'UTC'
  from (select clock_timestamp() at time zone 'UTC') n(t)
$$;

-- Bearer tokens: only the SHA-256 of each is kept, the token itself has 256 random bits.
create table access_token (
  id        int generated always as identity primary key,
  name      text not null check (name <> ''),
  hash      bytea not null unique check (octet_length(hash) = 32),
  scopes    text[] not null check (scopes <@ array['trigger', 'annotate', 'admin'] and cardinality(scopes) > 0),
  created   timestamptz not null default now(),
  expires   timestamptz,                      -- null: never
  revoked   timestamptz,
  last_used timestamptz
);

-- Who an annotation of a person is from.
alter table annotation add column author text;

-- Which evaluations have a derivation, without looking into every evaluation's array.
create index evaluation_derivation_members on evaluation_derivation using gin (derivations);

-- Builds of an evaluation by state, counted now and then: counting 60,000 derivations at every look is too slow.
create table evaluation_count (
  evaluation_id int primary key references evaluation on delete cascade,
  builds  jsonb not null,
  settled boolean not null,                   -- none of them is still to be built
  taken   timestamptz not null default clock_timestamp()
);

-- Lists of builds that did not succeed, newest first, and the catalog by what people sort and look for.
create index build_unsuccessful on build (state, id desc) where state in ('failed', 'dependency-failed', 'cancelled');
create index evaluation_by_revision on evaluation (revision_id);
create index trap_by_axis on trap (axis, id);
create index trap_by_cause on trap (cause, id);
create index trap_by_created on trap (created desc, id desc);
alter table trap add column words tsvector generated always as (
  to_tsvector('simple'::regconfig, package || ' ' || version || ' ' || axis || ' ' || cause)
  || jsonb_to_tsvector('simple'::regconfig, evidence, '["string"]')) stored;
create index trap_by_words on trap using gin (words);
