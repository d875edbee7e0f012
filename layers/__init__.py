"""What the city has: one file per subject, model and declaration, nothing else."""
