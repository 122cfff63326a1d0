"""The credit model's training: the table of applications, features, figures, artifacts and model card."""
