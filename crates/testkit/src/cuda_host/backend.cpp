#include "ggml.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

// As ggml-cuda.cu: where CUDA cannot be initialised it says so and has no devices, and the server goes on.
std::vector<ggml_device> ggml_backend_cuda_devices() {
    std::string devices;
    std::ifstream("@GATE@") >> devices;
    if (devices.empty() || devices == "none") {
        fprintf(stderr, "ggml_cuda_init: failed to initialize CUDA: no CUDA-capable device is detected\n");
        return {};
    }
    // One for each name in the mask, as the driver has it; all two without one.
    const char * mask  = getenv("CUDA_VISIBLE_DEVICES");
    size_t       count = 2;
    if (mask) {
        count = *mask && strcmp(mask, "-1") != 0;
        for (const char * c = mask; *c; c++) {
            count += *c == ',';
        }
    }
    std::vector<ggml_device> found;
    for (size_t i = 0; i < count; i++) {
        found.push_back({ "CUDA" + std::to_string(i), "NVIDIA H100 80GB HBM3", 81559, 80000 });
    }
    return found;
}
