"""Payment orders: what merchants pay out, what is set aside for it, and what the rail makes of it."""
