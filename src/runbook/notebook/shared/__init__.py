"""What the notebooks have in common: approval, stages, endings."""
