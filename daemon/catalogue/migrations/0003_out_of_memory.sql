-- How many attempts ran out of memory since the job was queued: each gives the next one less to hold at once.
ALTER TABLE jobs ADD COLUMN out_of_memory INTEGER NOT NULL DEFAULT 0;
