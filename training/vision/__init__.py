"""What the trainings of the image classifiers share: data, loop, checkpoints, figures, artifacts."""
