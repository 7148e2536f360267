"""What users edit: snapshots of it, its files parsed with positions, its values typed, its problems named."""
