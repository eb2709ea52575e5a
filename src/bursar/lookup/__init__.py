"""Objects found by any of their numbers, and the timeline of one."""
