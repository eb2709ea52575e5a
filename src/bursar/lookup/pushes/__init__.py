"""Messages of pushes in clear, on record."""
