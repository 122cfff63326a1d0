"""ProtoViT's training: partition of the encoder, objective and projection."""
