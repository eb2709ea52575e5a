-- name: strike
-- Uses up one of the faults planted at a place, the oldest first. Calls at the same time wait for each other: whoever
-- passed by a fault that another one is using up would not be struck by the times that are left of it.
UPDATE sandbox_fault SET times = times - 1
WHERE id = (SELECT id FROM sandbox_fault WHERE place = %(place)s AND times > 0 ORDER BY id LIMIT 1 FOR UPDATE)
RETURNING outcome;

-- name: any_planted
-- Whether any fault is waiting to strike anywhere.
SELECT EXISTS (SELECT FROM sandbox_fault WHERE times > 0);

-- name: plant_fault
-- The next calls at a place go wrong.
INSERT INTO sandbox_fault (place, outcome, times) VALUES (%(place)s, %(outcome)s, %(times)s);

-- name: list_faults
-- Faults that have not struck yet.
SELECT place, outcome, times FROM sandbox_fault WHERE times > 0 ORDER BY id;

-- name: clear_faults
-- Nothing goes wrong any more.
DELETE FROM sandbox_fault;

-- name: get_clock
-- How far the sandbox's clock was moved.
SELECT moved_by FROM sandbox_clock;

-- name: move_clock
-- Moves the sandbox's clock on, never back, and tells all processes; answers how far it was moved in all.
UPDATE sandbox_clock
SET moved_by = moved_by + %(by)s::interval
WHERE %(by)s::interval >= '0'
RETURNING moved_by, pg_notify('bursar', 'clock');

-- name: set_clock
-- Moves the sandbox's clock to an instant that it has not passed, and tells all processes; answers how far it was moved
-- in all.
UPDATE sandbox_clock
SET moved_by = %(to)s::timestamptz - clock_timestamp()
WHERE %(to)s::timestamptz >= clock_timestamp() + moved_by
RETURNING moved_by, pg_notify('bursar', 'clock');

-- name: keep_message
-- A message that would have gone out; its id.
INSERT INTO sandbox_message (channel, recipient, text, code, at)
VALUES (%(channel)s, %(recipient)s, %(text)s, %(code)s, %(at)s)
RETURNING id;

-- name: list_messages
-- What would have gone out, newest first.
SELECT id, channel, recipient, text, code, at FROM sandbox_message ORDER BY id DESC LIMIT %(limit)s;

-- name: forget_messages
-- Drops old messages, a bounded number at a time.
DELETE FROM sandbox_message
WHERE ctid IN (SELECT ctid FROM sandbox_message WHERE at < %(before)s LIMIT %(most)s);
