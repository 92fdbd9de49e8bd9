"""Statistics that know nothing of the business."""
