/* Declarations as in the Arduino core for STM32, and in ST's HAL of DCMI and DMA. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#if __ARM_ARCH == 7 && defined(__ARM_FEATURE_DSP) && defined(__ARM_FP) && __ARM_FP >= 12
#define STM32H7xx
#define __DCACHE_PRESENT 1
#define DMA_REQUEST_DCMI 75u
inline void SCB_InvalidateDCache_by_Addr(volatile void *address, int32_t bytes)
{
    (void)address;
    (void)bytes;
}
#endif

void delay(uint32_t milliseconds);
uint32_t millis(void);

/* Pins by two names: of the port, and of Arduino. */
typedef enum { PA_4, PA_6, PA_8, PB_6, PB_7, PB_8, PB_9, PC_6, PC_7, PC_8, PC_9, PC_11, PD_3, PE_4, PE_5, PE_6, PG_9 } PinName;
#define PB8 8
#define PB9 9
#define PB10 10
#define PC12 12
#define STM_MODE_AF_PP 2
#define GPIO_NOPULL 0
#define GPIO_AF13_DCMI 13
#define STM_PIN_DATA(mode, pull, function) ((mode) | (pull) << 4 | (function) << 8)
void pin_function(PinName pin, int function);

typedef enum { HAL_OK, HAL_ERROR, HAL_BUSY, HAL_TIMEOUT } HAL_StatusTypeDef;
typedef enum { DCMI_IRQn = 78 } IRQn_Type;
void HAL_NVIC_SetPriority(IRQn_Type interrupt, uint32_t priority, uint32_t below);
void HAL_NVIC_EnableIRQ(IRQn_Type interrupt);
#define RCC_MCO1 0u
#define RCC_MCO1SOURCE_HSI 0u
#define RCC_MCODIV_1 0u
#define RCC_MCODIV_4 4u
void HAL_RCC_MCOConfig(uint32_t output, uint32_t source, uint32_t divider);
#define __HAL_RCC_DCMI_CLK_ENABLE() ((void)0)
#define __HAL_RCC_DMA2_CLK_ENABLE() ((void)0)

typedef struct {
    volatile uint32_t NDTR;
} DMA_Stream_TypeDef;
extern DMA_Stream_TypeDef stream;
#define DMA2_Stream1 (&stream)
#define DMA_CHANNEL_1 1u
#define DMA_PERIPH_TO_MEMORY 0u
#define DMA_PINC_DISABLE 0u
#define DMA_MINC_ENABLE 1u
#define DMA_PDATAALIGN_WORD 2u
#define DMA_MDATAALIGN_WORD 2u
#define DMA_CIRCULAR 1u
#define DMA_PRIORITY_HIGH 2u
#define DMA_FIFOMODE_DISABLE 0u
typedef struct {
#ifdef DMA_REQUEST_DCMI
    uint32_t Request;
#else
    uint32_t Channel;
#endif
    uint32_t Direction, PeriphInc, MemInc, PeriphDataAlignment, MemDataAlignment, Mode, Priority, FIFOMode;
} DMA_InitTypeDef;
typedef struct {
    DMA_Stream_TypeDef *Instance;
    DMA_InitTypeDef Init;
    void *Parent;
} DMA_HandleTypeDef;
#define __HAL_DMA_GET_COUNTER(handle) ((handle)->Instance->NDTR)
#define __HAL_LINKDMA(handle, field, dma)     \
    do {                                      \
        (handle)->field = &(dma);             \
        (dma).Parent = (handle);              \
    } while (0)
HAL_StatusTypeDef HAL_DMA_Init(DMA_HandleTypeDef *dma);

typedef struct {
    volatile uint32_t IER;
} DCMI_TypeDef;
extern DCMI_TypeDef interface;
#define DCMI (&interface)
#define DCMI_SYNCHRO_HARDWARE 0u
#define DCMI_PCKPOLARITY_RISING 1u
#define DCMI_VSPOLARITY_HIGH 1u
#define DCMI_HSPOLARITY_LOW 0u
#define DCMI_CR_ALL_FRAME 0u
#define DCMI_EXTEND_DATA_8B 0u
#define DCMI_JPEG_DISABLE 0u
#define DCMI_MODE_SNAPSHOT 2u
#define DCMI_IT_LINE 16u
#define DCMI_IT_OVR 2u
#define DCMI_IT_ERR 4u
#define HAL_DCMI_ERROR_NONE 0u
typedef struct {
    uint32_t SynchroMode, PCKPolarity, VSPolarity, HSPolarity, CaptureRate, ExtendedDataMode, JPEGMode;
} DCMI_InitTypeDef;
typedef struct {
    DCMI_TypeDef *Instance;
    DCMI_InitTypeDef Init;
    DMA_HandleTypeDef *DMA_Handle;
    volatile uint32_t ErrorCode;
} DCMI_HandleTypeDef;
#define __HAL_DCMI_ENABLE_IT(handle, interrupts) ((handle)->Instance->IER = (handle)->Instance->IER | (interrupts))
HAL_StatusTypeDef HAL_DCMI_Init(DCMI_HandleTypeDef *dcmi);
HAL_StatusTypeDef HAL_DCMI_Start_DMA(DCMI_HandleTypeDef *dcmi, uint32_t mode, uint32_t address, uint32_t words);
HAL_StatusTypeDef HAL_DCMI_Stop(DCMI_HandleTypeDef *dcmi);
extern "C" void HAL_DCMI_IRQHandler(DCMI_HandleTypeDef *dcmi);
