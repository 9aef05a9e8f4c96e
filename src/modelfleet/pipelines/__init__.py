"""The stages. Each connects the floors below to the catalog; they meet there and nowhere else."""
