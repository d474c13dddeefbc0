"""What does a network cost?"""
