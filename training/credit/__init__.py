"""The credit model's training: related tables, features, figures, artifacts and model card."""
