-- compatible_from: 25
-- Somebody may work for the install and for merchants, under one address.
ALTER TABLE staff DROP CONSTRAINT staff_email_once;
