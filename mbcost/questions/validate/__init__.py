"""Do both witnesses agree?"""
