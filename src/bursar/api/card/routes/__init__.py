"""The endpoints of the card API, by subject. Each parses, calls one service function and renders."""
