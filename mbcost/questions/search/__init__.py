"""Which alpha and resolution?"""
