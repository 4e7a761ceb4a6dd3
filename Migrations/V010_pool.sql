-- SPDX-License-Identifier: GPL-3.0-or-later
-- Workers that run as jobs of a pool, and what the farm last saw of the pool.

alter table worker add column job text;   -- the pool's number of the job that this worker is; null: none
create index worker_job on worker (job) where job is not null;

create table pool (
  name          text primary key,          -- 'slurm'
  waiting       int not null,              -- jobs without a node
  running       int not null,              -- jobs with one
  capacity      int not null,              -- guests of a job
  most          int not null,              -- jobs at most
  problem       text,                      -- what keeps it from working; null: nothing
  problem_since timestamptz,
  looked        timestamptz not null,
  check ((problem is null) = (problem_since is null)));
