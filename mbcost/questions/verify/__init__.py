"""Which network is a user's own model?"""
