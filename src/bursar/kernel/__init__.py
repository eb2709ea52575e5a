"""The words everything else is written in: money, ids, time, refusals. Pure, and imports nothing of ours."""
