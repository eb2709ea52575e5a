"""The merchant users' API: the people of a merchant sign in, and an admin manages the users of the own merchant."""
