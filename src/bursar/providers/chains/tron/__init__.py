"""TRON, whose nodes answer Ethereum's questions about blocks and logs, and their own about everything else."""
