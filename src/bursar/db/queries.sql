-- name: appear
-- Puts up the sign of a process: a lock that is in nobody's way. 16964 sets these locks apart from others.
SELECT pg_advisory_lock_shared(16964, %(number)s::integer);

-- name: leave
-- Takes down what this connection has put up; one that is lost has left already.
SELECT pg_advisory_unlock_all();

-- name: look_alive
-- Fails when the connection that holds the sign is lost.
SELECT 1;

-- name: list_present
-- Which of the numbers are those of living processes.
SELECT objid::bigint
FROM pg_locks
WHERE locktype = 'advisory' AND classid = 16964 AND objsubid = 2 AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND objid = ANY(%(numbers)s::oid[]);
