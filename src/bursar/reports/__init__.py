"""Reports on the books for the operator: the daily close, revenue, and volumes."""
