"""Training of nets: data, recipe, loop, checkpoints. torch is imported only by what trains."""
