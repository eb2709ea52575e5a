"""Runs work that is due. Knows jobs by kind and payload; what they do is the capabilities' business."""
