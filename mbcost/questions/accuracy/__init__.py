"""How accurate a network would be, estimated between released checkpoints."""
