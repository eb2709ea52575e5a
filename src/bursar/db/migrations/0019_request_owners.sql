-- Which process works on a request, by the number of its presence (0: none is known), so that a repeat need not wait for
-- the lease of one that is gone.
ALTER TABLE api_request ADD COLUMN owner integer NOT NULL DEFAULT 0;
