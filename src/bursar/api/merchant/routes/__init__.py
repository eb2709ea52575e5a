"""The endpoints of the merchant users' API, by resource."""
