"""The operator API: a dialect of JSON and RFC 9457 for the people who run an install, and for their programs."""
