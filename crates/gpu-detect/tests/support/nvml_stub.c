/* A stand-in for the driver's libnvidia-ml.so.1, compiled by the tests with the state to act out:
 *   INIT=9     nvmlInit_v2 returns this code (nvmlReturn_t of nvml.h)
 *   GPUS=2     how many GPUs there are
 *   LOST=1     the handle of this GPU cannot be had: NVML_ERROR_GPU_IS_LOST
 *   CUDA=12080 the driver's CUDA version; 0 means libcuda.so.1 is not there
 *   MAJOR=9 MINOR=0  compute capability
 *   REVERSED   GPUs are numbered against the order of the bus
 *   NO_INIT, NO_SHUTDOWN  leave a function out */
#include <stdio.h>
#include <string.h>
#ifndef INIT
#define INIT 0
#endif
#ifndef GPUS
#define GPUS 1
#endif
#ifndef LOST
#define LOST -1
#endif
#ifndef CUDA
#define CUDA 12080
#endif
#ifndef MAJOR
#define MAJOR 9
#define MINOR 0
#endif
#ifdef REVERSED
#define BUS(gpu) (0x80 - (gpu))
#else
#define BUS(gpu) (0x65 + (gpu))
#endif

typedef struct { char legacy[16]; unsigned domain, bus, device, id, subsystem; char bus_id[32]; } Pci;
typedef struct { unsigned version; unsigned long long total, reserved, free, used; } Memory;
enum { GPU_IS_LOST = 15, LIBRARY_NOT_FOUND = 12, INVALID_ARGUMENT = 2 };

static int number(void *device) { return (int)(long)device - 1; }

#ifndef NO_INIT
int nvmlInit_v2(void) { return INIT; }
#endif
#ifndef NO_SHUTDOWN
int nvmlShutdown(void) { return 0; }
#endif
int nvmlSystemGetDriverVersion(char *text, unsigned size) { snprintf(text, size, "570.86.15"); return 0; }
int nvmlSystemGetCudaDriverVersion_v2(int *version) { *version = CUDA; return CUDA ? 0 : LIBRARY_NOT_FOUND; }
int nvmlDeviceGetCount_v2(unsigned *count) { *count = GPUS; return 0; }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **device) {
  if (index >= GPUS) return INVALID_ARGUMENT;
  *device = (void *)(long)(index + 1);
  return (int)index == LOST ? GPU_IS_LOST : 0;
}
int nvmlDeviceGetName(void *device, char *text, unsigned size) {
  (void)device;
  snprintf(text, size, "NVIDIA H100 80GB HBM3");
  return 0;
}
int nvmlDeviceGetUUID(void *device, char *text, unsigned size) {
  snprintf(text, size, "GPU-%08x-0000-0000-0000-000000000000", number(device));
  return 0;
}
int nvmlDeviceGetPciInfo_v3(void *device, Pci *pci) {
  memset(pci, 0, sizeof *pci);
  pci->bus = BUS(number(device));
  snprintf(pci->bus_id, sizeof pci->bus_id, "00000000:%02X:00.0", pci->bus);
  return 0;
}
int nvmlDeviceGetMemoryInfo_v2(void *device, Memory *memory) {
  (void)device;
  memory->total = 85520809984ULL;
  return 0;
}
int nvmlDeviceGetCudaComputeCapability(void *device, int *major, int *minor) {
  (void)device;
  *major = MAJOR;
  *minor = MINOR;
  return 0;
}
