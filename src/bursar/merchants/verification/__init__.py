"""The verification password: a merchant may have it asked for before money or card numbers go out."""
