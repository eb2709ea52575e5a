-- compatible_from: 25
-- transaction: none
-- An address is used once by each merchant and once by the staff; lists of both go by it.
CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS staff_email_of ON staff (of_merchant, email);
-- Somebody who signs in names an address alone.
CREATE INDEX CONCURRENTLY IF NOT EXISTS staff_email ON staff (email);
