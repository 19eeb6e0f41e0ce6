#pragma once
extern "C" void *sbrk(int increment);
