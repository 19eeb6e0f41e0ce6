"""The names of sizes and costs in JSON: one name for one thing, in all that mcugen prints and writes.

A field that counts bytes, work or time has one of these names, and none of them has another meaning elsewhere: what a
field's `doc` adds is whether the figure is exact, estimated, predicted or measured. docs/files.md shows the table.
"""

from __future__ import annotations

QUANTITIES = {
    "macs": "multiply-accumulates of the network as trained, as its file has it: what a figure a MAC is divided by",
    "live_macs": "those that remain once constant and unread channels are removed",
    "macs_per_instruction": "multiply-accumulates that one instruction of the floor does",
    "parameters": "weights and biases",
    "live_parameters": "those that remain once constant and unread channels are removed",
    "weights": "weights without biases",
    "instructions": "executed for one image",
    "instructions_outside_stages": "those of them that no stage executes",
    "floor_instructions": "what no kernel of one load, one multiply-accumulate a time goes below",
    "words": "loads and stores of the floor",
    "modelled_cycles": "of one image by the core's timing table, without wait states",
    "cycles": "of one image by the counter of a board's core",
    "wait_cycles": "of one image, for which a board's memories make the core stand still",
    "code_cycles": "of wait_cycles, reading instructions",
    "weight_cycles": "of wait_cycles, reading weights",
    "table_cycles": "of wait_cycles, reading other constants",
    "row_cycles": "of wait_cycles, reading RAM behind a cache",
    "milliseconds": "of one image, without wait states where it is a prediction",
    "milliseconds_with_waits": "of one image with what the board's memories add, a model",
    "ram_bytes": "sizeof the context, all the RAM that the library has",
    "arena_bytes": "of the context, where activations lie",
    "alive_bytes": "of the arena, what is alive at a moment",
    "stack_bytes": "stack, besides ram_bytes",
    "stack_bound_bytes": "the most that the stack can be, by the machine code",
    "flash_bytes": "constants and code of the library",
    "constant_bytes": "of flash_bytes, weights and tables",
    "weight_bytes": "of constant_bytes, weights and biases",
    "code_bytes": "of flash_bytes, code",
    "board_flash_bytes": "flash that one program can have on the board",
    "board_ram_bytes": "RAM that one program can have on the board",
    "firmware_flash_bytes": "flash of the whole firmware of `mcugen flash`, estimated",
    "firmware_ram_bytes": "RAM of the whole firmware of `mcugen flash`, estimated",
    "built_flash_bytes": "flash of that firmware as it was linked",
    "built_ram_bytes": "RAM of that firmware as it was linked",
    "detector_bytes": "RAM of a NAME_detector, which is in no other size",
    "self_test_bytes": "flash of the self-test's images and outputs, in a program that uses them",
    "bytes": "of the thing that has this key, as a part of the arena",
    "row_bytes": "of a row of a tensor",
    "slot_bytes": "of a slot of the arena",
    "word_bytes": "of what one load or store of the floor moves",
    "offset": "of something in the arena from its begin, in bytes",
}
"""What each name means, of the model as a whole, or of the layer, stage or function that has the key."""
