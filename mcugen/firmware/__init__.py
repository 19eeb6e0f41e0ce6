"""The firmware for boards: its PlatformIO project, the model put into it, what fits, building, uploading."""
