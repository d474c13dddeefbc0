"""Is a model the network?"""
