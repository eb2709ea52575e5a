"""Exchange rates as a file on the web quotes them: fetched, compared, kept, or put before a person."""
