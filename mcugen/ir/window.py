"""The sliding window of convolutions and pools."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, kw_only=True)
class Window:
    """A sliding window: kernel and stride as (height, width), padding as (top, bottom, left, right)."""

    kernel: tuple[int, int]
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int, int, int] = (0, 0, 0, 0)

    def output_size(self, height: int, width: int) -> tuple[int, int]:
        """(height, width) of the output for an input of this size; explicit padding, floor division."""
        top, bottom, left, right = self.padding
        return (
            (height + top + bottom - self.kernel[0]) // self.stride[0] + 1,
            (width + left + right - self.kernel[1]) // self.stride[1] + 1,
        )

    def rows(self, y: int) -> tuple[int, int]:
        """(first, last) input row under the window at output row y, rows of the padding included."""
        first = y * self.stride[0] - self.padding[0]
        return first, first + self.kernel[0] - 1

    @property
    def cells(self) -> int:
        """Cells of the kernel."""
        return self.kernel[0] * self.kernel[1]

    def padded(self, amounts: tuple[int, int, int, int]) -> Window:
        """The same window with so much more padding."""
        top, bottom, left, right = (a + b for a, b in zip(self.padding, amounts, strict=True))
        return replace(self, padding=(top, bottom, left, right))

    @property
    def unpadded(self) -> Window:
        """The same window over an input to which the padding was added already."""
        return Window(kernel=self.kernel, stride=self.stride)
