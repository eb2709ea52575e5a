-- compatible_from: 25
-- Kinds of due work that nobody takes up until a person releases them: after a restore, those that send money.
CREATE TABLE job_parked (
    kind text PRIMARY KEY,
    parked_at timestamptz NOT NULL
);
GRANT SELECT, DELETE ON job_parked TO bursar_app;
