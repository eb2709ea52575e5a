"""What a merchant's engineer writes: clients that know the published contracts and nothing of the service."""
