"""How do networks differ?"""
