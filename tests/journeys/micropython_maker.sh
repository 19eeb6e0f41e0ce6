# A maker programs a board in MicroPython and wants `import net`.
# needs: make
mcugen generate model.onnx --name fashion -o fashion --micropython
#> fashion
#> flash
ls fashion fashion/micropython
#> micropython.mk
#> micropython.cmake
#> Makefile
cat fashion/README.md
#> import fashion
#> MPY_DIR
# Without MicroPython's source the Makefile says what it wants.
make -C fashion/micropython ARCH=armv7emsp
#= 2
#> MPY_DIR
mcugen generate model.onnx --name machine -o other --micropython
#= 2
#> machine
#> --name
