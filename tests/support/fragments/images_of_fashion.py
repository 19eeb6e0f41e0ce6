"""A network and an image for it, whole and as rows."""

import fashion

net = fashion.Net(open("fashion.weights", "rb").read())
image = bytes(fashion.HEIGHT * fashion.WIDTH * fashion.CHANNELS)
rows = [image[y * fashion.WIDTH : (y + 1) * fashion.WIDTH] for y in range(fashion.HEIGHT)]
