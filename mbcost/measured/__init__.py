"""The second witness: real PyTorch models and what tools measure on them. The only folder that imports torch."""
