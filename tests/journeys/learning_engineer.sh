# A machine-learning engineer has photos in folders, trains, makes the net int8 and wants to see that nothing was lost.
# needs: torch tensorboard pillow cc
mcugen nets cost mobilenet_v1 --alpha 0.1 --size 32
#> MACs
#> of weights
mcugen train --data photos --net mobilenet_v1 --alpha 0.1 --size 32 --epochs 2 --batch 8 -o run
#> epoch 2
#> test images
#> run/checkpoint.pt
mcugen quantize run/checkpoint.pt --data photos -o net.pt2
#> int8
#> net.pt2
mcugen accuracy net.pt2 --data photos
#> top-1
mcugen analyze net.pt2 --data photos --float run/checkpoint.pt
#> saturat
#> bright
mcugen validate net.pt2
#> bit-exact
# What is forgotten is asked for by its name.
mcugen accuracy net.pt2 --data fotos
#= 2
#> fotos
