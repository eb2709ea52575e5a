"""The request log for the staff: requests to the merchant APIs as they arrived, and why they were refused."""
