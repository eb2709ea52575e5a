-- compatible_from: 25
-- Reports on the books, and the days that a person has closed. Content is sealed; nothing of it is ever changed.
CREATE TABLE report (
    id bigint PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('close', 'revenue', 'volumes')),
    first_day date NOT NULL,
    last_day date NOT NULL CHECK (last_day >= first_day),
    asked_by text NOT NULL,
    asked_at timestamptz NOT NULL,
    made_at timestamptz,
    content bytea,
    digest bytea,
    differences integer,
    CHECK ((made_at IS NULL) = (content IS NULL) AND (made_at IS NULL) = (digest IS NULL)),
    CHECK ((made_at IS NULL) = (differences IS NULL))
);
GRANT SELECT, INSERT, UPDATE (made_at, content, digest, differences) ON report TO bursar_app;
-- The newest close of a day.
CREATE INDEX report_close ON report (first_day, id DESC) WHERE kind = 'close' AND made_at IS NOT NULL;

CREATE TABLE daily_close (
    day date PRIMARY KEY,
    report_id bigint NOT NULL REFERENCES report (id),
    digest bytea NOT NULL,
    differences integer NOT NULL,
    signed_by text NOT NULL,
    signed_at timestamptz NOT NULL,
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 1000)
);
GRANT SELECT, INSERT ON daily_close TO bursar_app;
