"""The recurrent network: cells as their equations, unrolled over time, one model per task."""
