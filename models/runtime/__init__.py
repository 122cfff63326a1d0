"""What the app runs on: where weights come from, whether the models answer, and the clean-up of uploads."""
