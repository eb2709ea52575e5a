"""Mail and text messages: SMTP, SMPP, and gateways that take HTTP."""
