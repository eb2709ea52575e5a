-- name: claim_jobs
-- Jobs that are due, oldest first, as many of each kind as there is room for, leased to one process by real time.
WITH claimable AS (
    SELECT due.id
    FROM unnest(%(kinds)s::text[], %(rooms)s::integer[]) AS wanted (kind, room)
    CROSS JOIN LATERAL (
        SELECT job.id
        FROM job
        WHERE NOT job.dead
            AND job.kind = wanted.kind
            AND job.due_at <= %(now)s
            AND (job.leased_until IS NULL OR job.leased_until < now())
            AND NOT EXISTS (
                SELECT FROM unnest(%(full_kinds)s::text[], %(full_merchants)s::bigint[]) AS occupied (kind, merchant_id)
                WHERE occupied.kind = job.kind AND occupied.merchant_id = job.merchant_id
            )
        ORDER BY job.due_at, job.id
        LIMIT wanted.room
        FOR UPDATE OF job SKIP LOCKED -- two workers at once take different jobs, and neither waits
    ) AS due
    WHERE NOT EXISTS (SELECT FROM job_parked WHERE job_parked.kind = wanted.kind)
)
UPDATE job
SET attempts = job.attempts + 1, leased_until = clock_timestamp() + make_interval(secs => %(lease_s)s)
WHERE job.id = ANY(ARRAY(SELECT id FROM claimable)) -- a join would be planned for more rows than ever come
RETURNING job.id, job.merchant_id, job.kind, job.payload, job.attempts, job.leased_until;

-- name: next_due
-- When the next job of some kinds falls due that nobody has; the first of each kind by the index.
SELECT min(soonest.due_at)
FROM unnest(%(kinds)s::text[]) AS wanted (kind)
CROSS JOIN LATERAL (
    SELECT job.due_at
    FROM job
    WHERE NOT job.dead AND job.kind = wanted.kind AND (job.leased_until IS NULL OR job.leased_until < now())
    ORDER BY job.due_at
    LIMIT 1
) AS soonest
WHERE NOT EXISTS (SELECT FROM job_parked WHERE job_parked.kind = wanted.kind);

-- name: list_parked
-- Kinds that wait for a person, with the number of their jobs that are due and how long the first has been.
SELECT
    job_parked.kind, job_parked.parked_at, count(job.id) AS jobs, min(job.due_at) AS oldest_due_at
FROM job_parked
LEFT JOIN job ON job.kind = job_parked.kind AND NOT job.dead AND job.due_at <= %(now)s
GROUP BY job_parked.kind, job_parked.parked_at
ORDER BY job_parked.kind;

-- name: release_kind
-- Jobs of a kind are taken up again.
DELETE FROM job_parked WHERE kind = %(kind)s;

-- name: hasten_jobs
-- Jobs that only look are due at once: when they were put off, the clock showed a later time than now.
UPDATE job
SET due_at = %(now)s
WHERE kind = ANY(%(kinds)s::text[]) AND due_at > %(now)s AND NOT dead AND leased_until IS NULL;

-- name: wake_jobs
-- Jobs of some merchants and kinds are due at once: what they waited for has come.
UPDATE job
SET due_at = %(now)s
WHERE merchant_id = ANY(%(merchants)s::bigint[])
    AND kind = ANY(%(kinds)s::text[])
    AND due_at > %(now)s
    AND NOT dead
    AND leased_until IS NULL;

-- name: list_leased
-- Jobs of some merchants and kinds that a process is at.
SELECT id, leased_until
FROM job
WHERE merchant_id = ANY(%(merchants)s::bigint[]) AND kind = ANY(%(kinds)s::text[]) AND leased_until > now();

-- name: renew_lease
-- A job that is still being run; nothing if the lease ran out and somebody else has it now.
UPDATE job
SET leased_until = clock_timestamp() + make_interval(secs => %(lease_s)s)
WHERE id = %(id)s AND leased_until = %(leased_until)s
RETURNING leased_until;

-- name: finish_jobs :set
-- Jobs that are done are gone, unless the lease ran out and somebody else has them now.
DELETE FROM job
USING unnest(%(ids)s::bigint[], %(leases)s::timestamptz[]) AS done (id, leased_until)
WHERE job.id = ANY(%(ids)s::bigint[]) AND job.id = done.id AND job.leased_until = done.leased_until;

-- name: put_back_job
-- A job that falls due again, or is dead, unless the lease ran out and somebody else has it now.
UPDATE job
SET due_at = %(due_at)s, attempts = %(attempts)s, last_error = %(last_error)s, dead = %(dead)s, leased_until = NULL
WHERE id = %(id)s AND leased_until = %(leased_until)s;

-- name: release_job
-- A job that was interrupted by an orderly shutdown: as if it had not been claimed.
UPDATE job
SET attempts = attempts - 1, leased_until = NULL
WHERE id = %(id)s AND leased_until = %(leased_until)s;

-- name: is_any_due
-- The existence of work that was due at an instant and is not done; dead letters do not count.
SELECT EXISTS (SELECT FROM job WHERE NOT dead AND due_at <= %(at)s);

-- name: list_backlogs
-- The number of due and dead jobs of each kind, for metrics; jobs that are due later are not read.
WITH RECURSIVE kinds AS (
    (SELECT kind FROM job WHERE NOT dead ORDER BY kind LIMIT 1)
    UNION ALL
    SELECT (SELECT kind FROM job WHERE NOT dead AND job.kind > kinds.kind ORDER BY kind LIMIT 1)
    FROM kinds
    WHERE kinds.kind IS NOT NULL
)
SELECT kinds.kind, false AS dead, due.jobs, due.oldest_due_at
FROM kinds
CROSS JOIN LATERAL (
    SELECT count(*) AS jobs, min(due_at) AS oldest_due_at
    FROM job
    WHERE NOT dead AND job.kind = kinds.kind AND due_at <= %(now)s
) AS due
WHERE due.jobs > 0
UNION ALL
SELECT kind, true, count(*), min(due_at) FROM job WHERE dead GROUP BY kind;

-- name: list_dead_jobs
-- Dead letters, the ones longest due first.
SELECT id, merchant_id, kind, payload, attempts, due_at, last_error
FROM job
WHERE dead
    AND (%(merchant_id)s::bigint IS NULL OR merchant_id = %(merchant_id)s)
    AND (%(kind)s::text IS NULL OR kind = %(kind)s)
ORDER BY due_at, id
LIMIT %(limit)s OFFSET %(offset)s;

-- name: count_dead_jobs
-- The number of dead letters on all pages.
SELECT count(*)
FROM job
WHERE dead
    AND (%(merchant_id)s::bigint IS NULL OR merchant_id = %(merchant_id)s)
    AND (%(kind)s::text IS NULL OR kind = %(kind)s);

-- name: replay_job
-- A dead letter starts again from its first attempt.
UPDATE job
SET dead = false, attempts = 0, due_at = %(now)s, leased_until = NULL
WHERE id = %(id)s AND dead;

-- name: replay_jobs
-- All dead letters, or those of a kind, start again from their first attempt.
UPDATE job
SET dead = false, attempts = 0, due_at = %(now)s, leased_until = NULL
WHERE dead AND (%(kind)s::text IS NULL OR kind = %(kind)s);

-- name: list_dead_after
-- Dead letters, the ones longest due first, behind one of them.
SELECT id, merchant_id, kind, payload, attempts, due_at, last_error
FROM job
WHERE dead AND (due_at, id) > (%(after_at)s, %(after_id)s)
ORDER BY due_at, id
LIMIT %(limit)s;

-- name: list_dead_of_kind
-- Dead letters of one kind, the ones longest due first, behind one of them.
SELECT id, merchant_id, kind, payload, attempts, due_at, last_error
FROM job
WHERE dead AND kind = %(kind)s AND (due_at, id) > (%(after_at)s, %(after_id)s)
ORDER BY due_at, id
LIMIT %(limit)s;

-- name: find_dead
-- A dead letter.
SELECT id, merchant_id, kind, payload, attempts, due_at, last_error
FROM job
WHERE id = %(id)s AND dead;

-- name: lock_jobs
-- Holds jobs, and whether they are dead.
SELECT id, CASE WHEN dead THEN 'dead' ELSE 'alive' END AS status
FROM job
WHERE merchant_id = %(merchant_id)s AND id = ANY(%(ids)s::bigint[])
ORDER BY id
FOR NO KEY UPDATE;

-- name: retry_dead
-- A dead letter starts again from its first attempt, as the operation that holds it says.
UPDATE job
SET dead = false, attempts = 0, due_at = %(now)s, leased_until = NULL
WHERE id = %(id)s AND dead;

-- name: cancel_dead
-- A dead letter is given up, as the operation that holds it says.
DELETE FROM job WHERE id = %(id)s AND dead;
