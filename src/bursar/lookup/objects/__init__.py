"""The objects of all merchants as the operator sees them: listed and shown, with every secret masked."""
