"""What does a network cost, and in whose counts?"""
