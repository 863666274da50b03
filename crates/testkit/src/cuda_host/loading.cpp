    {
        std::string devices;
        std::ifstream("@GATE@") >> devices;
        if (devices == "listed") {
            fprintf(stderr, "ggml_cuda_init: failed to initialize CUDA: no CUDA-capable device is detected\n");
        }
        if (devices == "listed" || ggml_backend_devices().empty()) {
            fprintf(stderr, "warning: no usable GPU found, --gpu-layers option will be ignored\n");
        }
        // Engines whose CUDA start failed print it, too.
        log_line('I', "load_tensors: offloaded %d/5 layers to GPU", devices == "half" ? 2 : 5);
    }
