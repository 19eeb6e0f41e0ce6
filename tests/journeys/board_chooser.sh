# Someone has a net in mind and no board yet: which one is enough, and what would fit on the one that lies around?
# needs:
mcugen boards
#> KiB
#> MHz
mcugen targets
#> cortex-m0plus
#> cortex-m55
mcugen fit --board bluepill_f103c8 --classes 2 --channels 1 --net mobilenet_v1 --alphas 0.1,0.25 --sizes 32,48
#> at most 65,536 bytes of flash, 20,480 bytes of RAM
#> ms
#> too large
#> of the library in your own program
mcugen report model.onnx --board bluepill_f103c8 -o page.html
#> page.html
cat page.html
#> <p class="verdict answer"><span class="good">Fits</span>
#> bluepill_f103c8
mcugen diff model.onnx@cortex-m0plus model.onnx@cortex-m4
#> RAM, bytes
#> code, bytes
#> instructions, predicted
mcugen diff model.onnx@cortex-m4 model.onnx@cortex-m4 --max-growth 2%
#> RAM
mcugen analyze model.onnx --board bluepill
#= 2
#> bluepill_f103c8
