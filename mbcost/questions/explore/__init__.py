"""Which settings does a user try, and what does each of them cost?"""
