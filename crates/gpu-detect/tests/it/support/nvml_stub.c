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
 *   STATE="f"  used memory and processes are what the file f says, one fact a line, read at each question:
 *              `used GPU BYTES`, `process GPU PID BYTES`, `pidfile GPU PATH BYTES` (the process whose number the file
 *              holds), `fail CODE` (nvmlInit), `hang`, `nolist` (no lists of processes), `nomemory`; GPU is 100 and
 *              more for instances. While the file is missing the GPUs are idle.
 *   HOLDERS="f"  the processes that have the file f open use 600 MiB each
 *   BARE       leave out every function that only newer drivers have
 *   NO_INIT, NO_SHUTDOWN, NO_UUID  leave a function out */
#include <stdio.h>
#include <stdlib.h>
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
enum { INVALID_ARGUMENT = 2, NOT_SUPPORTED = 3, NOT_FOUND = 6, INSUFFICIENT_SIZE = 7, LIBRARY_NOT_FOUND = 12, GPU_IS_LOST = 15 };

static int number(void *device) { return (int)(long)device - 1; }

#ifdef STATE
/* The next line of the state that begins so, without it. */
static char *next(FILE *file, const char *what, char *line, int size) {
  while (file && fgets(line, size, file))
    if (strncmp(line, what, strlen(what)) == 0) return line + strlen(what);
  return NULL;
}
static char *says(const char *what) {
  static char line[512];
  FILE *file = fopen(STATE, "r");
  char *found = next(file, what, line, sizeof line);
  if (file) fclose(file);
  return found;
}
#endif

#ifdef HOLDERS
#include <dirent.h>
/* Whether a process has the file open. */
static int holds(const char *pid) {
  char path[600], target[512];
  snprintf(path, sizeof path, "/proc/%.20s/fd", pid);
  DIR *fds = opendir(path);
  int found = 0;
  for (struct dirent *fd; fds && !found && (fd = readdir(fds));) {
    snprintf(path, sizeof path, "/proc/%.20s/fd/%.20s", pid, fd->d_name);
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length > 0) target[length] = 0, found = strcmp(target, HOLDERS) == 0;
  }
  if (fds) closedir(fds);
  return found;
}
/* How many hold it; the first of them. */
static unsigned holders(Process *into, unsigned room) {
  DIR *all = opendir("/proc");
  unsigned found = 0;
  for (struct dirent *one; all && (one = readdir(all));) {
    if (atoi(one->d_name) == 0 || !holds(one->d_name)) continue;
    if (found < room) into[found] = (Process){(unsigned)atoi(one->d_name), 600ULL << 20, -1u, -1u};
    found++;
  }
  if (all) closedir(all);
  return found;
}
#endif

#ifndef NO_INIT
int nvmlInit_v2(void) {
  while (HANG == 1) sleep(1);
#ifdef STATE
  while (says("hang")) sleep(1);
  const char *fails = says("fail ");
  if (fails) return atoi(fails);
#endif
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
int nvmlDeviceGetHandleByUUID(const char *uuid, void **device) {
  unsigned index;
  if (sscanf(uuid, "GPU-%x-", &index) != 1 && sscanf(uuid, "MIG-%x-", &index) != 1) return NOT_FOUND;
  if (index >= GPUS && index < 100) return NOT_FOUND;
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
  memory->used = 1073741824ULL;
#ifdef STATE
  if (says("nomemory")) return NOT_SUPPORTED;
  char what[32];
  snprintf(what, sizeof what, "used %d ", number(device));
  const char *used = says(what);
  memory->used = used ? strtoull(used, NULL, 10) : 0;
#endif
#ifdef HOLDERS
  memory->used = holders(NULL, 0) * (600ULL << 20);
#endif
  memory->free = memory->total - memory->used;
  return 0;
}
int nvmlDeviceGetComputeRunningProcesses_v3(void *device, unsigned *count, Process *processes) {
#ifdef STATE
  if (says("nolist")) return NOT_SUPPORTED;
  unsigned room = processes ? *count : 0, listed = 0;
  char line[512], path[400];
  FILE *file = fopen(STATE, "r");
  while (file && fgets(line, sizeof line, file)) {
    unsigned gpu, pid = 0;
    unsigned long long bytes;
    if (sscanf(line, "pidfile %u %399s %llu", &gpu, path, &bytes) == 3) {
      FILE *holds = fopen(path, "r");
      if (holds && fscanf(holds, "%u", &pid) != 1) pid = 0;
      if (holds) fclose(holds);
    } else if (sscanf(line, "process %u %u %llu", &gpu, &pid, &bytes) != 3) continue;
    if (pid == 0 || gpu != (unsigned)number(device)) continue;
    if (listed < room) processes[listed] = (Process){pid, bytes, -1u, -1u};
    listed++;
  }
  if (file) fclose(file);
  *count = listed;
  return listed > room ? INSUFFICIENT_SIZE : 0;
#elif defined(HOLDERS)
  (void)device;
  unsigned room = processes ? *count : 0;
  *count = holders(processes, room);
  return *count > room ? INSUFFICIENT_SIZE : 0;
#elif defined(BUSY)
  if (!processes) return *count = 2, INSUFFICIENT_SIZE;
  *count = 2;
  processes[1] = (Process){4243 + number(device), number(device) == 2 ? -1ULL : 1024, -1u, -1u};
#else
  if (number(device) != 0) return *count = 0;
  if (!processes) return *count = 1, INSUFFICIENT_SIZE;
  *count = 1;
#endif
#if !defined(STATE) && !defined(HOLDERS)
  processes[0] = (Process){4242, 1073741824ULL, -1u, -1u};
  return 0;
#endif
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
