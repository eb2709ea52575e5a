-- compatible_from: 25
-- Users of merchants sign in as the staff do. `of_merchant` says whose somebody is, for ever: the application may not
-- change it, and roles of the two kinds have different names, so that nobody is both. 0 is the install's own staff.
ALTER TABLE staff ADD COLUMN of_merchant bigint NOT NULL DEFAULT 0 CHECK (of_merchant >= 0);
ALTER TABLE staff DROP CONSTRAINT staff_roles_check;
ALTER TABLE staff ADD CONSTRAINT staff_roles_check CHECK (
    cardinality(roles) > 0
    AND CASE WHEN of_merchant = 0
        THEN roles <@ ARRAY['owner', 'finance', 'compliance', 'operations', 'support', 'auditor']
        ELSE roles <@ ARRAY[
            'merchant.admin', 'merchant.maker', 'merchant.checker', 'merchant.developer', 'merchant.viewer'
        ]
    END
);
