"""Which network, counted how, gives a printed number?"""
