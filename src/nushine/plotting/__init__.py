"""Figures, drawn from records and nothing else."""
