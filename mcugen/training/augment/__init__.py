"""Images as a net is shown them, changed at random, and what it reads of them. Importing this package imports torch.

What is drawn is drawn in one place, so that as many processes as one likes may compute the images.
"""

from mcugen.training.augment.inputs import to_input

__all__ = ["to_input"]
