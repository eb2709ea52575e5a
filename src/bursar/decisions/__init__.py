"""The queue of all that waits for a person, and the record of their decisions."""
