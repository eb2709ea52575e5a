-- compatible_from: 25
-- Settings of products by the instant from which they hold; of two for one instant the one of the later revision holds.
-- Columns of `card_product` hold where a setting has no row, and are the present ones for programs of earlier versions.
CREATE TABLE card_product_change (
    product_id text NOT NULL REFERENCES card_product (id),
    setting text NOT NULL,
    holds_from timestamptz NOT NULL,
    revision bigint NOT NULL, -- one for all settings that were changed together
    value jsonb NOT NULL,
    made_at timestamptz NOT NULL,
    made_by text NOT NULL,
    PRIMARY KEY (product_id, setting, holds_from, revision)
);
-- The history of a product, the last decided first.
CREATE INDEX card_product_change_made ON card_product_change (product_id, revision);
-- The changes of all products that lie ahead.
CREATE INDEX card_product_change_holds ON card_product_change (holds_from);
GRANT SELECT, INSERT ON card_product_change TO bursar_app;
-- The one row grows with each change of a product, so that a decision meets the catalogue as it was read.
CREATE TABLE card_catalogue (
    id bigint PRIMARY KEY CHECK (id = 0),
    revision bigint NOT NULL
);
INSERT INTO card_catalogue (id, revision) VALUES (0, 0);
GRANT SELECT, UPDATE ON card_catalogue TO bursar_app;
