"""People: who belongs to the staff, with which roles and standing."""
