-- name: add_decision
-- A decision of a person. Constraints refuse a second one at the same stage, and a review by the person of the one before.
INSERT INTO decision (
    merchant_id, kind, object_id, stage, result, reason, person_id, actor, earlier_stage, earlier_person_id,
    request_key, at
)
VALUES (
    %(merchant_id)s, %(kind)s, %(object_id)s, %(stage)s, %(result)s, %(reason)s, %(person_id)s, %(actor)s,
    %(earlier_stage)s, %(earlier_person_id)s, %(request_key)s, %(at)s
);

-- name: list_decisions
-- The decisions on one object, in the order in which they were made.
SELECT kind, merchant_id, object_id, stage, result, reason, person_id, actor, request_key, at
FROM decision
WHERE merchant_id = %(merchant_id)s AND kind = %(kind)s AND object_id = %(object_id)s
ORDER BY at, stage
LIMIT %(limit)s;
