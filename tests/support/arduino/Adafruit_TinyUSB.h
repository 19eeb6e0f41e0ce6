/* Of Adafruit's core for nRF52: nothing that the port names. */
#pragma once
