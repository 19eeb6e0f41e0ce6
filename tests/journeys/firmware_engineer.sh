# A firmware engineer is handed a model, has a board and a C project, and wants to know what it costs and that it is right.
# needs: cc
mcugen boards
#> nucleo_f446re
mcugen analyze model.onnx --board nucleo_f446re
#> RAM
#> flash
#> cycles
# The budget of the linker script is kept, or nothing is written.
mcugen generate model.onnx --name fashion -o lib/fashion --board nucleo_f446re --max-ram 1K
#= 3
#> RAM
#> 1,024
test ! -e lib && echo "nothing is written"
#> nothing is written
mcugen generate model.onnx --name fashion -o lib/fashion --board nucleo_f446re --max-ram 64K
#> lib/fashion
cat lib/fashion/fashion.h
#> yours to use under any terms
#> static fashion_ctx ctx;
#> fashion_top1
#> FASHION_MODEL_SHA256
cat lib/fashion/README.md
#> fashion_invoke_u8
cc -std=c99 -Wall -Wextra -Werror -O2 -Ilib/fashion classify.c lib/fashion/*.c -o classify && echo "no warning"
#> no warning
head -c 1024 /dev/zero | ./classify
#> Sandal
mcugen validate model.onnx --board nucleo_f446re
#> bit-exact
#> RAM
# A file that was edited is not lost.
echo "/* mine */" >> lib/fashion/fashion.c
mcugen generate model.onnx --name fashion -o lib/fashion --board nucleo_f446re
#= 2
#> fashion.c
#> --force
mcugen generate modle.onnx -o lib/other
#= 2
#> modle.onnx
mcugen generate model.onnx -o lib/other --board nucleo_f464re
#= 2
#> nucleo_f446re
