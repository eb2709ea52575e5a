-- compatible_from: 25
-- transaction: none
-- The entries of a period, in all books: entries are written in the order of time and never change, so that a few
-- pages say which pages to read.
CREATE INDEX CONCURRENTLY IF NOT EXISTS ledger_entry_at ON ledger_entry USING brin (at) WITH (autosummarize = on);
