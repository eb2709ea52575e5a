-- compatible_from: 25
-- Whether the operator has stopped a customer; a program that does not know it lets them have new cards.
ALTER TABLE customer ADD COLUMN standing text NOT NULL DEFAULT 'active' CHECK (standing IN ('active', 'frozen'));
