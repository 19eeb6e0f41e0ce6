"""From the rows of a camera to the pixels of a net's image, in integers: what the generated NAME_camera_row computes.

pixels = Camera("rgb565be", 320, 240, output=(96, 96, 3))(frame)
"""

from mcugen.camera.camera import ROTATIONS, Camera
from mcugen.camera.formats import FORMATS, Format
from mcugen.camera.frame import frame_of, picture_size
from mcugen.camera.options import CameraOptions, parse_camera

__all__ = ["FORMATS", "ROTATIONS", "Camera", "CameraOptions", "Format", "frame_of", "parse_camera", "picture_size"]
