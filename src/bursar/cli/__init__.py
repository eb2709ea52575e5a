"""The commands: thin, over the same services as everything else."""
