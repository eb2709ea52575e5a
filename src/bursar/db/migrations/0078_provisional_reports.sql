-- compatible_from: 25
-- transaction: none
-- A close refers to a report together with the word that it is not provisional.
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS report_provisional ON report (id, provisional);
