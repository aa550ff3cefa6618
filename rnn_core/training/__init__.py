"""Trains networks in worker processes; an interrupted training can be resumed."""
