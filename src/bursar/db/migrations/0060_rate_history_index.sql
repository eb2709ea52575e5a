-- compatible_from: 25
-- transaction: none
-- For the history of a pair's rates, and the one that holds: of two for one instant the last decided.
CREATE INDEX CONCURRENTLY IF NOT EXISTS exchange_rate_of_pair
    ON exchange_rate_change (source, target, holds_from, made_at, id);
