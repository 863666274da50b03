/* A stand-in for the driver's libnvidia-ml.so.1, compiled by the tests with the state to act out:
 *   INIT=9     nvmlInit_v2 returns this code (nvmlReturn_t of nvml.h)
 *   GPUS=2     how many GPUs there are
 *   LOST=1     the handle of this GPU cannot be had: NVML_ERROR_GPU_IS_LOST
 *   CUDA=12080 the driver's CUDA version; 0 means libcuda.so.1 is not there
 *   MAJOR=9 MINOR=0  compute capability
 *   REVERSED   GPUs are numbered against the order of the bus
 *   MIXED      eight generations of GPUs, one after another
 *   MIG=2      the first GPU is in MIG mode and has this many instances, at places 1, 3, 5
 *   HANG=1     nvmlInit_v2 never returns; HANG=2 the first GPU's name never comes
 *   CRASH      nvmlInit_v2 dies of a segmentation fault
 *   BUSY       each GPU also has a process of its own, 4243 and so on; of 4245 the memory is not known
 *   BARE       leave out every function that only newer drivers have
 *   NO_INIT, NO_SHUTDOWN, NO_UUID  leave a function out */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
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
#ifndef HANG
#define HANG 0
#endif
#ifdef REVERSED
#define BUS(gpu) (0x80 - (gpu))
#else
#define BUS(gpu) (0x65 + (gpu))
#endif

typedef struct { char legacy[16]; unsigned domain, bus, device, id, subsystem; char bus_id[32]; } Pci;
typedef struct { unsigned version; unsigned long long total, reserved, free, used; } Memory;
typedef struct { unsigned pid; unsigned long long used; unsigned gpu_instance, compute_instance; } Process;
enum { INVALID_ARGUMENT = 2, NOT_FOUND = 6, INSUFFICIENT_SIZE = 7, LIBRARY_NOT_FOUND = 12, GPU_IS_LOST = 15 };

static int number(void *device) { return (int)(long)device - 1; }

#ifndef NO_INIT
int nvmlInit_v2(void) {
  while (HANG == 1) sleep(1);
#ifdef CRASH
  *(volatile int *)8 = 0;
#endif
  return INIT;
}
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
  while (HANG == 2 && number(device) == 0) sleep(1);
  snprintf(text, size, "NVIDIA H100 80GB HBM3");
  return 0;
}
#ifndef NO_UUID
int nvmlDeviceGetUUID(void *device, char *text, unsigned size) {
  const char *kind = number(device) >= 100 ? "MIG" : "GPU";
  snprintf(text, size, "%s-%08x-0000-0000-0000-000000000000", kind, number(device));
  return 0;
}
#endif
int nvmlDeviceGetPciInfo_v3(void *device, Pci *pci) {
  memset(pci, 0, sizeof *pci);
  pci->bus = BUS(number(device));
  snprintf(pci->bus_id, sizeof pci->bus_id, "00000000:%02X:00.0", pci->bus);
  return 0;
}
#ifndef BARE
int nvmlInitWithFlags(unsigned flags) { (void)flags; return INIT; }
int nvmlDeviceGetMemoryInfo_v2(void *device, Memory *memory) {
  memory->total = number(device) >= 100 ? 10468982784ULL : 85520809984ULL;
  memory->free = memory->total - 1073741824ULL;
  return 0;
}
int nvmlDeviceGetComputeRunningProcesses_v3(void *device, unsigned *count, Process *processes) {
#ifdef BUSY
  if (!processes) return *count = 2, INSUFFICIENT_SIZE;
  *count = 2;
  processes[1] = (Process){4243 + number(device), number(device) == 2 ? -1ULL : 1024, -1u, -1u};
#else
  if (number(device) != 0) return *count = 0;
  if (!processes) return *count = 1, INSUFFICIENT_SIZE;
  *count = 1;
#endif
  processes[0] = (Process){4242, 1073741824ULL, -1u, -1u};
  return 0;
}
int nvmlDeviceGetGraphicsRunningProcesses_v3(void *device, unsigned *count, Process *processes) {
  return nvmlDeviceGetComputeRunningProcesses_v3(device, count, processes);
}
#endif
#ifdef MIG
int nvmlDeviceGetMigMode(void *device, unsigned *current, unsigned *pending) {
  *current = *pending = number(device) == 0;
  return 0;
}
int nvmlDeviceGetMaxMigDeviceCount(void *device, unsigned *count) { (void)device; *count = 7; return 0; }
int nvmlDeviceGetMigDeviceHandleByIndex(void *device, unsigned place, void **instance) {
  (void)device;
  if (place % 2 == 0 || place / 2 >= MIG) return NOT_FOUND;
  *instance = (void *)(long)(101 + place);
  return 0;
}
#endif
int nvmlDeviceGetCudaComputeCapability(void *device, int *major, int *minor) {
#ifdef MIXED
  static const int majors[] = {9, 8, 8, 7, 12, 9, 8, 6}, minors[] = {0, 9, 6, 5, 0, 0, 0, 1};
  *major = majors[number(device) % 8];
  *minor = minors[number(device) % 8];
#else
  (void)device;
  *major = MAJOR;
  *minor = MINOR;
#endif
  return 0;
}
