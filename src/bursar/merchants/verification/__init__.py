"""The verification password: what a merchant may ask itself for before money or card numbers go out."""
