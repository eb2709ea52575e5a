-- name: add_approval
-- What somebody asks for.
INSERT INTO approval (
    id, action, book, arguments, fingerprint, reason, evidence, approvers, asker, actor, credential, asked_at,
    expires_at, of_merchant, seal
)
VALUES (
    %(id)s, %(action)s, %(book)s, %(arguments)s, %(fingerprint)s, %(reason)s, %(evidence)s::text[],
    %(approvers)s::text[], %(asker)s, %(actor)s, %(credential)s, %(asked_at)s, %(expires_at)s,
    %(of_merchant)s, %(seal)s
);

-- name: add_ending
-- How an approval ended. Constraints refuse a second end, one by whoever asked, one too late, and one of something else.
INSERT INTO approval_decision (
    approval_id, asker, fingerprint, expires_at, result, decider, actor, credential, reason, decided_at, seal
)
VALUES (
    %(approval_id)s, %(asker)s, %(fingerprint)s, %(expires_at)s, %(result)s, %(decider)s, %(actor)s, %(credential)s,
    %(reason)s, %(decided_at)s, %(seal)s
);

-- name: find_approval
-- An approval of the staff, or of a merchant's users, with its end.
SELECT
    approval.id, action, book, arguments, approval.fingerprint, approval.reason, evidence, approvers, approval.asker,
    approval.actor, approval.credential, asked_at, approval.expires_at, approval.of_merchant, approval.seal,
    result, decider, decision.actor, decision.credential, decision.reason, decided_at, decision.seal
FROM approval
LEFT JOIN approval_decision AS decision ON decision.approval_id = approval.id
WHERE approval.id = %(id)s AND approval.of_merchant = %(of_merchant)s;

-- name: list_approvals
-- Approvals, newest first, before one of them.
SELECT
    approval.id, action, book, arguments, approval.fingerprint, approval.reason, evidence, approvers, approval.asker,
    approval.actor, approval.credential, asked_at, approval.expires_at, approval.of_merchant, approval.seal,
    result, decider, decision.actor, decision.credential, decision.reason, decided_at, decision.seal
FROM approval
LEFT JOIN approval_decision AS decision ON decision.approval_id = approval.id
WHERE approval.of_merchant = %(of_merchant)s AND approval.id < %(before)s
ORDER BY approval.id DESC
LIMIT %(limit)s;

-- name: list_waiting
-- Approvals that wait for somebody, the ones that expire first at the beginning, after one of them.
SELECT
    approval.id, action, book, arguments, approval.fingerprint, approval.reason, evidence, approvers, approval.asker,
    approval.actor, approval.credential, asked_at, approval.expires_at, approval.of_merchant, approval.seal,
    result, decider, decision.actor, decision.credential, decision.reason, decided_at, decision.seal
FROM approval
LEFT JOIN approval_decision AS decision ON decision.approval_id = approval.id
WHERE approval.of_merchant = %(of_merchant)s AND approval.expires_at > %(now)s AND decision.approval_id IS NULL
    AND (approval.expires_at, approval.id) > (%(after_at)s::timestamptz, %(after_id)s::bigint)
ORDER BY approval.expires_at, approval.id
LIMIT %(limit)s;

-- name: list_asked
-- Approvals that wait for somebody, the longest waiting first, behind one of them. Only what was asked in the last
-- 72 hours can wait, and that alone is read.
SELECT
    approval.id, action, book, arguments, approval.fingerprint, approval.reason, evidence, approvers, approval.asker,
    approval.actor, approval.credential, asked_at, approval.expires_at, approval.of_merchant, approval.seal,
    result, decider, decision.actor, decision.credential, decision.reason, decided_at, decision.seal
FROM approval
LEFT JOIN approval_decision AS decision ON decision.approval_id = approval.id
WHERE approval.of_merchant = %(of_merchant)s
    AND (approval.asked_at, approval.id) > (%(after_at)s, %(after_id)s)
    AND approval.asked_at > %(now)s::timestamptz - interval '72 hours'
    AND approval.expires_at > %(now)s
    AND decision.approval_id IS NULL
ORDER BY approval.asked_at, approval.id
LIMIT %(limit)s;

-- name: list_after
-- Approvals of all realms in the order of their numbers, after one of them.
SELECT
    approval.id, action, book, arguments, approval.fingerprint, approval.reason, evidence, approvers, approval.asker,
    approval.actor, approval.credential, asked_at, approval.expires_at, approval.of_merchant, approval.seal,
    result, decider, decision.actor, decision.credential, decision.reason, decided_at, decision.seal
FROM approval
LEFT JOIN approval_decision AS decision ON decision.approval_id = approval.id
WHERE approval.id > %(after)s
ORDER BY approval.id
LIMIT %(limit)s;

-- name: is_carried_out
-- The existence of the operation that carried an approval out.
SELECT EXISTS (SELECT FROM ledger_operation WHERE merchant_id = %(book)s AND key = %(key)s);

-- name: find_policy
-- The policy of an action that holds.
SELECT id, action, from_minor, asset, approvers
FROM approval_policy
WHERE of_merchant = %(of_merchant)s AND action = %(action)s AND passes IS NULL AND holds_from <= %(now)s
ORDER BY holds_from DESC, id DESC
LIMIT 1;

-- name: list_passing
-- Policies that let an actor do an action alone.
SELECT id, action, passes FROM approval_policy WHERE passes IS NOT NULL ORDER BY id;

-- name: list_policies
-- Policies as they were written down, newest first, before one of them.
SELECT id, action, from_minor, asset, approvers, passes, holds_from, made_at
FROM approval_policy
WHERE of_merchant = %(of_merchant)s AND id < %(before)s
ORDER BY id DESC
LIMIT %(limit)s;

-- name: add_policy
-- A policy from a date on; one that lets an actor pass is there once.
INSERT INTO approval_policy (id, action, from_minor, asset, approvers, passes, holds_from, made_at, of_merchant)
VALUES (
    %(id)s, %(action)s, %(from_minor)s, %(asset)s, %(approvers)s::text[], %(passes)s, %(holds_from)s, %(made_at)s,
    %(of_merchant)s
)
ON CONFLICT (action, passes) DO NOTHING;

-- name: find_revision
-- How often staff have changed settings in a book.
SELECT revision FROM staff_revision WHERE merchant_id = %(merchant_id)s;

-- name: begin_revision
-- The count of a book begins before its first change, so that there is a row to hold.
INSERT INTO staff_revision (merchant_id, revision) VALUES (%(merchant_id)s, 0) ON CONFLICT (merchant_id) DO NOTHING;

-- name: lock_revision
-- Holds the count of a book until the change is committed.
SELECT merchant_id, revision::text
FROM staff_revision
WHERE merchant_id = %(merchant_id)s AND merchant_id = ANY(%(ids)s::bigint[])
ORDER BY merchant_id
FOR NO KEY UPDATE;

-- name: move_revision :set
-- The count of a book with a change more.
UPDATE staff_revision SET revision = moved.revision::bigint
FROM unnest(%(ids)s::bigint[], %(statuses)s::text[]) AS moved (id, revision)
WHERE staff_revision.merchant_id = %(merchant_id)s AND staff_revision.merchant_id = moved.id;
