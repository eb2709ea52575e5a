"""The pages of a merchant's users."""
