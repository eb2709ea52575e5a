"""Payment orders: a payee, an amount set aside, and the rail that pays it."""
