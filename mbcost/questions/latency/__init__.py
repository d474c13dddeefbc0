"""How long does a network take on a device that was measured with other networks?"""
