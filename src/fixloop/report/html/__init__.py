"""A report as one HTML page that asks nothing of any other place."""
