"""Runs due work. Knows jobs by kind and payload; their effects are the capabilities' business."""
