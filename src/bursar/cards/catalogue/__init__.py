"""The catalogue: which kinds of cards there are, what they can do, and who may have one."""
