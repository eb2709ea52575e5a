"""The console of the staff: pages for people, over the same services as the operator API and in the same process."""
