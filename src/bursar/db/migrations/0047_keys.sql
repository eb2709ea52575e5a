-- compatible_from: 25
-- Generations of keys. A row stays as it was made; `public` is what others may know of the key, `sealed` its secret half
-- where the database keeps that. Merchant 0 is the install itself.
CREATE TABLE key_generation (
    merchant_id bigint NOT NULL,
    kind text NOT NULL,
    generation smallint NOT NULL CHECK (generation BETWEEN 1 AND 255),
    public text,
    sealed bytea,
    PRIMARY KEY (merchant_id, kind, generation)
);
GRANT SELECT, INSERT ON key_generation TO bursar_app;

-- The life of each generation, step by step, with who took it; the last step is how it stands. Two people who take a
-- step at once meet in the primary key.
CREATE TABLE key_step (
    merchant_id bigint NOT NULL,
    kind text NOT NULL,
    generation smallint NOT NULL,
    step smallint NOT NULL CHECK (step > 0),
    state text NOT NULL CHECK (state IN ('next', 'active', 'retiring', 'retired')),
    until timestamptz CHECK (until IS NULL OR state = 'retiring'),
    at timestamptz NOT NULL,
    actor text NOT NULL,
    PRIMARY KEY (merchant_id, kind, generation, step)
);
GRANT SELECT, INSERT ON key_step TO bursar_app;

-- The second wrap of a data key, while the install moves from one master key to another.
ALTER TABLE vault_key ADD COLUMN wrapped_too bytea;

-- The keys that are there.
INSERT INTO key_generation (merchant_id, kind, generation)
SELECT merchant_id, 'data', generation FROM vault_key;
INSERT INTO key_generation (merchant_id, kind, generation, sealed)
SELECT 0, 'card platform', 1, sealed FROM platform_key WHERE name = 'card platform key'
UNION ALL
SELECT merchant_id, 'payout system', 1, system_key FROM payout_merchant;
INSERT INTO key_step (merchant_id, kind, generation, step, state, at, actor)
SELECT merchant_id, kind, generation, 1, 'active', now(), 'migration' FROM key_generation;
