"""One-time passwords that merchants have sent to their payees' phones, and checked."""
