-- compatible_from: 42
-- A merchant's requests are recorded in a live install until an instant that a person has set, so that nobody forgets
-- it; null: they are not. A record of a request that nobody has proved to be the merchant's says whose key it named.
ALTER TABLE merchant ADD COLUMN recorded_until timestamptz;
ALTER TABLE request_record ADD COLUMN key_of bigint;
