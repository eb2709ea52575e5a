-- compatible_from: 25
-- Rates by the instant from which they hold; of two for one instant the last decided holds. `exchange_rate` names the
-- pairs that there are, with the rate that programs of earlier versions take.
CREATE TABLE exchange_rate_change (
    source text NOT NULL,
    target text NOT NULL,
    holds_from timestamptz NOT NULL,
    id bigint NOT NULL,
    rate numeric NOT NULL CHECK (rate > 0),
    made_at timestamptz NOT NULL,
    made_by text NOT NULL,
    PRIMARY KEY (source, target, holds_from, id)
);
GRANT SELECT, INSERT ON exchange_rate_change TO bursar_app;
INSERT INTO exchange_rate_change (source, target, holds_from, id, rate, made_at, made_by)
SELECT source, target, updated_at, 0, rate, updated_at, 'migration' FROM exchange_rate;
